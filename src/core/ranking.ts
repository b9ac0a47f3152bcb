import type { Brand, PassageId } from './document.ts';

export interface ScoredPassage {
  readonly id: PassageId;
  /** Higher is better; comparable within one ranking only. */
  readonly score: number;
}

/** Best first, no passage twice, ties in the order of ids. Only ranking() makes one. */
export type Ranking = Brand<readonly ScoredPassage[], 'Ranking'>;

/** Best first; equal scores in the order of ids (UTF-16), so that one input has one order everywhere. */
export function compareScored(a: ScoredPassage, b: ScoredPassage): number {
  return b.score - a.score || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Orders scored passages; of a passage given twice the better score stays. NaN counts as the lowest score. */
export function ranking(scored: Iterable<ScoredPassage>, depth = Number.POSITIVE_INFINITY): Ranking {
  const best = new Map<PassageId, ScoredPassage>();
  for (const { id, score } of scored) {
    const value = Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
    const known = best.get(id);
    if (known === undefined || value > known.score) best.set(id, { id, score: value });
  }
  const ordered = [...best.values()].sort(compareScored);
  return (ordered.length > depth ? ordered.slice(0, depth) : ordered) as readonly ScoredPassage[] as Ranking;
}

/**
 * Puts a ranking's scores on a scale from its worst (0) to its best (1); all of one score are at its best. Infinite ones (a NaN becomes
 * -Infinity in ranking()) have no place on a scale: the finite ones make it.
 */
export function unitScale(list: Ranking): (score: number) => number {
  const finite = list.map(({ score }) => score).filter(Number.isFinite);
  const [low, high] = [finite.at(-1) ?? 0, finite[0] ?? 0];
  return (score) => {
    if (score >= high) return 1;
    if (score <= low) return 0;
    // Halves, because the difference of two huge scores overflows.
    return (score / 2 - low / 2) / (high / 2 - low / 2);
  };
}

export const emptyRanking: Ranking = ranking([]);
