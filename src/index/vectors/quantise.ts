import { SearchError } from '../../core/errors.ts';
import type { QuantisedVectors } from '../terms.ts';

const ROW_LIMIT = 127;
const QUERY_LIMIT = 32_767;
const INT32_LIMIT = 2_147_483_647;

/**
 * Float vectors (row-major, any number × `dimensions`) as int8 rows: each value is within half a `scale` of the given one,
 * and scale = greatest magnitude of the row / 127. A zero vector becomes a zero row of scale 0.
 * SearchError('bad-input') for a broken shape, NaN or infinity.
 */
export function quantise(vectors: Float32Array, dimensions: number): QuantisedVectors {
  checkShape(vectors, dimensions);
  const count = vectors.length / dimensions;
  const rows = new Int8Array(vectors.length);
  const scales = new Float32Array(count);
  for (let row = 0; row < count; row += 1) {
    const start = row * dimensions;
    const values = vectors.subarray(start, start + dimensions);
    const scale = Math.fround(magnitude(values) / ROW_LIMIT);
    // Below float32's reach the quotient is 0: such a vector is zero for every purpose.
    if (scale === 0) continue;
    scales[row] = scale;
    for (const [i, value] of values.entries())
      rows[start + i] = Math.max(-ROW_LIMIT, Math.min(ROW_LIMIT, Math.round(value / scale)));
  }
  return { dimensions, count, rows, scales };
}

/** The rows as floats again. */
export function dequantise({ dimensions, rows, scales }: QuantisedVectors): Float32Array {
  return Float32Array.from(rows, (value, i) => value * (scales[Math.floor(i / dimensions)] ?? 0));
}

export interface QuantisedQuery {
  readonly values: Int16Array;
  /** value ≈ values[i] × scale; 0 for a zero query. */
  readonly scale: number;
}

/**
 * A query as int16, as fine as the scan's int32 sums allow: no row of int8 can make them overflow, whatever the order of
 * addition, because 127 × the sum of magnitudes fits. SearchError('bad-input') for NaN or infinity.
 */
export function quantiseQuery(query: Float32Array): QuantisedQuery {
  checkShape(query, query.length);
  const values = new Int16Array(query.length);
  const greatest = magnitude(query);
  if (greatest === 0) return { values, scale: 0 };
  const sum = query.reduce((total, value) => total + Math.abs(value), 0);
  // Rounding adds at most a half a value.
  const room = INT32_LIMIT / ROW_LIMIT - query.length / 2;
  const steps = Math.min(QUERY_LIMIT / greatest, room / sum);
  for (const [i, value] of query.entries()) values[i] = Math.round(value * steps);
  return { values, scale: 1 / steps };
}

function magnitude(values: Float32Array): number {
  let greatest = 0;
  for (const value of values) {
    if (!Number.isFinite(value))
      throw new SearchError('bad-input', `A vector holds ${value}. The embedding model is broken on this machine.`);
    greatest = Math.max(greatest, Math.abs(value));
  }
  return greatest;
}

function checkShape(vectors: Float32Array, dimensions: number): void {
  if (!(Number.isInteger(dimensions) && dimensions > 0 && vectors.length % dimensions === 0))
    throw new SearchError('bad-input', `${vectors.length} numbers are not vectors of ${dimensions} dimensions.`);
}
