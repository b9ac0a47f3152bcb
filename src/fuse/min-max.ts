import type { Fusion } from '../core/ports.ts';
import type { Ranking } from '../core/ranking.ts';
import { fuseContributions } from './contributions.ts';
import { checkWeights, weightsFor } from './weights.ts';

export interface MinMaxOptions {
  /** One a ranking, in their order; 1 each by default, 0 leaves a ranking out. */
  readonly weights?: readonly number[];
}

/**
 * Weighted sum of scores, each ranking stretched to 0…1 by its own best and worst score of this query;
 * a passage that a ranking lacks gets 0 from it, like that ranking's last. Where all scores of a ranking are
 * equal, all its passages get 1. Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid
 * Retrieval", TOIS 2023, find such sums better than RRF once the weights are tuned.
 * SearchError('bad-input') for wrong weights.
 */
export function minMax({ weights }: MinMaxOptions = {}): Fusion {
  checkWeights(weights);
  return (rankings) => {
    const spans = new Map(rankings.map((list) => [list, span(list)] as const));
    return fuseContributions(rankings, weightsFor(rankings, weights), (list, index) =>
      normalised(list[index]?.score ?? 0, spans.get(list) ?? span(list)),
    );
  };
}

interface Span {
  readonly low: number;
  readonly high: number;
}

/** Infinite scores (a NaN becomes -Infinity in ranking()) have no place on a scale: the finite ones make it. */
function span(list: Ranking): Span {
  const finite = list.map(({ score }) => score).filter(Number.isFinite);
  return { low: finite.at(-1) ?? 0, high: finite[0] ?? 0 };
}

function normalised(score: number, { low, high }: Span): number {
  if (score >= high) return 1;
  if (score <= low) return 0;
  // Halves, because the difference of two huge scores overflows.
  return (score / 2 - low / 2) / (high / 2 - low / 2);
}
