import { within } from '../core/cancellation.ts';
import { toSearchError } from '../core/errors.ts';
import type { Context, Embedder, PassageSource } from '../core/ports.ts';
import type { FieldLengths, PassageNumbers, TermSource, VectorIndex } from '../index/terms.ts';
import type { CorpusMoment } from './moments.ts';

const NO_LENGTHS: FieldLengths = { of: () => 0, weight: () => 1 };

/** A host that takes a question and says nothing: reads over a slow line are shorter. */
const PATIENCE_MS = 30_000;

/**
 * A moment whose reads give nothing where they fail or never end, and say so once: a published index out of reach must not take
 * the visitor's own documents down with it. A cancelled read stays cancelled. Every member is wrapped: what a search throws in
 * spite of it is the local corpus's.
 */
export function tolerant(moment: CorpusMoment, name: string, context: Context): CorpusMoment {
  let reported = false;
  const orElse = async <T>(reading: Promise<T>, nothing: T): Promise<T> => {
    try {
      return await within(reading, PATIENCE_MS, `${name} has not answered within ${PATIENCE_MS / 1000} s. Ask again.`);
    } catch (cause) {
      const error = toSearchError(cause);
      if (error.code === 'aborted') throw error;
      if (!reported) context.onStage({ kind: 'skipped', stage: name, code: error.code, reason: error.message });
      reported = true;
      return nothing;
    }
  };
  const { terms, vectors, numbers, documents, size } = moment;
  const { settle } = terms;
  const { rescore, vectorsOf } = vectors ?? {};
  const tolerantTerms: TermSource = {
    statistics: () => terms.statistics(),
    lengths: (signal) => orElse(terms.lengths(signal), NO_LENGTHS),
    postings: (wanted, signal) =>
      orElse(
        terms.postings(wanted, signal),
        wanted.map(() => undefined),
      ),
    ...(settle === undefined
      ? {}
      : { settle: (concepts, whole, signal) => orElse(settle(concepts, whole, signal), new Map()) }),
    expand: (prefix, limit, signal) => orElse(terms.expand(prefix, limit, signal), []),
    similar: (misspelt, limit, signal) => orElse(terms.similar(misspelt, limit, signal), []),
  };
  const passages: PassageSource = {
    passages: (ids, signal) => orElse(moment.passages.passages(ids, signal), []),
  };
  const tolerantVectors: VectorIndex | undefined = vectors && {
    dimensions: vectors.dimensions,
    search: (query, depth, signal, near) => orElse(vectors.search(query, depth, signal, near), []),
    ...(vectorsOf === undefined ? {} : { vectorsOf: (ids, signal) => orElse(vectorsOf(ids, signal), new Map()) }),
    ...(rescore === undefined
      ? {}
      : { rescore: (query, ids, signal) => orElse(rescore(query, ids, signal), new Map()) }),
  };
  const { embedder } = moment;
  const tolerantEmbedder: Embedder | undefined = embedder && {
    ...embedder,
    // A question without meaning has no neighbours here; the other corpora embed it for themselves.
    embedQuery: (...given) => orElse(embedder.embedQuery(...given), new Float32Array(vectors?.dimensions ?? 0)),
  };
  const { foresee } = numbers;
  const tolerantNumbers: PassageNumbers = {
    idsOf: (wanted, signal) =>
      orElse(
        numbers.idsOf(wanted, signal),
        wanted.map(() => undefined),
      ),
    // It begins reads that nobody waits for.
    ...(foresee === undefined ? {} : { foresee }),
  };
  return {
    documents,
    size,
    terms: tolerantTerms,
    numbers: tolerantNumbers,
    passages,
    vectors: tolerantVectors,
    ...(tolerantEmbedder === undefined ? {} : { embedder: tolerantEmbedder }),
  };
}
