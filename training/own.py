"""Your own docs as training data: a folder of Markdown becomes sections, headings and links become pairs.

    python -m training.own path/to/docs --out my-train [--questions judged.tsv]

`judged.tsv` has a question and the place that answers it, `page.md#Heading` or `page.md`, on each line with a tab between.
The folder that comes out is laid out as ../shared/train is, so every later step runs on it with FINDLING_TRAIN=my-train.
"""

import argparse
import gzip
import json
import posixpath
import re
from pathlib import Path

HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)[^)]*\)")
MARKUP = re.compile(r"[`*_]{1,3}|<[^>]+>|^\s*[-+>|]+\s*", re.MULTILINE)
MOST_WORDS = 240


def slug(heading: str) -> str:
    """The anchor that most site generators make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def plain(text: str) -> str:
    return " ".join(MARKUP.sub(" ", LINK.sub(r"\1", text)).split())


def sections_of(page: str, source: str) -> list[dict]:
    """One page's sections with heading path, text and the links they hold (text, target page, target slug)."""
    path: list[str] = []
    found, lines, fenced = [], [], False

    def close() -> None:
        text = "\n".join(lines)
        words = plain(text).split()
        links = [(plain(words_), target) for words_, target in LINK.findall(text)]
        for start in range(0, max(len(words), 1), MOST_WORDS):
            piece = " ".join(words[start : start + MOST_WORDS])
            if piece:
                found.append({"r": "own", "p": page, "h": list(path), "t": piece, "q": [], "links": links if start == 0 else []})
        lines.clear()

    for line in source.splitlines():
        fenced ^= line.lstrip().startswith("```")
        heading = None if fenced else HEADING.match(line)
        if heading:
            close()
            del path[len(heading[1]) - 1 :]
            path.append(plain(heading[2]))
        else:
            lines.append(line)
    close()
    return found


def place_of(rows: list[dict]) -> dict[str, int]:
    """`page` and `page#slug` → the first row of that page or section."""
    places: dict[str, int] = {}
    for i, row in enumerate(rows):
        places.setdefault(row["p"], i)
        if row["h"]:
            places.setdefault(f"{row['p']}#{slug(row['h'][-1])}", i)
    return places


def target_of(page: str, link: str) -> str:
    """A link seen on `page` as `page#slug`."""
    target, _, anchor = link.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), target)) if target else page
    return f"{target}#{anchor}" if anchor else target


def gather(folder: Path) -> list[dict]:
    rows: list[dict] = []
    for file in sorted([*folder.rglob("*.md"), *folder.rglob("*.mdx")]):
        rows.extend(sections_of(file.relative_to(folder).as_posix(), file.read_text(encoding="utf-8", errors="replace")))
    places = place_of(rows)
    for row in rows:
        for words, link in row.pop("links"):
            place = places.get(target_of(row["p"], link))
            if place is not None and len(words.split()) > 1 and words not in rows[place]["q"]:
                rows[place]["q"].append(words)
    return rows


def judged(path: Path, rows: list[dict]) -> list[str]:
    """Lines of questions.tsv; says which places it could not find."""
    places, lines = place_of(rows), []
    for line in path.read_text(encoding="utf-8").splitlines():
        question, _, where = line.partition("\t")
        page, _, heading = where.strip().partition("#")
        place = places.get(f"{page}#{slug(heading)}" if heading else page)
        if place is None:
            print(f"no section {where.strip()!r}: this question is left out")
        else:
            lines.append(f"{place}\t{question}\t{question}")
    return lines


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("docs", type=Path)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--questions", type=Path)
    given = options.parse_args()
    made = gather(given.docs)
    given.out.mkdir(parents=True, exist_ok=True)
    with gzip.open(given.out / "docs-sections.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in made)
    if given.questions:
        (given.out / "questions.tsv").write_text("".join(line + "\n" for line in judged(given.questions, made)))
    print(f"{len(made)} sections, {sum(len(row['q']) for row in made)} anchors")
