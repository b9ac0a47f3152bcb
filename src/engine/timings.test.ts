import { expect, it } from 'vitest';
import { createTimings, percentiles } from './timings.ts';

it('gives nearest-rank percentiles', () => {
  const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentiles(samples)).toEqual({ count: 100, p50: 50, p95: 95, p99: 99 });
  expect(percentiles([])).toEqual({ count: 0, p50: 0, p95: 0, p99: 0 });
  expect(percentiles([7]).p99).toBe(7);
});

it('keeps the last samples and counts all', () => {
  const timings = createTimings(3);
  for (const ms of [100, 1, 2, 3]) timings.record('bm25', ms);
  expect(timings.read()).toEqual({ bm25: { count: 4, p50: 2, p95: 3, p99: 3 } });
});
