import { describe, expect, it } from 'vitest';
import { fasterOfTwo } from './faster.ts';

/** Runs loops that take so many milliseconds for each unit of work; returns which were taken. */
function taken(costs: readonly [number, number], works: readonly number[], first = 0) {
  let time = 0;
  const faster = fasterOfTwo(10, () => time);
  const which: number[] = [];
  works.forEach((work, at) => {
    faster.run(work, (loop) => {
      which.push(loop);
      // The first calls are slow, whichever loop they take.
      time += work * costs[loop] + (at < 20 ? first : 0);
    });
  });
  return { which, found: faster.found() };
}

const works = Array.from({ length: 200 }, (_, at) => 10 + (at % 7) * 20);

describe('fasterOfTwo', () => {
  it.each([
    [[1, 2], 0],
    [[2, 1], 1],
    [[1, 1.2], 0],
  ] as const)('keeps to the loop that takes less for the same work: %j', (costs, wanted) => {
    const { which, found } = taken(costs, works, 1e6);
    expect(found).toBe(wanted);
    expect(which.slice(0, 120)).toEqual(Array.from({ length: 120 }, (_, at) => at % 2));
    expect(new Set(which.slice(120))).toEqual(new Set([wanted]));
  });
  it('does not learn from little work, and takes the second where the clock tells nothing', () => {
    expect(taken([1, 2], new Array(300).fill(9)).found).toBeUndefined();
    expect(taken([0, 0], works).found).toBe(1);
  });
});
