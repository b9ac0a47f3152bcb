import type { QuantisedVectors } from '../terms.ts';
import { bestOf } from './best.ts';
import { type LoadedVectors, liveScales, liveVector } from './loaded.ts';

/** About 8 ms of work on a slow core. */
const SLICE_BYTES = 4_000_000;

/** The scan without WebAssembly: the same integers, the same rounding, the same ranking. */
export function loadPlain(
  parts: readonly QuantisedVectors[],
  dimensions: number,
  isLive: (passage: number) => boolean,
): LoadedVectors {
  const scales = liveScales(parts, isLive);
  return {
    count: scales.length,
    slice: Math.max(1, Math.floor(SLICE_BYTES / dimensions)),
    best(query, depth, first, count) {
      const best = bestOf(depth);
      let start = 0;
      for (const part of parts) {
        const from = Math.max(first, start);
        const to = Math.min(first + count, start + part.count);
        for (let row = from; row < to; row += 1) {
          const dot = dotProduct(part.rows, (row - start) * dimensions, query);
          const score = Math.fround(Math.fround(dot) * (scales[row] ?? Number.NaN));
          // Rows come in rising order, so one that ties with the worst kept is worse than it.
          if (score > best.threshold()) best.offer(row, score);
        }
        start += part.count;
      }
      return best.kept();
    },
    vector(row) {
      let start = 0;
      for (const part of parts) {
        const at = row - start;
        if (at < part.count) return liveVector(part.rows.subarray(at * dimensions, (at + 1) * dimensions), scales[row]);
        start += part.count;
      }
      return undefined;
    },
  };
}

/**
 * In int32 throughout. Four sums at once, for a processor adds while it multiplies.
 * `as number` because every index lies inside, and `??` would cost a branch a value.
 */
function dotProduct(rows: Int8Array, start: number, query: Int16Array): number {
  const fours = query.length & ~3;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i < fours; i += 4) {
    a = (a + Math.imul(rows[start + i] as number, query[i] as number)) | 0;
    b = (b + Math.imul(rows[start + i + 1] as number, query[i + 1] as number)) | 0;
    c = (c + Math.imul(rows[start + i + 2] as number, query[i + 2] as number)) | 0;
    d = (d + Math.imul(rows[start + i + 3] as number, query[i + 3] as number)) | 0;
  }
  for (; i < query.length; i += 1) a = (a + Math.imul(rows[start + i] as number, query[i] as number)) | 0;
  return (a + b + c + d) | 0;
}
