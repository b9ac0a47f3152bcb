import type { Embedder } from '../core/ports.ts';
import type { FieldLengths, PassageNumbers, TermSource, VectorIndex } from '../index/terms.ts';
import type { CorpusMoment } from './moments.ts';

/** What is done about a read; `nothing` is what it would give if there were nothing. */
export type Around = <T>(read: () => Promise<T>, nothing: () => T) => Promise<T>;

const NO_LENGTHS: FieldLengths = { of: () => 0, weight: () => 1 };

/**
 * The same moment with `around` about each of its reads. The one list of them, and nothing is spread: a read that is added to a port
 * is left out until it stands here, or does not compile; it never goes by unguarded.
 */
export function aroundReads(moment: CorpusMoment, around: Around): CorpusMoment {
  const { documents, size, terms, numbers, passages, vectors, embedder } = moment;
  return {
    documents,
    size,
    terms: termsAround(terms, around),
    numbers: numbersAround(numbers, around),
    passages: {
      passages: (ids, signal) =>
        around(
          () => passages.passages(ids, signal),
          () => [],
        ),
    },
    vectors: vectors && vectorsAround(vectors, around),
    ...(embedder === undefined ? {} : { embedder: embedderAround(embedder, vectors?.dimensions ?? 0, around) }),
  };
}

function termsAround(
  { statistics, lengths, postings, settle, expand, similar }: TermSource,
  around: Around,
): TermSource {
  return {
    statistics,
    lengths: (...given) =>
      around(
        () => lengths(...given),
        () => NO_LENGTHS,
      ),
    postings: (wanted, signal) =>
      around(
        () => postings(wanted, signal),
        () => wanted.map(() => undefined),
      ),
    ...(settle && {
      settle: (...given) =>
        around(
          () => settle(...given),
          () => new Map(),
        ),
    }),
    expand: (...given) =>
      around(
        () => expand(...given),
        () => [],
      ),
    similar: (...given) =>
      around(
        () => similar(...given),
        () => [],
      ),
  };
}

function numbersAround({ idsOf, foresee }: PassageNumbers, around: Around): PassageNumbers {
  return {
    idsOf: (wanted, signal) =>
      around(
        () => idsOf(wanted, signal),
        () => wanted.map(() => undefined),
      ),
    // It begins reads that nobody waits for, and hears of no failure.
    ...(foresee && { foresee }),
  };
}

function vectorsAround({ dimensions, search, vectorsOf, rescore }: VectorIndex, around: Around): VectorIndex {
  return {
    dimensions,
    search: (...given) =>
      around(
        () => search(...given),
        () => [],
      ),
    ...(vectorsOf && {
      vectorsOf: (...given) =>
        around(
          () => vectorsOf(...given),
          () => new Map(),
        ),
    }),
    ...(rescore && {
      rescore: (...given) =>
        around(
          () => rescore(...given),
          () => new Map(),
        ),
    }),
  };
}

/** A question without meaning has no neighbours here; the other corpora embed it for themselves. */
function embedderAround(embedder: Embedder, dimensions: number, around: Around): Embedder {
  const embedWindows = embedder.embedWindows?.bind(embedder);
  return {
    embedQuery: (...given) =>
      around(
        () => embedder.embedQuery(...given),
        () => new Float32Array(dimensions),
      ),
    embedPassages: (texts, signal) =>
      around(
        () => embedder.embedPassages(texts, signal),
        () => new Float32Array(texts.length * dimensions),
      ),
    ...(embedWindows && {
      embedWindows: (...given) =>
        around(
          () => embedWindows(...given),
          () => undefined,
        ),
    }),
  };
}
