import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { plainSums, type Slot } from './sums.ts';
import { compileSums, wasmSums } from './sums-wasm.ts';

afterEach(() => vi.restoreAllMocks());

async function compiled(): Promise<WebAssembly.Module> {
  const module = await compileSums();
  if (module === undefined) throw new Error('This Node has no WebAssembly SIMD.');
  return module;
}

it('gives the same numbers with and without WebAssembly, to the last bit', async () => {
  const module = await compiled();
  const step = fc.record({
    slot: fc.constantFrom<Slot>(0, 1, 2),
    ids: fc.array(fc.nat(19), { maxLength: 40 }),
    from: fc.nat(3),
    weighed: fc.boolean(),
    cleared: fc.boolean(),
    slots: fc.constantFrom<1 | 3>(1, 3),
  });
  const shape = fc.record({
    rowLength: fc.constantFrom(1, 3, 16, 17, 64, 100, 256),
    share: fc.constantFrom(1, 0.5),
    seed: fc.nat(1e6),
    steps: fc.array(step, { minLength: 1, maxLength: 8 }),
  });
  fc.assert(
    fc.property(shape, ({ rowLength, share, seed, steps }) => {
      let state = seed + 1;
      const next = () => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      };
      const rows = Int8Array.from({ length: 20 * rowLength }, () => Math.floor(next() * 255) - 127);
      const scales = Float32Array.from({ length: 20 }, next);
      const tokenRows = { rows, scales, dimensions: Math.ceil(rowLength * share) };
      const [plain, wasm] = [plainSums(tokenRows), wasmSums(module, tokenRows)];
      if (wasm === undefined) throw new Error('No memory.');
      for (const { slot, ids, from, weighed, cleared, slots } of steps) {
        const weights = weighed ? Float64Array.from(ids, () => next() * 3) : undefined;
        const found = [plain, wasm].map((sums) => {
          if (cleared) sums.clear(slot);
          sums.add(slot, Int32Array.from(ids), Math.min(from, ids.length), ids.length, weights);
          const target = new Float32Array(sums.dimensions + 2).fill(7);
          sums.unit(slots, target, 1);
          return target;
        });
        expect(found[1]).toEqual(found[0]);
      }
    }),
    { numRuns: 200 },
  );
});

it('adds more ids than go over at a time, and sums three to one unit vector', async () => {
  const tokenRows = { rows: Int8Array.of(1, 0, 0, 2), scales: Float32Array.of(1, 0.5), dimensions: 2 };
  for (const sums of [plainSums(tokenRows), wasmSums(await compiled(), tokenRows)]) {
    sums?.add(0, new Int32Array(3000), 0, 3000);
    sums?.add(1, Int32Array.of(1, 1), 0, 2, Float64Array.of(1000, 3000));
    const target = new Float32Array(2);
    sums?.unit(3, target, 0);
    expect([...target]).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)]);
    sums?.clear(0);
    sums?.unit(1, target, 0);
    expect([...target]).toEqual([0, 0]);
  }
});

it('leaves it to the plain sums where there is no memory for the rows', async () => {
  const module = await compiled();
  class Refusing {
    constructor() {
      throw new RangeError('could not allocate memory');
    }
  }
  vi.spyOn(WebAssembly, 'Memory').mockImplementation(Refusing as never);
  expect(wasmSums(module, { rows: new Int8Array(2), scales: new Float32Array(2), dimensions: 1 })).toBeUndefined();
});
