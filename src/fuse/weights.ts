import { SearchError } from '../core/errors.ts';

/** `weights` as given or 1 for each ranking. SearchError('bad-input') for a wrong count, a negative weight or NaN. */
export function weightsFor(rankings: readonly unknown[], weights: readonly number[] | undefined): readonly number[] {
  if (weights === undefined) return rankings.map(() => 1);
  if (weights.length !== rankings.length)
    throw new SearchError(
      'bad-input',
      `Fusion was given ${weights.length} weights for ${rankings.length} rankings. Give one weight a ranking, in their order.`,
    );
  return weights;
}

/** Refuses weights that are negative or not finite, where they are given and not when first used. */
export function checkWeights(weights: readonly number[] | undefined): void {
  const wrong = weights?.find((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (wrong !== undefined)
    throw new SearchError(
      'bad-input',
      `A fusion weight must be a number of 0 or more, not ${wrong}. 0 leaves a ranking out.`,
    );
}
