/** Rows of tokens: a token's vector is `rows[id] × scales[id]`. */
export interface TokenRows {
  /** Vocabulary × row length, row-major. */
  readonly rows: Int8Array;
  /** One a row. */
  readonly scales: Float32Array;
  /** A prefix of the row that is summed. */
  readonly dimensions: number;
}

/**
 * Three sums of token rows, numbered 0 to 2. In doubles, and one row after another: all implementations give the same numbers
 * (sums.test.ts), and so does reading single rows (sparse-embedder.ts).
 */
export interface RowSums {
  readonly dimensions: number;
  clear(slot: Slot): void;
  /** Adds the rows of ids[from] to ids[to − 1], each as often as `weights` says at its place; once without. */
  add(slot: Slot, ids: Int32Array, from: number, to: number, weights?: Float64Array): void;
  /** The first so many sums together as a unit vector, into `target` from `offset` on; zero stays zero. */
  unit(slots: 1 | 3, target: Float32Array, offset: number): void;
}

export type Slot = 0 | 1 | 2;

/**
 * Divides by the Euclidean length; the zero vector stays as it is. Writes into `target` from `offset` on. Squares of even and of odd
 * places are summed apart, as the kernel does it, two at a time.
 */
export function normaliseInto(target: Float32Array, offset: number, sums: Float64Array): void {
  let [even, odd] = [0, 0];
  for (let at = 0; at < sums.length; at += 2) {
    even += (sums[at] ?? 0) ** 2;
    odd += (sums[at + 1] ?? 0) ** 2;
  }
  const square = even + odd;
  const factor = square > 0 ? 1 / Math.sqrt(square) : 0;
  for (let at = 0; at < sums.length; at++) target[offset + at] = (sums[at] ?? 0) * factor;
}

/** The sums without WebAssembly. */
export function plainSums({ rows, scales, dimensions }: TokenRows): RowSums {
  const rowLength = rows.length / scales.length;
  const sums = [0, 1, 2].map(() => new Float64Array(dimensions)) as [Float64Array, Float64Array, Float64Array];
  const [first, second, third] = sums;
  const whole = new Float64Array(dimensions);
  return {
    dimensions,
    clear: (slot) => void sums[slot].fill(0),
    add(slot, ids, from, to, weights) {
      const into = sums[slot];
      const factorOf = (at: number) => (scales[ids[at] ?? 0] ?? 0) * (weights?.[at] ?? 1);
      const rowOf = (at: number) => (ids[at] ?? 0) * rowLength;
      let at = from;
      // Four at a time take half the time of one by one.
      for (; at + 4 <= to; at += 4) {
        const [forA, forB, forC, forD] = [factorOf(at), factorOf(at + 1), factorOf(at + 2), factorOf(at + 3)];
        const [rowA, rowB, rowC, rowD] = [rowOf(at), rowOf(at + 1), rowOf(at + 2), rowOf(at + 3)];
        for (let d = 0; d < dimensions; d++)
          into[d] =
            (into[d] ?? 0) +
            forA * (rows[rowA + d] ?? 0) +
            forB * (rows[rowB + d] ?? 0) +
            forC * (rows[rowC + d] ?? 0) +
            forD * (rows[rowD + d] ?? 0);
      }
      for (; at < to; at++) {
        const [factor, row] = [factorOf(at), rowOf(at)];
        for (let d = 0; d < dimensions; d++) into[d] = (into[d] ?? 0) + factor * (rows[row + d] ?? 0);
      }
    },
    unit(slots, target, offset) {
      if (slots === 1) return normaliseInto(target, offset, first);
      for (let d = 0; d < dimensions; d++) whole[d] = (first[d] ?? 0) + (second[d] ?? 0) + (third[d] ?? 0);
      normaliseInto(target, offset, whole);
    },
  };
}
