import type { PassageId } from '../core/document.ts';
import { type Ranking, ranking } from '../core/ranking.ts';

/**
 * Sums what each ranking contributes to its passages. A ranking of weight 0 is left out whole: its passages
 * do not enter the union. Contributions are added from the smallest up, so that float rounding cannot make the
 * result depend on the order of the rankings (three lists or more do differ otherwise).
 */
export function fuseContributions(
  rankings: readonly Ranking[],
  weights: readonly number[],
  contribution: (list: Ranking, index: number) => number,
): Ranking {
  const parts = new Map<PassageId, number[]>();
  for (const [i, list] of rankings.entries()) {
    const weight = weights[i] ?? 1;
    if (weight === 0) continue;
    for (const [index, { id }] of list.entries()) {
      const part = weight * contribution(list, index);
      const known = parts.get(id);
      if (known === undefined) parts.set(id, [part]);
      else known.push(part);
    }
  }
  return ranking([...parts].map(([id, each]) => ({ id, score: sumAscending(each) })));
}

function sumAscending(parts: readonly number[]): number {
  return [...parts].sort((a, b) => a - b).reduce((sum, part) => sum + part, 0);
}
