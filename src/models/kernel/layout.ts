import { SearchError } from '../../core/errors.ts';
import type { StoredTensor, TensorFile } from './safetensors.ts';

/** A BERT cross-encoder's sizes. Heads are 32 wide. */
export interface BertShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  /** Of the feed-forward part. */
  readonly inner: number;
  /** Of the word rows where they are narrower than the layers and a matrix widens them; else 0. */
  readonly width: number;
}

/** Where a quantised matrix lies in the kernel's memory: [n, k] in packed blocks, and what belongs to each output. */
export interface Matrix {
  readonly weights: number;
  readonly steps: number;
  readonly sums: number;
  readonly biases: number;
  readonly n: number;
  readonly k: number;
  /** Whether its products may be added up in 16 bits (`fitsShort`). */
  readonly short: boolean;
}

export interface Norm {
  readonly weights: number;
  readonly biases: number;
}

/** One transformer layer, queries, keys and values side by side. */
export interface Layer {
  /** [3 × heads × 32, hidden]; of the last layer keys and values only. */
  readonly mixed: Matrix;
  /** The last layer's queries, of its first token alone. */
  readonly query: Matrix | undefined;
  readonly joined: Matrix;
  readonly normAttention: Norm;
  readonly inner: Matrix;
  readonly outer: Matrix;
  readonly normOutput: Norm;
}

/** Everything that does not change between runs. */
export interface Weights {
  readonly shape: BertShape;
  readonly vocabulary: number;
  readonly positions: number;
  readonly words: number;
  readonly wordSteps: Float32Array;
  readonly rowOf: Uint16Array;
  readonly places: number;
  readonly placeSteps: Float32Array;
  readonly types: number;
  readonly norm: Norm;
  readonly widen: Matrix | undefined;
  readonly layers: readonly Layer[];
  readonly head: number;
  readonly headBias: number;
}

/** Hands out 16-byte aligned places, first without a memory to learn how large it must be. */
export interface Arena {
  readonly used: () => number;
  take(bytes: number): number;
}

export function arena(): Arena {
  let used = 16;
  return {
    used: () => used,
    take(bytes) {
      const at = used;
      used += Math.ceil(bytes / 16) * 16;
      return at;
    },
  };
}

const FORMAT = 'findling-bert/1';

/** The shape that the file's metadata names, proven to be one that the kernel can run. */
export function readShape({ metadata }: TensorFile): BertShape {
  if (metadata.format !== FORMAT)
    throw new SearchError(
      'unsupported',
      `The kernel reads ${FORMAT}, and this file is ${metadata.format ?? 'another'}.`,
    );
  let given: Partial<Record<keyof BertShape, unknown>>;
  try {
    given = Object(JSON.parse(metadata.shape ?? 'null'));
  } catch (cause) {
    throw new SearchError('corrupt', 'The model file does not tell its shape.', { cause });
  }
  const whole = (name: keyof BertShape, unit: number, least: number): number => {
    const value = given[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value % unit === 0) return value;
    throw new SearchError('corrupt', `The model file's ${name} must be a multiple of ${unit}, at least ${least}.`);
  };
  return {
    layers: whole('layers', 1, 1),
    hidden: whole('hidden', 8, 8),
    heads: whole('heads', 1, 1),
    inner: whole('inner', 8, 8),
    width: whole('width', 8, 0),
  };
}

/** Numbers of a tensor, copied so that they are aligned. */
export function floats({ bytes }: StoredTensor): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

/** Rows `[from, from + count)` of several int8 matrices of k inputs, as one [n, k]. */
export function stack(parts: readonly StoredTensor[]): Int8Array {
  const whole = new Int8Array(parts.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of parts) {
    whole.set(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length), at);
    at += bytes.length;
  }
  return whole;
}

/**
 * int8 [n, k] → blocks of eight outputs: for every four inputs 4 outputs × 4 inputs, twice. Sixteen bytes are then one
 * operand of the kernel, whose four sums belong to four outputs.
 */
export function pack(rows: Int8Array, n: number, k: number, out: Int8Array): void {
  let at = 0;
  for (let block = 0; block < n; block += 8)
    for (let input = 0; input < k; input += 4)
      for (let row = block; row < block + 8; row++) {
        const from = row * k + input;
        out.set(rows.subarray(from, from + 4), at);
        at += 4;
      }
}

/** What eight weights may add up to, those above zero and those below each: 127 times as much is the most that 16 bits hold. */
const MOST_OF_EIGHT = Math.floor(32767 / 127);

/**
 * Whether no eight products of int8 [n, k] that the kernel adds up in 16 bits can outgrow these, whatever the activations (0..127). The
 * eight are pairs of neighbours, four inputs apart: 0 1 4 5 8 9 12 13 of sixteen, and the rest.
 */
export function fitsShort(rows: Int8Array, k: number): boolean {
  if (k % 16 !== 0) return false;
  for (let at = 0; at < rows.length; at += 16)
    for (let pair = at; pair < at + 4; pair += 2) {
      let above = 0;
      let below = 0;
      for (let each = pair; each < pair + 16; each += 4) {
        const [one = 0, two = 0] = [rows[each], rows[each + 1]];
        if (one > 0) above += one;
        else below -= one;
        if (two > 0) above += two;
        else below -= two;
      }
      if (above > MOST_OF_EIGHT || below > MOST_OF_EIGHT) return false;
    }
  return true;
}
