import type { QuantisedVectors, ScoredNumber } from '../terms.ts';

/** Vectors in the form that a scan reads. */
export interface LoadedVectors {
  readonly count: number;
  /** Rows that may be scanned before the thread must breathe. */
  readonly slice: number;
  /**
   * The best `depth` of the live rows [first, first + count), in any order. Scores lack the query's scale:
   * f32(dot product of integers) × the row's scale, in float32.
   */
  best(query: Int16Array, depth: number, first: number, count: number): readonly ScoredNumber[];
  /** A row's vector, undefined for a removed passage. */
  vector(row: number): Float32Array | undefined;
}

/** int8 values and their scale as a vector; undefined where there is no scale (a removed passage has NaN). */
export function scaled(values: Int8Array, scale: number | undefined): Float32Array | undefined {
  return scale === undefined || Number.isNaN(scale) ? undefined : Float32Array.from(values, (value) => value * scale);
}

/** One float a row: its scale, NaN for a removed passage. A score of NaN is greater than nothing, so it is never kept. */
export function liveScales(parts: readonly QuantisedVectors[], isLive: (passage: number) => boolean): Float32Array {
  const scales = new Float32Array(parts.reduce((sum, part) => sum + part.count, 0));
  let row = 0;
  for (const part of parts)
    for (const scale of part.scales) {
      scales[row] = isLive(row) ? scale : Number.NaN;
      row += 1;
    }
  return scales;
}
