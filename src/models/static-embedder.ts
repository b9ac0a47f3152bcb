import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder, HeadedText, WordWeights } from '../core/ports.ts';
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

/** Texts cut into windows between two looks at the signal: a few milliseconds, and some more on a phone. */
const WINDOWED_BATCH = 16;

/** Tokens from one window to the next; a window is two such steps, some twenty-five words. */
const STEP = 16;

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

  /** Adds the rows of ids[from] to ids[to − 1], each as often as `countOf` says. Four at a time take half the time of one by one. */
  const addRows = (
    ids: Int32Array,
    from: number,
    to: number,
    into: Float64Array,
    countOf: (id: number) => number,
  ): void => {
    const factorOf = (id: number) => (scales[id] ?? 0) * countOf(id);
    let at = from;
    for (; at + 4 <= to; at += 4) {
      const [a = 0, b = 0, c = 0, e = 0] = [ids[at], ids[at + 1], ids[at + 2], ids[at + 3]];
      const [forA, forB, forC, forE] = [factorOf(a), factorOf(b), factorOf(c), factorOf(e)];
      const [rowA, rowB, rowC, rowE] = [a * rowLength, b * rowLength, c * rowLength, e * rowLength];
      for (let d = 0; d < dimensions; d++)
        into[d] =
          (into[d] ?? 0) +
          forA * (rows[rowA + d] ?? 0) +
          forB * (rows[rowB + d] ?? 0) +
          forC * (rows[rowC + d] ?? 0) +
          forE * (rows[rowE + d] ?? 0);
    }
    for (; at < to; at++) {
      const id = ids[at] ?? 0;
      const [factor, row] = [factorOf(id), id * rowLength];
      for (let d = 0; d < dimensions; d++) into[d] = (into[d] ?? 0) + factor * (rows[row + d] ?? 0);
    }
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
    addRows(distinct, 0, kinds, sums, (id) => counts[id] ?? 0);
    for (let at = 0; at < kinds; at++) counts[distinct[at] ?? 0] = 0;
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
    const ids = Int32Array.from(weighed.keys());
    addRows(ids, 0, ids.length, sums, (id) => weighed.get(id) ?? 0);
    const vector = new Float32Array(dimensions);
    normaliseInto(vector, 0, sums);
    return vector;
  };

  const windowsOf = ({ head, text }: HeadedText): Float32Array => {
    const above = wordpiece.encode(head);
    const common = new Float64Array(dimensions);
    addRows(above, 0, above.length, common, () => 1);
    const ids = wordpiece.encode(text);
    const windows = Math.max(1, Math.ceil(ids.length / STEP) - 1);
    const vectors = new Float32Array(windows * dimensions);
    let before = new Float64Array(dimensions);
    let now = new Float64Array(dimensions);
    addRows(ids, 0, Math.min(STEP, ids.length), now, () => 1);
    for (let window = 0; window < windows; window++) {
      const from = (window + 1) * STEP;
      [before, now] = [now, before.fill(0)];
      addRows(ids, from, Math.min(from + STEP, ids.length), now, () => 1);
      for (let d = 0; d < dimensions; d++) sums[d] = (common[d] ?? 0) + (before[d] ?? 0) + (now[d] ?? 0);
      normaliseInto(vectors, window * dimensions, sums);
    }
    return vectors;
  };

  const embedWindows: Embedder['embedWindows'] = async (texts, signal) => {
    const found: Float32Array[] = [];
    for (const [at, text] of texts.entries()) {
      // Somebody may be typing on, and waits for a turn of this thread.
      if (at > 0 && at % WINDOWED_BATCH === 0) await nextTurn();
      throwIfAborted(signal);
      found.push(windowsOf(text));
    }
    return found;
  };
  return { embedQuery, embedPassages, embedWindows };
}
