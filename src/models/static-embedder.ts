import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder, WordWeights } from '../core/ports.ts';
import { nextTurn } from './turn.ts';
import { basicWords, type WordPiece } from './wordpiece.ts';

export interface StaticEmbedderOptions {
  /** Vocabulary × row length, row-major. */
  readonly rows: Int8Array;
  /** One a row: a token's vector is `rows[id] × scales[id]`. */
  readonly scales: Float32Array;
  readonly wordpiece: WordPiece;
  /** A prefix of the row (Matryoshka: 64, 128 or 256 of ours); the whole row by default. */
  readonly dimensions?: number;
}

/** Passages between two looks at the signal: some milliseconds. */
const BATCH = 64;

/** Divides by the Euclidean length; the zero vector stays as it is. Writes into `target` from `offset` on. */
export function normaliseInto(target: Float32Array, offset: number, sums: Float64Array): void {
  let square = 0;
  for (const value of sums) square += value * value;
  const factor = square > 0 ? 1 / Math.sqrt(square) : 0;
  for (let at = 0; at < sums.length; at++) target[offset + at] = (sums[at] ?? 0) * factor;
}

/** How often each token of a text counts: as often as it occurs, by the weight of its word. */
export async function tokenCounts(
  text: string,
  wordpiece: WordPiece,
  weights: (() => Promise<WordWeights>) | undefined,
): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  const count = (part: string, weight: number) => {
    for (const id of wordpiece.encode(part)) counts.set(id, (counts.get(id) ?? 0) + weight);
  };
  const given = await weights?.();
  if (given === undefined) count(text, 1);
  else for (const word of basicWords(text)) count(word, given.get(word) ?? 1);
  return counts;
}

/** Checks a prefix length against the rows'. */
export function matryoshka(dimensions: number | undefined, rowLength: number): number {
  const wanted = dimensions ?? rowLength;
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > rowLength)
    throw new SearchError('bad-input', `dimensions must be a whole number from 1 to ${rowLength}, not ${wanted}.`);
  return wanted;
}

/**
 * Texts to unit vectors without any model run: the sum of the token rows, each as often as its token occurs
 * (as in model2vec and static sentence-transformers). A text without a known word gives the zero vector.
 * SearchError('corrupt') where rows, scales and vocabulary do not fit each other.
 */
export function createStaticEmbedder(options: StaticEmbedderOptions): Embedder {
  const { rows, scales, wordpiece } = options;
  const rowLength = rows.length / scales.length;
  if (scales.length !== wordpiece.size || !Number.isInteger(rowLength) || rowLength < 1)
    throw new SearchError(
      'corrupt',
      `The static rows do not fit: ${rows.length} values, ${scales.length} scales, ${wordpiece.size} tokens.`,
    );
  const dimensions = matryoshka(options.dimensions, rowLength);
  const sums = new Float64Array(dimensions);
  const counts = new Uint32Array(scales.length);
  const distinct = new Int32Array(scales.length);

  const addRow = (id: number, count: number): void => {
    const factor = (scales[id] ?? 0) * count;
    const from = id * rowLength;
    for (let d = 0; d < dimensions; d++) sums[d] = (sums[d] ?? 0) + factor * (rows[from + d] ?? 0);
  };

  const embedInto = (text: string, target: Float32Array, offset: number): void => {
    const ids = wordpiece.encode(text);
    let kinds = 0;
    for (const id of ids) {
      const count = counts[id] ?? 0;
      if (count === 0) distinct[kinds++] = id;
      counts[id] = count + 1;
    }
    sums.fill(0);
    // A token that occurs five times costs one row: in prose that is a third of the work.
    for (let at = 0; at < kinds; at++) {
      const id = distinct[at] ?? 0;
      addRow(id, counts[id] ?? 0);
      counts[id] = 0;
    }
    normaliseInto(target, offset, sums);
  };

  const embedPassages = async (texts: readonly string[], signal?: AbortSignal): Promise<Float32Array> => {
    throwIfAborted(signal);
    const vectors = new Float32Array(texts.length * dimensions);
    for (const [at, text] of texts.entries()) {
      if (at > 0 && at % BATCH === 0 && signal !== undefined) {
        await nextTurn();
        throwIfAborted(signal);
      }
      embedInto(text, vectors, at * dimensions);
    }
    return vectors;
  };
  const embedQuery: Embedder['embedQuery'] = async (text, signal, weights) => {
    if (weights === undefined) return embedPassages([text], signal);
    throwIfAborted(signal);
    const weighed = await tokenCounts(text, wordpiece, weights);
    throwIfAborted(signal);
    sums.fill(0);
    for (const [id, count] of weighed) addRow(id, count);
    const vector = new Float32Array(dimensions);
    normaliseInto(vector, 0, sums);
    return vector;
  };
  return { embedQuery, embedPassages };
}
