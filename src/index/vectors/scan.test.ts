import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { documentId, type PassageId, passageId } from '../../core/document.ts';
import type { QuantisedVectors, VectorSource } from '../terms.ts';
import { dequantise, quantise } from './quantise.ts';
import { exactVectorIndex } from './scan.ts';

/** Repeatable numbers in [-1, 1). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function randomVectors(count: number, dimensions: number, seed: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length: count * dimensions }, next);
}

const sourceOf = (
  parts: readonly QuantisedVectors[],
  dimensions: number,
  isLive: (passage: number) => boolean = () => true,
): VectorSource => ({ dimensions, load: async () => parts, isLive });

const both = (source: VectorSource) =>
  [exactVectorIndex(source), exactVectorIndex(source, { kernel: 'plain' })] as const;

describe('exactVectorIndex', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('gives the same ranking and the same scores with and without WebAssembly', async () => {
    const shape = fc.record({
      dimensions: fc.constantFrom(1, 3, 15, 16, 17, 64, 100, 128, 130, 256),
      counts: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 }),
      depth: fc.integer({ min: 0, max: 60 }),
      seed: fc.nat(),
      /** Few different values make many ties. */
      coarse: fc.boolean(),
      removed: fc.uniqueArray(fc.nat(160), { maxLength: 40 }),
    });
    const property = fc.asyncProperty(shape, async ({ dimensions, counts, depth, seed, coarse, removed }) => {
      const parts = counts.map((count, i) => {
        const floats = randomVectors(count, dimensions, seed + i);
        return quantise(coarse ? floats.map(Math.round) : floats, dimensions);
      });
      const dead = new Set(removed);
      const [wasm, plain] = both(sourceOf(parts, dimensions, (passage) => !dead.has(passage)));
      const floats = randomVectors(1, dimensions, seed + 99);
      const query = coarse ? floats.map(Math.round) : floats;
      const found = await wasm.search(query, depth);
      expect(await plain.search(query, depth)).toEqual(found);
      expect(await wasm.kernel()).toBe('wasm');
      expect(await plain.kernel()).toBe('plain');

      const rows = parts.flatMap((part) => [...Array(part.count).keys()].map((row) => rowOf(part, row)));
      const live = rows.filter((_, passage) => !dead.has(passage));
      const isZero = query.every((value) => value === 0);
      expect(found).toHaveLength(isZero ? 0 : Math.min(depth, live.length));
      for (const [i, { passage, score }] of found.entries()) {
        expect(dead.has(passage)).toBe(false);
        expect(score).toBeCloseTo(dot(rows[passage] ?? [], query), 1);
        const next = found[i + 1];
        if (next !== undefined)
          expect(next.score < score || (next.score === score && next.passage > passage)).toBe(true);
      }
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('passes over tails that cannot matter, and over no other', async () => {
    const shape = fc.record({
      dimensions: fc.constantFrom(128, 144, 160, 176, 200, 256),
      depth: fc.integer({ min: 1, max: 40 }),
      seed: fc.nat(),
      /** How much the dimensions from the first to the last fade; above 1 the tail says the most. */
      fading: fc.constantFrom(0, 0.02, 0.3, 1, 3),
      coarse: fc.boolean(),
      bareQuery: fc.constantFrom('no', 'head', 'tail'),
    });
    const property = fc.asyncProperty(shape, async ({ dimensions, depth, seed, fading, coarse, bareQuery }) => {
      const fade = (value: number, i: number) => value * fading ** ((i % dimensions) / dimensions);
      const rough = (value: number) => (coarse ? Math.round(value * 3) / 3 : value);
      const floats = randomVectors(1_500, dimensions, seed).map(fade).map(rough);
      const head = Math.ceil((Math.ceil(dimensions / 16) * 5) / 8) * 16;
      const query = randomVectors(1, dimensions, seed + 1)
        .map(fade)
        .map((value, i) => ((bareQuery === 'head' && i >= head) || (bareQuery === 'tail' && i < head) ? 0 : value));
      const [wasm, plain] = both(sourceOf([quantise(floats, dimensions)], dimensions, (passage) => passage % 97 !== 5));
      expect(await wasm.search(query, depth)).toEqual(await plain.search(query, depth));
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('finds what a float scan finds', async () => {
    const [count, dimensions] = [2_000, 64];
    const floats = randomVectors(count, dimensions, 5);
    const [index] = both(sourceOf([quantise(floats, dimensions)], dimensions));
    let shared = 0;
    for (let turn = 0; turn < 20; turn += 1) {
      const query = randomVectors(1, dimensions, 1_000 + turn);
      const exact = [...Array(count).keys()]
        .map((passage) => ({
          passage,
          score: dot(floats.subarray(passage * dimensions, (passage + 1) * dimensions), query),
        }))
        .sort((a, b) => b.score - a.score)
        .slice(0, 10);
      const found = new Set((await index.search(query, 10)).map(({ passage }) => passage));
      shared += exact.filter(({ passage }) => found.has(passage)).length;
    }
    expect(shared / 200).toBeGreaterThan(0.95);
  });

  it('does not overflow on the greatest values that there are', async () => {
    for (const dimensions of [256, 4_096]) {
      const parts = [
        quantise(
          Float32Array.from({ length: 5 * dimensions }, (_, i) => (i < dimensions ? 1 : -1)),
          dimensions,
        ),
      ];
      const [wasm, plain] = both(sourceOf(parts, dimensions));
      const query = new Float32Array(dimensions).fill(1);
      const found = await wasm.search(query, 5);
      expect(found[0]).toEqual({ passage: 0, score: expect.closeTo(dimensions, 0) });
      expect(found[1]).toEqual({ passage: 1, score: expect.closeTo(-dimensions, 0) });
      expect(await plain.search(query, 5)).toEqual(found);
    }
  });

  it('breaks ties by number, at the cut too, and across the slices of a long scan', async () => {
    const dimensions = 4_096;
    const count = 9_000;
    const part: QuantisedVectors = {
      dimensions,
      count,
      rows: new Int8Array(dimensions * count).fill(3),
      scales: new Float32Array(count).fill(1),
    };
    part.rows.fill(4, 8_500 * dimensions, 8_501 * dimensions);
    const [wasm, plain] = both(sourceOf([part], dimensions, (passage) => passage !== 1));
    const query = new Float32Array(dimensions).fill(0.5);
    const found = await wasm.search(query, 4);
    expect(found.map(({ passage }) => passage)).toEqual([8_500, 0, 2, 3]);
    expect(await plain.search(query, 4)).toEqual(found);
  });

  it('takes a depth beyond the usual', async () => {
    const dimensions = 2;
    const [wasm, plain] = both(sourceOf([quantise(randomVectors(30_000, dimensions, 3), dimensions)], dimensions));
    const query = Float32Array.of(0.3, -0.8);
    const found = await wasm.search(query, 50_000);
    expect(found).toHaveLength(30_000);
    expect(await plain.search(query, 50_000)).toEqual(found);
    expect(await wasm.search(query, 3)).toEqual(found.slice(0, 3));
  });

  it('gives nothing for a zero query, depth 0 or an empty corpus', async () => {
    const [index] = both(sourceOf([quantise(Float32Array.of(1, 2), 2)], 2));
    expect(await index.search(new Float32Array(2), 5)).toEqual([]);
    expect(await index.search(Float32Array.of(1, 0), 0)).toEqual([]);
    const [empty] = both(sourceOf([], 2));
    expect(await empty.search(Float32Array.of(1, 0), 5)).toEqual([]);
  });

  it('loads once, and again after a failure', async () => {
    const parts = [quantise(Float32Array.of(1, 0), 2)];
    let broken = true;
    const load = vi.fn(async () => {
      if (broken) throw new Error('disk');
      return parts;
    });
    const index = exactVectorIndex({ dimensions: 2, load, isLive: () => true });
    const query = Float32Array.of(1, 0);
    await expect(index.search(query, 5)).rejects.toThrow('disk');
    broken = false;
    expect(await index.search(query, 5)).toHaveLength(1);
    expect(await index.search(query, 5)).toHaveLength(1);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('gives the vectors of passages as they are kept, with and without WebAssembly', async () => {
    const dimensions = 130;
    const values = randomVectors(5, dimensions, 3);
    const parts = [
      quantise(values.subarray(0, 2 * dimensions), dimensions),
      quantise(values.subarray(2 * dimensions), dimensions),
    ];
    const idOf = (number: number) => passageId(documentId('doc'), number);
    const source = {
      ...sourceOf(parts, dimensions, (passage) => passage !== 4),
      numbersOf: async (ids: readonly PassageId[]) =>
        ids.map((id) => [0, 1, 2, 3, 4].find((each) => idOf(each) === id)),
    };
    for (const index of both(source)) {
      const found = await index.vectorsOf?.([idOf(3), idOf(9), idOf(0), idOf(4)]);
      expect([...(found?.keys() ?? [])]).toEqual([idOf(3), idOf(0)]);
      for (const number of [3, 0]) {
        const own = values.subarray(number * dimensions, (number + 1) * dimensions);
        const off = own.map((value, at) => Math.abs(value - (found?.get(idOf(number))?.[at] ?? 9)));
        expect(Math.max(...off)).toBeLessThan(0.005);
      }
    }
    expect(exactVectorIndex(sourceOf(parts, dimensions)).vectorsOf).toBeUndefined();
  });

  it('refuses what does not fit', async () => {
    const good = quantise(Float32Array.of(1, 2, 3, 4), 2);
    const search = (part: QuantisedVectors, query = Float32Array.of(1, 2)) =>
      exactVectorIndex(sourceOf([part], 2)).search(query, 1);
    await expect(search(good, Float32Array.of(1))).rejects.toMatchObject({ code: 'mismatch' });
    await expect(search(good, Float32Array.of(1, Number.NaN))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(search({ ...good, dimensions: 4 })).rejects.toMatchObject({ code: 'mismatch' });
    await expect(search({ ...good, count: 3 })).rejects.toMatchObject({ code: 'corrupt' });
    await expect(search({ ...good, scales: new Float32Array(1) })).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('stops when asked: before, while loading, and between slices', async () => {
    const dimensions = 4_096;
    const count = 3_000;
    const part = {
      dimensions,
      count,
      rows: new Int8Array(dimensions * count),
      scales: new Float32Array(count).fill(1),
    };
    const plain = exactVectorIndex(sourceOf([part], dimensions), { kernel: 'plain' });
    const query = new Float32Array(dimensions).fill(1);
    const aborted = { code: 'aborted' };
    await expect(plain.search(query, 1, AbortSignal.abort())).rejects.toMatchObject(aborted);
    expect(await plain.search(query, 1)).toHaveLength(1);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    await expect(plain.search(query, 1, controller.signal)).rejects.toMatchObject(aborted);

    const never = exactVectorIndex({ dimensions, load: () => new Promise(() => {}), isLive: () => true });
    const waiting = new AbortController();
    const search = never.search(query, 1, waiting.signal);
    waiting.abort();
    await expect(search).rejects.toMatchObject(aborted);
  });

  it('searches that take turns do not disturb each other', async () => {
    const dimensions = 4_096;
    const parts = [quantise(randomVectors(1_100, dimensions, 8), dimensions)];
    const index = exactVectorIndex(sourceOf(parts, dimensions), { kernel: 'plain' });
    const queries = [1, 2, 3].map((seed) => randomVectors(1, dimensions, seed));
    const alone = [];
    for (const query of queries) alone.push(await index.search(query, 20));
    expect(await Promise.all(queries.map((query) => index.search(query, 20)))).toEqual(alone);
  });

  it("says 'out-of-memory' when the memory cannot be had", async () => {
    class Refusing {
      constructor() {
        throw new RangeError('WebAssembly.Memory(): could not allocate memory');
      }
    }
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(Refusing as never);
    const index = exactVectorIndex(sourceOf([quantise(Float32Array.of(1, 2), 2)], 2));
    await expect(index.search(Float32Array.of(1, 2), 1)).rejects.toMatchObject({ code: 'out-of-memory' });
    vi.restoreAllMocks();
    expect(await index.search(Float32Array.of(1, 2), 1)).toHaveLength(1);
  });

  it('falls back to plain JavaScript without WebAssembly, or where a policy forbids it', async () => {
    const source = sourceOf([quantise(Float32Array.of(1, 2), 2)], 2);
    const refused = () => Promise.reject(new WebAssembly.CompileError('blocked by CSP'));
    for (const platform of [undefined, { compile: refused }]) {
      vi.stubGlobal('WebAssembly', platform);
      const index = exactVectorIndex(source);
      const found = await index.search(Float32Array.of(1, 2), 1);
      expect(await index.kernel()).toBe('plain');
      vi.unstubAllGlobals();
      expect(await exactVectorIndex(source).search(Float32Array.of(1, 2), 1)).toEqual(found);
    }
  });
});

function rowOf(part: QuantisedVectors, row: number): readonly number[] {
  return [...dequantise(part).subarray(row * part.dimensions, (row + 1) * part.dimensions)];
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
