import { abortable, throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder, Retriever } from '../core/ports.ts';
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
