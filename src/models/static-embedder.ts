import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder, HeadedText, WordWeights } from '../core/ports.ts';
import { plainSums, type RowSums, type TokenRows } from './sums/sums.ts';
import { wasmSums } from './sums/sums-wasm.ts';
import { nextTurn } from './turn.ts';
import { basicWords, type WordPiece } from './wordpiece.ts';

export interface StaticEmbedderOptions extends Pick<TokenRows, 'rows' | 'scales'> {
  readonly wordpiece: WordPiece;
  /** A prefix of the row (Matryoshka: 64, 128 or 256 of ours); the whole row by default. */
  readonly dimensions?: number;
  /** What compileSums() has given; plain sums without. */
  readonly kernel?: WebAssembly.Module | undefined;
}

/** Passages between two looks at the signal: some milliseconds. */
const BATCH = 64;

/** Texts cut into windows between two looks at the signal: a few milliseconds, and some more on a phone. */
const WINDOWED_BATCH = 16;

/** Tokens from one window to the next; a window is two such steps, some twenty-five words. */
const STEP = 16;

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
  const { rows, scales, wordpiece, kernel } = options;
  const vocabulary = scales.length;
  const rowLength = rows.length / vocabulary;
  if (vocabulary !== wordpiece.size || !Number.isInteger(rowLength) || rowLength < 1)
    throw new SearchError(
      'corrupt',
      `The static rows do not fit: ${rows.length} values, ${vocabulary} scales, ${wordpiece.size} tokens.`,
    );
  const tokenRows = { rows, scales, dimensions: matryoshka(options.dimensions, rowLength) };
  return overSums((kernel && wasmSums(kernel, tokenRows)) ?? plainSums(tokenRows), wordpiece, vocabulary);
}

/** A function of its own, so that it does not hold on to rows that a kernel has copied. */
function overSums(sums: RowSums, wordpiece: WordPiece, vocabulary: number): Embedder {
  const { dimensions } = sums;
  const counts = new Uint32Array(vocabulary);
  const distinct = new Int32Array(vocabulary);

  const embedInto = (text: string, target: Float32Array, offset: number): void => {
    const ids = wordpiece.encode(text);
    let kinds = 0;
    for (const id of ids) {
      const count = counts[id] ?? 0;
      if (count === 0) distinct[kinds++] = id;
      counts[id] = count + 1;
    }
    const weights = new Float64Array(kinds);
    for (let at = 0; at < kinds; at++) {
      weights[at] = counts[distinct[at] ?? 0] ?? 0;
      counts[distinct[at] ?? 0] = 0;
    }
    // A token that occurs five times costs one row: in prose that is a third of the work.
    sums.clear(0);
    sums.add(0, distinct, 0, kinds, weights);
    sums.unit(1, target, offset);
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
    const vector = new Float32Array(dimensions);
    sums.clear(0);
    sums.add(0, Int32Array.from(weighed.keys()), 0, weighed.size, Float64Array.from(weighed.values()));
    sums.unit(1, vector, 0);
    return vector;
  };

  const windowsOf = ({ head, text }: HeadedText): Float32Array => {
    const above = wordpiece.encode(head);
    sums.clear(0);
    sums.add(0, above, 0, above.length);
    const ids = wordpiece.encode(text);
    const windows = Math.max(1, Math.ceil(ids.length / STEP) - 1);
    const vectors = new Float32Array(windows * dimensions);
    // Two steps make a window: the older is forgotten as the next is read.
    const read = (step: number) => {
      const slot = step % 2 === 0 ? 1 : 2;
      sums.clear(slot);
      sums.add(slot, ids, Math.min(step * STEP, ids.length), Math.min((step + 1) * STEP, ids.length));
    };
    read(0);
    for (let window = 0; window < windows; window++) {
      read(window + 1);
      sums.unit(3, vectors, window * dimensions);
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
