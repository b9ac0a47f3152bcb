"""Step 4: candidates for the rerankers, as the engine would have them: BM25 and the shipped static embedder, fused.

Every candidate carries the teacher's cosine and its BM25 score: the soft labels, and the filter for false negatives. Passages
that are nobody's candidate need no teacher, so this step asks it itself.
Writes `mined.npz`: query int32 [Q], kind int8 [Q], row int32 [Q, 16], cosine and lexical float32 [Q, 16], known int8 [Q, 16]
(1 the passage the query was made for, 0 judged irrelevant, -1 unknown). Column 0 is always the query's own passage.
"""

import argparse
import json
import os

import numpy as np
import torch

from training import corpus
from training.bm25 import Bm25
from training.embedder import StaticEmbedder
from training.paths import MODELS, fix_seeds, log, work
from training.prepare import KINDS
from training.ragged import Ragged
from training.rankers import LEXICAL_SHARE
from training.teacher import Teacher, passage_rows

WANTED = {"question": 20_000, "keyword": 12_000, "qa": 16_000, "anchor": 20_000, "heading": 12_000, "tldr": 4_000}
COLUMNS = 16
TEACHER_TOKENS = 80  # of a passage; its beginning says what it is about, and each costs time
DEPTH = 100  # of each retriever, as in the engine
DEEPER, RANDOM = 2, 1  # of the columns: from further down, and from anywhere


def choose(kinds: np.ndarray, labels: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Query rows to mine for, at most `share` of WANTED of each kind, and all written ones."""
    taken = []
    for number, kind in enumerate(KINDS):
        rows = np.flatnonzero((kinds == number) & (labels == 1))
        most = WANTED[kind] if kind in ("question", "keyword") else int(WANTED[kind] * share)
        taken.append(rng.permutation(rows)[:most])
    return np.sort(np.concatenate(taken))


def dense_top(queries: np.ndarray, passages: np.ndarray, depth: int, block: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Best rows by cosine and their cosines, int32 and float32 [queries, depth]."""
    table = torch.from_numpy(passages)
    found, scored = [], []
    for start in range(0, len(queries), block):
        best = (torch.from_numpy(queries[start : start + block]) @ table.T).topk(min(depth, len(passages)), dim=1)
        found.append(best.indices.to(torch.int32).numpy())
        scored.append(best.values.numpy())
    return np.concatenate(found), np.concatenate(scored)


def unit(scores: np.ndarray) -> np.ndarray:
    """One list's scores to 0..1."""
    return (scores - scores.min()) / max(float(scores.max() - scores.min()), 1e-6) if len(scores) else scores


def fused(lexical: tuple[np.ndarray, np.ndarray], dense: tuple[np.ndarray, np.ndarray], share: float) -> np.ndarray:
    """Rows of one query's two lists, best first, by the engine's min-max fusion; `share` is the lexical side's."""
    sums: dict[int, float] = {}
    for (rows, scores), weight in ((lexical, share), (dense, 1 - share)):
        real = rows >= 0
        for row, score in zip(rows[real].tolist(), (weight * unit(scores[real])).tolist()):
            sums[row] = sums.get(row, 0.0) + score
    return np.array(sorted(sums, key=lambda row: -sums[row]), np.int32)


def merge(own: int, ranked: np.ndarray, size: int, rng: np.random.Generator) -> list[int]:
    """The own passage, the best others, some from deeper down and some from anywhere: a reranker must also know what is plainly wrong."""
    others = [row for row in ranked.tolist() if row != own]
    top = COLUMNS - 1 - DEEPER - RANDOM
    row = [own, *others[:top], *rng.permutation(others[top:]).tolist()[:DEEPER]]
    seen = set(row)
    for passage in rng.integers(0, size, 64).tolist():
        if len(row) < COLUMNS and passage not in seen:
            seen.add(passage)
            row.append(passage)
    return row


def judged(texts: list[str], row: np.ndarray, queries: list[dict]) -> np.ndarray:
    """int8 like `row`: 1 for any passage the same question text was made for, 0 judged irrelevant, else -1."""
    known: dict[str, dict[int, int]] = {}
    for query in queries:
        known.setdefault(query["q"].strip().lower(), {})[query["p"]] = query["y"]
    out = np.full(row.shape, -1, np.int8)
    for i, text in enumerate(texts):
        labels = known[text.strip().lower()]
        out[i] = [labels.get(int(p), -1) for p in row[i]]
    return out


def candidates(pool: list[dict], texts: list[str], owners: np.ndarray, rng: np.random.Generator) -> tuple[Bm25, np.ndarray]:
    """The BM25 index, and int32 [queries, 16]."""
    index = Bm25([row["h"] for row in pool], [row["t"] for row in pool])
    lexical = index.top(texts, DEPTH)
    log("mine", lexical=len(texts))
    embed = StaticEmbedder.load(MODELS / "findling-static").embed
    dense = dense_top(embed(texts), embed([corpus.passage_text(row["h"], row["t"]) for row in pool]), DEPTH)
    log("mine", dense=len(texts))
    rows = [
        merge(int(own), fused((lexical[0][i], lexical[1][i]), (dense[0][i], dense[1][i]), LEXICAL_SHARE), len(pool), rng)
        for i, own in enumerate(owners)
    ]
    return index, np.array(rows, np.int32)


def cosines(row: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """float32 like `row`: the teacher's, of every candidate."""
    teacher = Teacher()
    needed = np.unique(row)
    texts = passage_rows(Ragged.load(work("heads.npz")), Ragged.load(work("texts.npz")), TEACHER_TOKENS)
    passages = teacher.embed_all([texts[i] for i in needed], work("teacher-mined.npz"))
    queries = Ragged.load(work("queries.npz"))
    asked = teacher.embed_all([queries[i] for i in chosen], work("teacher-mined-queries.npz")).astype(np.float32)
    place = np.searchsorted(needed, row)
    parts = [np.einsum("qd,qcd->qc", asked[i : i + 512], passages[place[i : i + 512]].astype(np.float32)) for i in range(0, len(row), 512)]
    return np.concatenate(parts)


def mine(share: float) -> None:
    rng = fix_seeds()
    torch.set_num_threads(int(os.environ.get("FINDLING_THREADS", "2")))
    pool = [json.loads(line) for line in open(work("pool.jsonl"))]
    queries = [json.loads(line) for line in open(work("queries.jsonl"))]
    with np.load(work("pairs.npz")) as file:
        kinds, labels, owners = file["kind"], file["label"], file["passage"]
    chosen = choose(kinds, labels, rng, share)
    texts = [queries[i]["q"] for i in chosen]
    index, row = candidates(pool, texts, owners[chosen], rng)
    np.savez(work("mined-rows.npz"), query=chosen.astype(np.int32), row=row)
    log("mine", queries=len(row), passages=len(np.unique(row)))
    cosine = cosines(row, chosen)
    np.savez(work("mined.npz"), query=chosen.astype(np.int32), kind=kinds[chosen], row=row, cosine=cosine,
             lexical=index.pairs(texts, row), known=judged(texts, row, queries))
    own = (cosine[:, :1] >= cosine[:, 1:]).mean(1)
    log("mine", finished=True, **{f"own_above_{k}": round(float(own[kinds[chosen] == n].mean()), 3) for n, k in enumerate(KINDS)})


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--share", type=float, default=1.0, help="of the queries that nobody wrote for this project")
    mine(options.parse_args().share)
