"""Sets about the world (world.jsonl): twelve passages of one narrow subject and a handful of queries, each with a grade 0..3 for every passage.

They were written for this project, passages too, because documentation teaches a reranker little of what people ask a web search,
and nothing that may be shipped does (docs/decisions/0043). What answers one query of a set is the hard wrong answer of its others.
"""

import hashlib
import os
from pathlib import Path

import numpy as np
import torch

from training.corpus import read_lines
from training.lists import unit
from training.measures import ndcg
from training.paths import REPOSITORY, log, work
from training.ragged import Ragged
from training.tokens import token_lists

WORLD = Path(os.environ.get("FINDLING_WORLD", REPOSITORY / "training" / "world.jsonl"))
HELD_OUT = 10  # every tenth set is never learnt
OUTSIDE = 8  # passages of other sets that the teacher thinks nearest: right for nothing here


class World:
    """The lists as tokens with the teacher's cosines: [queries, 12 + OUTSIDE] candidates, of which the last are other sets'."""

    def __init__(self, seed: int, path: Path = WORLD, outside: int = OUTSIDE):
        sets = list(read_lines(path))
        asked = [query for each in sets for query, _ in each["q"]]
        self.passages = Ragged.of(token_lists([text for each in sets for text in each["p"]], 256))
        self.queries = Ragged.of(token_lists(asked, 64))
        begin = np.concatenate([[0], np.cumsum([len(each["p"]) for each in sets])])
        owner = np.repeat(np.arange(len(sets)), [len(each["q"]) for each in sets])
        cosine = self.cosines(path)
        rows, grades = [], []
        for query, (number, digits) in enumerate((i, digits) for i, each in enumerate(sets) for _, digits in each["q"]):
            own = np.arange(begin[number], begin[number + 1])
            others = np.ma.array(cosine[query], mask=False)
            others[own] = np.ma.masked
            rows.append(np.concatenate([own, np.argsort(-others, kind="stable")[:outside]]))
            grades.append([*map(int, digits), *[0] * outside])
        self.row, self.grades = np.array(rows), np.array(grades)
        self.cosine = np.take_along_axis(cosine, self.row, 1)
        self.held = np.flatnonzero(owner % HELD_OUT == 0)
        self.kept = np.flatnonzero(owner % HELD_OUT != 0)
        self.rng = np.random.default_rng(seed)
        self.queue: list[int] = []

    def cosines(self, path: Path) -> np.ndarray:
        """float32 [queries, passages] of all-MiniLM-L6-v2, kept in the work folder."""
        kept = work(f"world-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}.npy")
        if not kept.exists():
            from training.teacher import Teacher

            teacher = Teacher()
            asked, read = (teacher.embed_all([list(part[i]) for i in range(len(part))]) for part in (self.queries, self.passages))
            np.save(kept, asked.astype(np.float32) @ read.astype(np.float32).T)
            log("world", queries=len(asked), passages=len(read))
        return np.load(kept)

    def batch(self, chosen: np.ndarray, columns: np.ndarray) -> dict:
        """Like `Graded.batch`: chosen [lists], columns [lists, size] → token pairs (flat), grades and cosines [lists, size]."""
        row, grades, cosine = (np.take_along_axis(part[chosen], columns, 1) for part in (self.row, self.grades, self.cosine))
        pairs = [(self.queries[query], self.passages[p]) for query, passages in zip(chosen, row) for p in passages]
        return {"pairs": pairs, "grades": torch.from_numpy(grades), "real": torch.ones(grades.shape, dtype=torch.bool),
                "cosine": torch.from_numpy(cosine).float(), "soft": torch.from_numpy(unit(cosine)).float()}

    def draw(self, count: int, size: int = 8) -> dict:
        """Every query once before any twice; of its candidates the best one, and others as they come, a quarter of them other sets'."""
        while len(self.queue) < count:
            self.queue = self.rng.permutation(self.kept).tolist() + self.queue
        chosen = np.array([self.queue.pop() for _ in range(count)])
        return self.batch(chosen, np.stack([self.columns(query, size) for query in chosen]))

    def columns(self, query: int, size: int) -> np.ndarray:
        own = self.grades.shape[1] - OUTSIDE
        best = self.rng.permutation(np.flatnonzero(self.grades[query] == self.grades[query].max()))[:1]
        others = self.rng.binomial(size - 1, 0.25)
        near = self.rng.permutation(np.setdiff1d(np.arange(own), best))[: size - 1 - others]
        return np.concatenate([best, near, own + self.rng.permutation(OUTSIDE)[: size - 1 - len(near)]])

    def figure(self, scorer) -> float:
        """Mean nDCG@10 of the held-out lists, all candidates of each, ordered by `scorer` (token pairs → logits)."""
        batch = self.batch(self.held, np.tile(np.arange(self.row.shape[1]), (len(self.held), 1)))
        return self.ndcg(np.asarray(scorer(batch["pairs"])).reshape(len(self.held), -1))

    def ndcg(self, scores: np.ndarray) -> float:
        """Of scores [held-out lists, candidates]."""
        found = [ndcg([str(i) for i in np.argsort(-own, kind="stable")], {str(i): int(g) for i, g in enumerate(grades)})
                 for own, grades in zip(scores, self.grades[self.held])]
        return round(float(np.mean(found)), 4)
