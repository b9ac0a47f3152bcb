"""The training texts, read from ../shared/train (or a folder laid out alike)."""

import csv
import gzip
import hashlib
import json
from pathlib import Path
from typing import Iterator

from training.paths import REPOSITORY, TRAIN

# Research licence: must not shape weights that are shipped.
LEFT_OUT = {"wikiqa"}


def read_lines(path: Path) -> Iterator[dict]:
    """Rows of a .jsonl or .jsonl.gz file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def heading_of(path: list[str]) -> str:
    """A heading path as one phrase; a heading that only repeats its parent is said once."""
    said: list[str] = []
    for heading in path:
        heading = " ".join(heading.split())
        if heading and (not said or said[-1].lower() != heading.lower()):
            said.append(heading)
    return ". ".join(said)


def passage_text(heading: str, text: str) -> str:
    """What every model reads for a passage: its headings, a full stop, its text."""
    return f"{heading}. {text}" if heading else text


def passage_key(heading: str, text: str) -> str:
    """Names a passage in grades.tsv and questions.tsv, whatever its place in a file."""
    return hashlib.sha1(f"{heading}\n{text}".encode()).hexdigest()[:12]


def sections(folder: Path = TRAIN) -> list[dict]:
    """docs-sections rows: r repository, p file, h heading path, t text, q phrases that point here."""
    return list(read_lines(folder / "docs-sections.jsonl.gz"))


def answers(folder: Path = TRAIN) -> list[dict]:
    """qa-pairs rows we may use: s source, q question, t passage, title, y 1 relevant / 0 judged not."""
    path = folder / "qa-pairs.jsonl.gz"
    if not path.exists():  # one's own docs need not come with these
        return []
    return [row for row in read_lines(path) if row["s"] not in LEFT_OUT]


def written_questions(folder: Path = TRAIN) -> list[tuple[int, str, str]]:
    """(line of docs-sections, natural question, keyword query) written for this project."""
    rows: list[tuple[int, str, str]] = []
    if not (folder / "questions.tsv").exists():
        return rows
    with open(folder / "questions.tsv", encoding="utf-8") as file:
        for line in file:
            number, question, keywords = line.rstrip("\n").split("\t")
            rows.append((int(number), question, keywords))
    return rows


def own_questions(path: Path = REPOSITORY / "training" / "questions.tsv") -> dict[str, list[str]]:
    """Passage key → what was asked of it: the queries of this folder's questions.tsv, written by reading the passages."""
    with path.open(encoding="utf-8") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {key: [query for query in queries if query] for key, *queries in rows}
