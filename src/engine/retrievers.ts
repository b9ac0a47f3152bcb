import { SearchError, toSearchError } from '../core/errors.ts';
import type { PassageSource, Query, Reranker, Retriever } from '../core/ports.ts';
import { type Ranking, ranking } from '../core/ranking.ts';
import { type Rescoring, rescored, type Upheld, uphold } from './fusing.ts';

/**
 * Reports what a retriever found, and how long it took, as a stage of its own: once a query, so that a pipeline may name one stage in
 * several places.
 */
export function stage(retriever: Retriever): Retriever {
  return remember({
    name: retriever.name,
    async retrieve(query, depth, context) {
      const start = performance.now();
      const found = await retriever.retrieve(query, depth, context);
      context.onStage({
        kind: 'ranked',
        stage: retriever.name,
        ranking: found,
        ms: performance.now() - start,
        complete: true,
      });
      return found;
    },
  });
}

/** Asked twice for the same query object, it answers from the first time. */
export function remember(retriever: Retriever): Retriever {
  const answers = new WeakMap<Query, { readonly depth: number; readonly ranking: Promise<Ranking> }>();
  return {
    name: retriever.name,
    retrieve(query, depth, context) {
      const known = answers.get(query);
      if (known !== undefined && known.depth >= depth) return known.ranking;
      const found = retriever.retrieve(query, depth, context);
      answers.set(query, { depth, ranking: found });
      return found;
    },
  };
}

/** A list that stands alone reads so many times as far as one that another list is fused with. */
const ALONE = 3;

/** Finds more than is asked for, by coarse scores, and puts the best in the order of better ones. */
export function refine(retriever: Retriever, { rescore, most }: Rescoring): Retriever {
  return {
    name: retriever.name,
    async retrieve(query, depth, context) {
      const found = await retriever.retrieve(query, ALONE * depth, context);
      const best = found.slice(0, most).map(({ id }) => id);
      return ranking(rescored(found, await rescore(best, context.signal)), depth);
    },
  };
}

/** One list of the same kind of scores from several corpora: best score first. */
export function merge(name: string, retrievers: readonly Retriever[]): Retriever {
  const [only, second] = retrievers;
  if (only !== undefined && second === undefined) return { ...only, name };
  return {
    name,
    async retrieve(query, depth, context) {
      const rankings = await Promise.all(retrievers.map((each) => each.retrieve(query, depth, context)));
      return ranking(rankings.flat(), depth);
    },
  };
}

export interface RerankOptions {
  /** Passages of the first stage that the reranker reads; what lies below keeps its order. */
  readonly candidates: number;
  /** Makes the final order of the pool from the first stage's order and the reranker's. */
  readonly blend: (fused: Ranking, reranked: Ranking) => Ranking;
  /** Passages that stay above the others. */
  readonly upheld?: Upheld;
}

/** Retrieves, then reranks the best `candidates`. Reranked lists that are still growing are reported as they come. */
export function rerank(
  name: string,
  retriever: Retriever,
  reranker: Reranker,
  source: PassageSource,
  { candidates, blend, upheld }: RerankOptions,
): Retriever {
  return {
    name,
    async retrieve(query, depth, context) {
      const first = await retriever.retrieve(query, Math.max(depth, candidates), context);
      const pool = ranking(first.slice(0, candidates));
      const start = performance.now();
      const ids = pool.map(({ id }) => id);
      const [passages, held] = await Promise.all([source.passages(ids, context.signal), upheld?.()]);
      const order = (reranked: Ranking) => uphold(above(blend(pool, reranked), first.slice(candidates)), held);
      const reranked = await reranker.rerank(query, passages, {
        signal: context.signal,
        onStage: (event) =>
          context.onStage(
            event.kind === 'ranked' && !event.complete
              ? { ...event, stage: name, ranking: order(event.ranking), ms: performance.now() - start }
              : event,
          ),
      });
      return order(reranked);
    },
  };
}

/** `upper`, and below it `lower` in its own order: scores of one stage say nothing beside another's. */
function above(
  upper: Ranking,
  lower: Ranking | readonly { readonly id: Ranking[number]['id']; readonly score: number }[],
): Ranking {
  if (lower.length === 0) return upper;
  const floor = upper.at(-1)?.score ?? 0;
  return ranking([...upper, ...lower.map(({ id }, index) => ({ id, score: floor - 1 - index }))]);
}

/**
 * `preferred`, or where it fails `fallback`; what failed is reported as skipped. A cancelled query stays cancelled.
 */
export function orElse(preferred: Retriever, fallback: Retriever): Retriever {
  return {
    name: preferred.name,
    async retrieve(query, depth, context) {
      try {
        return await preferred.retrieve(query, depth, context);
      } catch (cause) {
        const error = toSearchError(cause);
        if (error.code === 'aborted' || context.signal.aborted)
          throw new SearchError('aborted', 'The search was cancelled.', { cause });
        context.onStage({ kind: 'skipped', stage: preferred.name, code: error.code, reason: error.message });
        return fallback.retrieve(query, depth, context);
      }
    },
  };
}
