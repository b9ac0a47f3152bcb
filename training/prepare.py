"""Step 1: choose the training texts, tokenise them once, and write them small.

Writes to the work folder: `pool.jsonl` (passages for mining), `heads.npz` and `texts.npz` (their tokens),
`queries.jsonl`, `queries.npz`, `pairs.npz` (query row, pool row, kind, label, held) and `extra.npz` (texts only for distillation).
"""

import argparse
import json
import os
from collections import defaultdict
from pathlib import Path

import numpy as np

from training import corpus
from training.paths import fix_seeds, log, work
from training.ragged import Ragged
from training.tokens import token_lists

KINDS = ["question", "keyword", "anchor", "heading", "qa", "tldr"]
DOCS_PASSAGES = 85_000
# No query about these is trained on; they say whether something was learnt that travels.
HELD_OUT = {"denoland+docs", "prometheus+docs", "webpack+webpack.js.org", "fastapi+fastapi", "vuejs+vitepress", "helm+helm-www"}
HELD_OUT_ANSWERS = 40  # one in so many question-answer passages
KEYWORDS = 4  # the most words of a query without a question mark that counts as keywords
PER_REPOSITORY = 7_000  # one huge site (cpp-docs is a quarter of the rows) must not set the tone
MOST_TOKENS = 256
WORDNET = Path(os.environ.get("FINDLING_WORDNET", "/usr/share/wordnet"))  # Debian's wordnet-base; optional


def choose_sections(rows: list[dict], asked: set[int], rng: np.random.Generator, wanted: int) -> list[int]:
    """Line numbers of the sections to keep: all that a question was written for, then those with anchors, then any."""
    taken, count = set(asked), defaultdict(int)
    order = rng.permutation(len(rows))
    for with_anchor in (True, False):
        for i in order:
            if len(taken) >= wanted:
                break
            row = rows[i]
            if bool(row["q"]) is with_anchor and count[row["r"]] < PER_REPOSITORY and len(row["t"]) > 80:
                taken.add(int(i))
                count[row["r"]] += 1
    return sorted(taken)


def kind_of(query: str) -> str:
    """A written query is keywords or a question."""
    return "keyword" if len(query.split()) <= KEYWORDS and "?" not in query else "question"


def add_docs(pool: list, queries: list, rng, wanted: int) -> None:
    """Documentation passages with the questions, keywords, anchors and headings that point at them."""
    rows = corpus.sections()
    questions = corpus.written_questions()
    own = corpus.own_questions()
    keys = [corpus.passage_key(corpus.heading_of(row["h"]), row["t"]) for row in rows]
    asked = {n for n, _, _ in questions} | {i for i, key in enumerate(keys) if key in own}
    kept = choose_sections(rows, asked, rng, wanted)
    place = {}
    for line in kept:
        row = rows[line]
        place[line] = len(pool)
        heading = corpus.heading_of(row["h"])
        pool.append({"h": heading, "t": row["t"], "g": f"{row['r']}/{row['p']}", "s": "docs", "held": row["r"] in HELD_OUT})
        queries.extend((query, place[line], kind_of(query), 1) for query in own.get(keys[line], []))
        queries.extend((q, place[line], "anchor", 1) for q in row["q"][:3])
        if len(row["h"]) > 1:
            queries.append((" ".join(heading.split(". ")[-2:]), place[line], "heading", 1))
    for line, question, keywords in questions:
        queries.append((question, place[line], "question", 1))
        queries.append((keywords, place[line], "keyword", 1))


def add_answers(pool: list, queries: list) -> None:
    """Question-answer pairs; the same passage asked twice is one pool row."""
    place: dict[str, int] = {}
    own = corpus.own_questions()
    for row in corpus.answers():
        key = corpus.passage_key(row["title"], row["t"])
        if key not in place:
            place[key] = len(pool)
            held = int(key, 16) % HELD_OUT_ANSWERS == 0
            pool.append({"h": row["title"], "t": row["t"], "g": f"{row['s']}/{row['title']}", "s": row["s"], "held": held})
            queries.extend((query, place[key], kind_of(query), 1) for query in own.get(key, []))
        kind = "tldr" if row["s"] == "tldr-pages" else "qa"
        queries.append((row["q"], place[key], kind, row["y"]))


def glosses() -> list[str]:
    """WordNet's synsets as "words: definition": they name the words that documentation seldom uses."""
    texts = []
    for part in ("noun", "verb", "adj", "adv"):
        path = WORDNET / f"data.{part}"
        if not path.exists():
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(" ") or "|" not in line:
                continue
            fields, gloss = line.split("|", 1)
            columns = fields.split()
            words = columns[4 : 4 + 2 * int(columns[3], 16) : 2]
            texts.append(", ".join(w.replace("_", " ") for w in words) + ": " + gloss.strip())
    return texts


def prepare(wanted: int = DOCS_PASSAGES) -> None:
    rng = fix_seeds()
    pool: list[dict] = []
    queries: list[tuple[str, int, str, int]] = []
    add_docs(pool, queries, rng, wanted)
    add_answers(pool, queries)
    extra = glosses()
    with open(work("pool.jsonl"), "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in pool)
    with open(work("queries.jsonl"), "w") as file:
        file.writelines(json.dumps({"q": q, "p": p, "k": k, "y": y}) + "\n" for q, p, k, y in queries)
    Ragged.of(token_lists([row["h"] for row in pool], 40)).save(work("heads.npz"))
    Ragged.of(token_lists([row["t"] for row in pool], MOST_TOKENS)).save(work("texts.npz"))
    Ragged.of(token_lists([q[0] for q in queries], 64)).save(work("queries.npz"))
    Ragged.of(token_lists(extra, 64)).save(work("extra.npz"))
    np.savez(
        work("pairs.npz"),
        passage=np.array([q[1] for q in queries]),
        kind=np.array([KINDS.index(q[2]) for q in queries], dtype=np.int8),
        label=np.array([q[3] for q in queries], dtype=np.int8),
        held=np.array([pool[q[1]]["held"] for q in queries], dtype=bool),
    )
    counts = {kind: sum(q[2] == kind for q in queries) for kind in KINDS}
    log("prepare", passages=len(pool), queries=len(queries), glosses=len(extra), **counts)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--passages", type=int, default=DOCS_PASSAGES, help="of documentation")
    prepare(options.parse_args().passages)
