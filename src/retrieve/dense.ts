import { abortable, throwIfAborted } from '../core/cancellation.ts';
import type { PassageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder, Query, Retriever } from '../core/ports.ts';
import { emptyRanking, type Ranking, ranking } from '../core/ranking.ts';
import type { PassageNumbers, VectorIndex } from '../index/terms.ts';
import type { WeighWords } from './rarity.ts';
import type { ReadWindows } from './windows.ts';

export interface DenseOptions {
  readonly embedder: Embedder;
  /** Of the embedder's dimensions and model. */
  readonly vectors: VectorIndex;
  readonly numbers: PassageNumbers;
  /** Reads the best of each list anew; absent where vectors are all there is. */
  readonly readWindows?: ReadWindows | undefined;
  /** How much each word of a question counts; all alike if absent. */
  readonly weigh?: WeighWords;
  /** 'dense' by default. */
  readonly name?: string;
}

/**
 * Finds passages by meaning: embeds the query without its operators and takes the nearest vectors. A query without
 * text has none. It knows no phrases, fields or excluded words; the engine holds its results to them.
 */
export function dense({ name = 'dense', ...corpus }: DenseOptions): Retriever {
  return {
    name,
    async retrieve(query, depth, { signal }) {
      throwIfAborted(signal);
      if (query.plain.trim() === '' || !(depth >= 1)) return emptyRanking;
      const embedding = await embeddingOf(query, corpus, signal);
      return nearest(corpus, embedding, depth, signal);
    },
  };
}

/** A transformer takes its time, and one search asks for the same embedding up to three times. */
const embeddings = new WeakMap<Query, Map<Embedder, Promise<Float32Array>>>();

type Asking = Pick<DenseOptions, 'embedder' | 'weigh'>;

/** Of the query's text without its operators; made once a query object. */
function embeddingOf(query: Query, { embedder, weigh }: Asking, signal: AbortSignal): Promise<Float32Array> {
  const made = embeddings.get(query) ?? new Map<Embedder, Promise<Float32Array>>();
  embeddings.set(query, made);
  const text = query.plain.trim();
  // Where the words of the index cannot be read, all count alike: meaning must not fail with them.
  const weights = weigh && (() => weigh(text, signal).catch(() => new Map()));
  const embedding = made.get(embedder) ?? embedder.embedQuery(text, signal, weights);
  made.set(embedder, embedding);
  embedding.catch(() => made.delete(embedder));
  return abortable(embedding, signal);
}

/** `near`: as for VectorIndex.search. */
async function nearest(
  { vectors, numbers, readWindows }: Pick<DenseOptions, 'vectors' | 'numbers' | 'readWindows'>,
  embedding: Float32Array,
  depth: number,
  signal: AbortSignal,
  near?: Float32Array,
): Promise<Ranking> {
  const found = await abortable(vectors.search(embedding, depth, signal, near && { near }), signal);
  const ids = await abortable(
    numbers.idsOf(
      found.map(({ passage }) => passage),
      signal,
    ),
    signal,
  );
  if (ids.length !== found.length)
    throw new SearchError('corrupt', `The index names ${ids.length} of ${found.length} passages. Index again.`);
  const list = ranking(
    ids.flatMap((id, i) => (id === undefined ? [] : [{ id, score: found[i]?.score ?? Number.NaN }])),
    depth,
  );
  return readWindows === undefined ? list : abortable(readWindows(embedding, list, signal), signal);
}

/** Scores of passages that are better than those in a ranking, or that it lacks. */
export type Rescore = (ids: readonly PassageId[], signal: AbortSignal) => Promise<ReadonlyMap<PassageId, number>>;

type Question = (corpus: Asking, signal: AbortSignal) => Promise<Float32Array>;

/** Dense scores for a query, of passages of several corpora, by those of their indexes that know better than their search; undefined where none does. */
export function denseRescore(corpora: readonly DenseOptions[], query: Query): Rescore | undefined {
  return rescoreBy(corpora, (corpus, signal) => embeddingOf(query, corpus, signal));
}

function rescoreBy(corpora: readonly DenseOptions[], question: Question): Rescore | undefined {
  const able = corpora.flatMap(({ vectors: { rescore }, ...corpus }) =>
    rescore === undefined ? [] : [{ corpus, rescore }],
  );
  if (able.length === 0) return undefined;
  return async (ids, signal) => {
    const scores = able.map(async ({ corpus, rescore }) => rescore(await question(corpus, signal), ids, signal));
    return new Map((await Promise.all(scores)).flatMap((each) => [...each]));
  };
}

/** What a second search by meaning found. */
export interface SecondLook {
  readonly ranking: Ranking;
  /** By the question as it was asked then. */
  readonly rescore: Rescore | undefined;
}

/** Searches by meaning once more, for a question and the passages found best for it; undefined where nothing is known of these. */
export type Feedback = (
  query: Query,
  best: Ranking,
  depth: number,
  signal: AbortSignal,
) => Promise<SecondLook | undefined>;

/**
 * Pseudo-relevance feedback on embeddings: the question's moves half way to the mean of the best passages', each counting by its
 * score, and the vectors are searched again (Rocchio 1971; on dense retrievers Li et al., TOIS 41(3), 2023, "Vector PRF"). Passages
 * tell in the words of the corpus what was asked for. Undefined where no corpus gives vectors of its passages.
 */
export function feedback(corpora: readonly DenseOptions[]): Feedback | undefined {
  if (!corpora.some(({ vectors }) => vectors.vectorsOf !== undefined)) return undefined;
  return async (query, best, depth, signal) => {
    const ids = best.map(({ id }) => id);
    const known = await Promise.all(corpora.map(({ vectors }) => vectors.vectorsOf?.(ids, signal)));
    const vectorOf = new Map(known.flatMap((each) => [...(each ?? [])]));
    if (vectorOf.size === 0) return undefined;
    const told = best.flatMap(({ id, score }) => {
      const vector = vectorOf.get(id);
      return vector === undefined ? [] : [{ vector, score }];
    });
    const question: Question = async (corpus, each) => moved(await embeddingOf(query, corpus, each), told);
    const found = corpora.map(async (corpus) => {
      const asked = await embeddingOf(query, corpus, signal);
      return nearest(corpus, moved(asked, told), depth, signal, asked);
    });
    return { ranking: ranking((await Promise.all(found)).flat(), depth), rescore: rescoreBy(corpora, question) };
  };
}

interface Told {
  readonly vector: Float32Array;
  readonly score: number;
}

/** As long as `embedding`; passages of other dimensions say nothing of it. A question that says nothing stays one. */
function moved(embedding: Float32Array, told: readonly Told[]): Float32Array {
  const mean = new Float32Array(embedding.length);
  for (const { vector, score } of told)
    if (vector.length === mean.length)
      for (let d = 0; d < mean.length; d += 1) mean[d] = (mean[d] ?? 0) + score * (vector[d] ?? 0);
  const [own, theirs] = [lengthOf(embedding), lengthOf(mean)];
  if (own === 0 || theirs === 0) return embedding;
  const sum = embedding.map((value, d) => value / own + (mean[d] ?? 0) / theirs);
  const length = lengthOf(sum);
  return length === 0 ? embedding : sum.map((value) => (value * own) / length);
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
