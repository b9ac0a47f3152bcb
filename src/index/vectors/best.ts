import type { ScoredNumber } from '../terms.ts';

/** Higher score first; of equal scores the lower number. */
export function compareNumbers(a: ScoredNumber, b: ScoredNumber): number {
  return b.score - a.score || a.passage - b.passage;
}

/**
 * Keeps the best `depth` (at least 1) of what it is offered: a binary heap whose root is the worst.
 * The kernel in scan.as.ts does the same.
 */
export function bestOf(depth: number) {
  const heap: ScoredNumber[] = [];
  const isWorse = (a: ScoredNumber, b: ScoredNumber) => compareNumbers(a, b) > 0;

  function rise(entry: ScoredNumber): void {
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isWorse(entry, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  function sink(entry: ScoredNumber): void {
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      let below = heap[child];
      const other = heap[child + 1];
      if (below === undefined) break;
      if (other !== undefined && isWorse(other, below)) {
        child += 1;
        below = other;
      }
      if (!isWorse(below, entry)) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = entry;
  }

  return {
    /** NaN is never kept. */
    offer(passage: number, score: number): void {
      if (Number.isNaN(score)) return;
      const entry = { passage, score };
      if (heap.length < depth) rise(entry);
      else if (heap[0] !== undefined && isWorse(heap[0], entry)) sink(entry);
    },
    /** What a score must exceed to be kept; -Infinity until there are `depth`. */
    threshold(): number {
      return heap.length < depth ? Number.NEGATIVE_INFINITY : (heap[0]?.score ?? Number.NEGATIVE_INFINITY);
    },
    kept(): readonly ScoredNumber[] {
      return heap;
    },
  };
}
