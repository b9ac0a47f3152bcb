"""How a cross-encoder reorders each test set's shortlist: nDCG@10 overwriting the first stage and blended with it."""

import numpy as np
import torch

from training import measures, rankers
from training.crossencoder import score_pairs
from training.probe import tests
from training.testset import TestSet
from training.tokens import token_lists

WEIGHTS = (0.3, 0.5, 0.7, 1.0)


class Shortlist:
    """Fixed candidates of one test set: `picked` passages [queries, depth] and the first stage's scores."""

    def __init__(self, test: TestSet, first: np.ndarray, picked: np.ndarray):
        self.test, self.first, self.picked = test, first, picked
        asked = token_lists(test.queries, 64)
        wanted = np.unique(picked)
        texts = dict(zip(wanted.tolist(), token_lists([test.passages[i] for i in wanted], 256)))
        self.pairs = [(asked[q], texts[int(p)]) for q in range(len(picked)) for p in picked[q]]

    def logits(self, scorer) -> np.ndarray:
        """float32 [queries, depth]; `scorer` takes token pairs."""
        return np.asarray(scorer(self.pairs), dtype=np.float32).reshape(self.picked.shape)

    def ndcg_per_query(self, scores: np.ndarray) -> np.ndarray:
        test = self.test
        return np.array([measures.ndcg(test.documents(scores[i]), test.grades[q]) for i, q in enumerate(test.query_ids)])

    def figures(self, logits: np.ndarray) -> dict[str, float]:
        found = {"first": self.ndcg_per_query(self.first).mean()}
        for weight in WEIGHTS:
            scores = rankers.reranked(self.first, self.picked, logits, weight)
            found[f"w{weight}"] = self.ndcg_per_query(scores).mean()
        return {k: round(float(v), 4) for k, v in found.items()}


def of_fusion(name: str, embed, depth: int = 50, queries: int | None = None) -> Shortlist:
    """The hybrid's best `depth` passages."""
    test = tests(name)
    first = rankers.fuse(test.lexical, rankers.static_scores(test, embed))
    if queries is not None and queries < len(test.queries):
        from copy import copy

        rows = np.random.default_rng(3).permutation(len(test.queries))[:queries]
        first, test = first[rows], copy(test)
        test.queries = [test.queries[i] for i in rows]
        test.query_ids = [test.query_ids[i] for i in rows]
    return Shortlist(test, first, rankers.candidates(first, depth))


def of_run(name: str, file: str, depth: int = 100) -> Shortlist:
    """The collection's own run file, e.g. msmarco-dl19's BM25.trec: one passage a document there."""
    test = tests(name)
    place = {d: i for i, d in enumerate(test.ids)}
    begin = {int(owner): i for i, owner in reversed(list(enumerate(test.owner)))}
    ranked, first = test.run(file), np.zeros((len(test.queries), len(test.titles)), np.float32)
    picked = np.zeros((len(test.queries), depth), np.int64)
    for i, query in enumerate(test.query_ids):
        rows = [begin[place[d]] for d in ranked[query][:depth]]
        picked[i] = rows + [rows[-1]] * (depth - len(rows))
        first[i, rows] = np.linspace(2, 1, len(rows))
    return Shortlist(test, first, picked)


def scorer_of(model, most: int = 192, batch: int = 32):
    """Token pairs → numpy logits by a torch cross-encoder."""

    def score(pairs: list) -> np.ndarray:
        was = model.training
        model.eval()
        with torch.inference_mode():
            out = score_pairs(model, pairs, most, batch).cpu().numpy()
        model.train(was)
        return out

    return score
