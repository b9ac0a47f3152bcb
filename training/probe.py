"""A quick look at the test sets while training: nDCG@10 of the static embedder alone and fused with BM25."""

from functools import cache

import numpy as np

from training import measures, rankers
from training.paths import EVAL
from training.testset import NAMES, TestSet


@cache
def tests(name: str) -> TestSet:
    return TestSet(name)


def mean_ndcg(test: TestSet, scores: np.ndarray) -> float:
    return float(np.mean([
        measures.ndcg(test.documents(scores[i]), test.grades[q]) for i, q in enumerate(test.query_ids)
    ]))


def look(embed, names: list[str] = NAMES) -> dict[str, list[float]]:
    """name → [BM25, dense, hybrid at equal weights]."""
    found = {}
    for name in names if EVAL.exists() else []:
        test = tests(name)
        dense = rankers.static_scores(test, embed)
        stages = [test.lexical, dense, rankers.fuse(test.lexical, dense)]
        found[name] = [round(mean_ndcg(test, s), 4) for s in stages]
    return found
