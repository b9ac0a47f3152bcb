import type { PassageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import { type Ranking, ranking, unitScale } from '../core/ranking.ts';

export interface BlendOptions {
  /** Share of the reranker, 0 (the fused order alone) to 1 (the reranker alone). */
  readonly weight?: number;
}

/**
 * The share of a model that names none of its own (catalog.json). A cross-encoder that overwrites a good first order loses quality on queries
 * it misreads. nDCG@10 of the fused order, and of findling-rerank-tiny r5 at .3 / .5 / .7 / 1: own .802, .808 / .813 / .814 / .754;
 * docs-anthropic .832, .820 / .824 / .801 / .749; scifact .702, .711 / .715 / .711 / .664; cisi .402, .404 / .403 / .379 / .350
 * (docs/quality.md). What is known of no model should do little harm.
 */
export const BLEND_WEIGHT = 0.3;

function unitScores(list: Ranking): ReadonlyMap<PassageId, number> {
  const unit = unitScale(list);
  return new Map(list.map(({ id, score }) => [id, unit(score)]));
}

/**
 * The final order of a reranked pool: both orders put on one scale by their scores over the scored passages. Passages the reranker has not scored (yet, or for want of time) stand below
 * the scored ones in their fused order; passages that are not in `fused` are left out. Scores are 0…1 for scored
 * passages and negative for the others. SearchError('bad-input') for a weight outside 0…1.
 */
export function blend(fused: Ranking, reranked: Ranking, options: BlendOptions = {}): Ranking {
  const { weight = BLEND_WEIGHT } = options;
  if (!(weight >= 0 && weight <= 1))
    throw new SearchError('bad-input', `The blend's weight must lie between 0 and 1, not ${weight}.`);
  if (weight === 0) return fused;
  const known = new Set(reranked.map(({ id }) => id));
  const scored = ranking(fused.filter(({ id }) => known.has(id)));
  const inPool = new Set(scored.map(({ id }) => id));
  const own = ranking(reranked.filter(({ id }) => inPool.has(id)));
  const [first, second] = [unitScores(scored), unitScores(own)];
  const place = unitScores(fused);
  return ranking(
    fused.map(({ id }) => {
      const score = second.get(id);
      if (score === undefined) return { id, score: (place.get(id) ?? 0) - 2 };
      return { id, score: weight * score + (1 - weight) * (first.get(id) ?? 0) };
    }),
  );
}
