import type { PassageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import { type Ranking, ranking } from '../core/ranking.ts';

export interface BlendOptions {
  /** Share of the reranker, 0 (the fused order alone) to 1 (the reranker alone). */
  readonly weight?: number;
  /** How both are put on one scale: by their scores (min-max over the scored passages) or by their ranks. */
  readonly method?: 'minmax' | 'rrf';
  /** RRF's k, 60 by default. */
  readonly rankConstant?: number;
}

/**
 * The share of a model that names none of its own (catalog.json). A cross-encoder that overwrites a good first order loses quality on queries
 * it misreads. nDCG@10 of the fused order, and of findling-rerank-tiny r3 at .3 / .5 / .7 / 1: own .790, .803 / .809 / .802 / .751;
 * docs-anthropic .822, .811 / .811 / .788 / .720; scifact .687, .692 / .698 / .692 / .644; cranfield .383, .383 / .375 / .357 / .312
 * (docs/quality.md). What is known of no model should do little harm.
 */
export const BLEND_WEIGHT = 0.3;

function unitScores(list: Ranking): ReadonlyMap<PassageId, number> {
  const finite = list.map(({ score }) => score).filter(Number.isFinite);
  const [low, high] = [finite.at(-1) ?? 0, finite[0] ?? 0];
  const unit = (score: number) => (score >= high ? 1 : score <= low ? 0 : (score - low) / (high - low));
  return new Map(list.map(({ id, score }) => [id, unit(score)]));
}

function reciprocalRanks(list: Ranking, rankConstant: number): ReadonlyMap<PassageId, number> {
  return new Map(list.map(({ id }, at) => [id, (rankConstant + 1) / (rankConstant + at + 1)]));
}

/**
 * The final order of a reranked pool. Passages the reranker has not scored (yet, or for want of time) stand below
 * the scored ones in their fused order; passages that are not in `fused` are left out. Scores are 0…1 for scored
 * passages and negative for the others. SearchError('bad-input') for a weight outside 0…1.
 */
export function blend(fused: Ranking, reranked: Ranking, options: BlendOptions = {}): Ranking {
  const { weight = BLEND_WEIGHT, method = 'minmax', rankConstant = 60 } = options;
  if (!(weight >= 0 && weight <= 1))
    throw new SearchError('bad-input', `The blend's weight must lie between 0 and 1, not ${weight}.`);
  if (weight === 0) return fused;
  const known = new Set(reranked.map(({ id }) => id));
  const scored = ranking(fused.filter(({ id }) => known.has(id)));
  const inPool = new Set(scored.map(({ id }) => id));
  const own = ranking(reranked.filter(({ id }) => inPool.has(id)));
  const scale = (list: Ranking) => (method === 'rrf' ? reciprocalRanks(list, rankConstant) : unitScores(list));
  const [first, second] = [scale(scored), scale(own)];
  const place = unitScores(fused);
  return ranking(
    fused.map(({ id }) => {
      const score = second.get(id);
      if (score === undefined) return { id, score: (place.get(id) ?? 0) - 2 };
      return { id, score: weight * score + (1 - weight) * (first.get(id) ?? 0) };
    }),
  );
}
