import type { Fusion } from '../core/ports.ts';
import { unitScale } from '../core/ranking.ts';
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
    const scales = new Map(rankings.map((list) => [list, unitScale(list)] as const));
    return fuseContributions(rankings, weightsFor(rankings, weights), (list, index) =>
      (scales.get(list) ?? unitScale(list))(list[index]?.score ?? 0),
    );
  };
}
