import type { QuantisedVectors, ScoredNumber } from '../terms.ts';
import { dequantise } from './quantise.ts';

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

/** A row as a vector; undefined where it has no scale (a removed passage has NaN). */
export function liveVector(rows: Int8Array, scale = Number.NaN): Float32Array | undefined {
  if (Number.isNaN(scale)) return undefined;
  return dequantise({ dimensions: rows.length, count: 1, rows, scales: Float32Array.of(scale) });
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
