import { abortable, throwIfAborted } from '../core/cancellation.ts';
import type { PassageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder, Query, Retriever } from '../core/ports.ts';
import { emptyRanking, ranking } from '../core/ranking.ts';
import type { PassageNumbers, VectorIndex } from '../index/terms.ts';

export interface DenseOptions {
  readonly embedder: Embedder;
  /** Of the embedder's dimensions and model. */
  readonly vectors: VectorIndex;
  readonly numbers: PassageNumbers;
  /** 'dense' by default. */
  readonly name?: string;
}

/**
 * Finds passages by meaning: embeds the query without its operators and takes the nearest vectors. A query without
 * text has none. It knows no phrases, fields or excluded words; the engine holds its results to them.
 */
export function dense({ embedder, vectors, numbers, name = 'dense' }: DenseOptions): Retriever {
  return {
    name,
    async retrieve(query, depth, { signal }) {
      throwIfAborted(signal);
      const text = query.plain.trim();
      if (text === '' || !(depth >= 1)) return emptyRanking;
      const embedding = await abortable(embedder.embedQuery(text, signal), signal);
      const nearest = await abortable(vectors.search(embedding, depth, signal), signal);
      const found = nearest.map(({ passage }) => passage);
      const ids = await abortable(numbers.idsOf(found, signal), signal);
      if (ids.length !== nearest.length)
        throw new SearchError('corrupt', `The index names ${ids.length} of ${nearest.length} passages. Index again.`);
      const scored = ids.map((id, i) => ({ id, score: nearest[i]?.score ?? Number.NaN }));
      return ranking(scored, depth);
    },
  };
}

/** Scores of passages that are better than those in a ranking, or that it lacks. */
export type Rescore = (
  query: Query,
  ids: readonly PassageId[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<PassageId, number>>;

/** Dense scores of passages of several corpora, by those of their indexes that know better than their search; undefined where none does. */
export function denseRescore(
  corpora: readonly { readonly embedder: Embedder; readonly vectors: VectorIndex }[],
): Rescore | undefined {
  const able = corpora.flatMap(({ embedder, vectors: { rescore } }) =>
    rescore === undefined ? [] : [{ embedder, rescore }],
  );
  if (able.length === 0) return undefined;
  return async (query, ids, signal) => {
    const scores = able.map(async ({ embedder, rescore }) =>
      rescore(await abortable(embedder.embedQuery(query.plain.trim(), signal), signal), ids, signal),
    );
    return new Map((await Promise.all(scores)).flatMap((each) => [...each]));
  };
}
