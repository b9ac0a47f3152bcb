"""nDCG, reciprocal rank and hit rate of one ranked list, as trec_eval counts them."""

import math


def ndcg(ranked: list[str], grades: dict[str, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain with linear gains (trec_eval's, and BEIR's)."""
    gain = sum(max(grades.get(d, 0), 0) / math.log2(i + 2) for i, d in enumerate(ranked[:depth]))
    best = sorted((g for g in grades.values() if g > 0), reverse=True)[:depth]
    ideal = sum(g / math.log2(i + 2) for i, g in enumerate(best))
    return gain / ideal if ideal else 0.0


def reciprocal_rank(ranked: list[str], grades: dict[str, int], depth: int = 10) -> float:
    for i, document in enumerate(ranked[:depth]):
        if grades.get(document, 0) > 0:
            return 1 / (i + 1)
    return 0.0


def hit(ranked: list[str], grades: dict[str, int], depth: int) -> float:
    """1 when any relevant document stands among the first `depth`."""
    return float(any(grades.get(d, 0) > 0 for d in ranked[:depth]))


def recall(ranked: list[str], grades: dict[str, int], depth: int) -> float:
    relevant = {d for d, g in grades.items() if g > 0}
    return len(relevant & set(ranked[:depth])) / len(relevant) if relevant else 0.0
