import { SearchError } from '../core/errors.ts';
import type { Fusion } from '../core/ports.ts';
import { fuseContributions } from './contributions.ts';
import { checkWeights, weightsFor } from './weights.ts';

export interface RrfOptions {
  /** How little the first ranks stand out: a passage at rank r (from 1) contributes weight / (rankConstant + r). 60 by default. */
  readonly rankConstant?: number;
  /** One a ranking, in their order; 1 each by default, 0 leaves a ranking out. */
  readonly weights?: readonly number[];
}

/**
 * Reciprocal rank fusion: reads ranks only, so scores of unlike kinds need no common scale.
 * Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
 * Methods", SIGIR 2009; 60 is the constant they fixed in a pilot study.
 * SearchError('bad-input') for a negative constant or wrong weights.
 */
export function rrf({ rankConstant = 60, weights }: RrfOptions = {}): Fusion {
  if (!(Number.isFinite(rankConstant) && rankConstant >= 0))
    throw new SearchError('bad-input', `RRF's rankConstant must be a number of 0 or more, not ${rankConstant}.`);
  checkWeights(weights);
  return (rankings) =>
    fuseContributions(rankings, weightsFor(rankings, weights), (_, index) => 1 / (rankConstant + index + 1));
}
