"""A BEIR-layout test collection, split to passages, with its lexical scores: what every model is judged on."""

import json
from functools import cached_property
from pathlib import Path

import numpy as np

from training.bm25 import Bm25
from training.corpus import passage_text
from training.paths import EVAL

NAMES = ["docs-anthropic", "cisi", "cranfield", "msmarco-dl19", "scifact"]  # small ones first
PASSAGE_WORDS = 180
QUESTION_WORDS = frozenset("what who when where which why how is are was were do does did can could should will has have".split())


def split(text: str, most: int = PASSAGE_WORDS) -> list[str]:
    """Runs of at most `most` words of nearly equal length; an empty text is one empty passage."""
    words = text.split()
    pieces = max(1, -(-len(words) // most))
    size = -(-len(words) // pieces) if words else 1
    return [" ".join(words[i : i + size]) for i in range(0, len(words), size)] or [""]


def type_of(query: str) -> str:
    """keyword, question or long: how a person phrased it (long is more than 20 words)."""
    words = query.lower().split()
    if len(words) > 20:
        return "long"
    return "question" if query.rstrip().endswith("?") or (words and words[0] in QUESTION_WORDS) else "keyword"


class TestSet:
    """Documents, their passages (`owner[i]` is passage i's document row), queries with judgements."""

    def __init__(self, name: str, folder: Path = EVAL):
        self.name, self.folder = name, folder / name
        with open(self.folder / "corpus.jsonl", encoding="utf-8") as file:
            documents = [json.loads(line) for line in file]
        self.ids = [d["_id"] for d in documents]
        self.grades: dict[str, dict[str, int]] = {}
        with open(self.folder / "qrels" / "test.tsv", encoding="utf-8") as file:
            for line in file:
                query, document, grade = line.rstrip("\n").split("\t")
                if grade.lstrip("-").isdigit():
                    self.grades.setdefault(query, {})[document] = int(grade)
        with open(self.folder / "queries.jsonl", encoding="utf-8") as file:
            queries = [json.loads(line) for line in file]
        queries = [q for q in queries if any(g > 0 for g in self.grades.get(q["_id"], {}).values())]
        self.query_ids, self.queries = [q["_id"] for q in queries], [q["text"] for q in queries]
        self.titles, self.texts, self.owner = [], [], []
        for row, document in enumerate(documents):
            for piece in split(document["text"]):
                self.titles.append(document.get("title") or "")
                self.texts.append(piece)
                self.owner.append(row)
        self.owner = np.array(self.owner)

    @cached_property
    def passages(self) -> list[str]:
        return [passage_text(title, text) for title, text in zip(self.titles, self.texts)]

    @cached_property
    def lexical(self) -> np.ndarray:
        """BM25 scores, float32 [queries, passages]."""
        return Bm25(self.titles, self.texts).scores(self.queries)

    def documents(self, scores: np.ndarray) -> list[str]:
        """One query's passage scores [passages] → document ids, best first, by best passage (MaxP)."""
        best = np.full(len(self.ids), -np.inf, dtype=np.float64)
        np.maximum.at(best, self.owner, scores)
        order = np.argsort(-best, kind="stable")
        return [self.ids[i] for i in order[:1000] if best[i] > -np.inf]

    def run(self, file: str) -> dict[str, list[str]]:
        """A TREC run of the collection's own `runs/` folder: query id → document ids, best first."""
        ranked: dict[str, list[tuple[float, str]]] = {}
        with open(self.folder / "runs" / file, encoding="utf-8") as lines:
            for line in lines:
                query, _, document, _, score, _ = line.split()
                ranked.setdefault(query, []).append((-float(score), document))
        return {query: [d for _, d in sorted(rows)] for query, rows in ranked.items()}
