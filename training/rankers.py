"""Score matrices [queries, passages] of each stage, and how they are fused and blended."""

import numpy as np

from training.testset import TestSet

DEPTH = 100
# The engine's own mixture (docs/decisions/0003): what a reranker's order is blended with.
LEXICAL_SHARE = 0.6


def top_normalised(scores: np.ndarray, depth: int = DEPTH) -> np.ndarray:
    """Each row's best `depth` scores as 0..1 (min-max over those), the rest 0: what a fusion of two lists sees."""
    depth = min(depth, scores.shape[1])
    best = -np.partition(-scores, depth - 1, axis=1)[:, :depth]
    low, high = best[:, -1:], best.max(axis=1, keepdims=True)
    return np.clip((scores - low) / np.maximum(high - low, 1e-9), 0, None)


def fuse(lexical: np.ndarray, dense: np.ndarray, weight: float = 0.5) -> np.ndarray:
    """Min-max fusion; `weight` is the dense side's share."""
    return (1 - weight) * top_normalised(lexical) + weight * top_normalised(dense)


def candidates(scores: np.ndarray, depth: int) -> np.ndarray:
    """Best `depth` passages of each query, best first: int64 [queries, depth]."""
    depth = min(depth, scores.shape[1])
    best = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
    return np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable"), 1)


def reranked(first: np.ndarray, picked: np.ndarray, logits: np.ndarray, weight: float) -> np.ndarray:
    """First-stage scores with the picked passages reordered by a blend, kept above all others.

    `logits` [queries, depth]; `weight` is the cross-encoder's share: 1 overwrites the first stage's order.
    """
    own = np.take_along_axis(first, picked, 1)

    def unit(x: np.ndarray) -> np.ndarray:
        low, high = x.min(1, keepdims=True), x.max(1, keepdims=True)
        return (x - low) / np.maximum(high - low, 1e-9)

    blended = weight * unit(logits) + (1 - weight) * unit(own)
    out = first - first.max() - 1
    np.put_along_axis(out, picked, blended, 1)
    return out


def static_scores(tests: TestSet, embed) -> np.ndarray:
    """Cosines [queries, passages] of an embedder given as a function texts → unit rows."""
    return embed(tests.queries) @ embed(tests.passages).T
