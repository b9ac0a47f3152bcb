import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequantise, quantise, quantiseQuery } from './quantise.ts';

const values = (dimensions: number) =>
  fc.array(fc.float({ min: -1e6, max: 1e6, noNaN: true }), { minLength: dimensions, maxLength: dimensions });

describe('quantise', () => {
  it('is within half a step of every value', () => {
    const property = fc.property(fc.array(values(5), { maxLength: 6 }), (vectors) => {
      const given = Float32Array.from(vectors.flat());
      const quantised = quantise(given, 5);
      expect(quantised).toMatchObject({ dimensions: 5, count: vectors.length });
      const back = dequantise(quantised);
      for (const [i, value] of given.entries()) {
        const scale = quantised.scales[Math.floor(i / 5)] ?? 0;
        expect(Math.abs((back[i] ?? 0) - value)).toBeLessThanOrEqual(scale * 0.5001 + Math.abs(value) * 1e-6 + 1e-42);
      }
    });
    fc.assert(property);
  });
  it('uses the whole range, symmetrically', () => {
    const { rows, scales } = quantise(Float32Array.of(1, -2, 0.5, 4, 4, -4), 3);
    expect([...rows]).toEqual([64, -127, 32, 127, 127, -127]);
    expect([...scales]).toEqual([Math.fround(2 / 127), Math.fround(4 / 127)]);
  });
  it('keeps zero vectors, and takes those below float32’s reach for zero', () => {
    const { rows, scales } = quantise(Float32Array.of(0, 0, 1e-45, 0), 2);
    expect([...rows]).toEqual([0, 0, 0, 0]);
    expect([...scales]).toEqual([0, 0]);
    expect(quantise(new Float32Array(0), 2).count).toBe(0);
  });
  it('refuses broken vectors', () => {
    const wrong = [
      () => quantise(new Float32Array(5), 2),
      () => quantise(new Float32Array(4), 0),
      () => quantise(Float32Array.of(1, Number.NaN), 2),
      () => quantise(Float32Array.of(1, Number.POSITIVE_INFINITY), 2),
      () => quantiseQuery(Float32Array.of(Number.NaN)),
    ];
    for (const each of wrong) expect(each).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});

describe('quantiseQuery', () => {
  it('never lets a row’s sum leave int32, and stays fine', () => {
    const sizes = fc.constantFrom(1, 7, 256, 2_000);
    const property = fc.property(
      sizes.chain((size) => values(size)),
      (given) => {
        const query = Float32Array.from(given);
        const { values: steps, scale } = quantiseQuery(query);
        const worst = steps.reduce((sum, value) => sum + 127 * Math.abs(value), 0);
        expect(worst).toBeLessThanOrEqual(2_147_483_647);
        for (const [i, value] of query.entries())
          expect(Math.abs((steps[i] ?? 0) * scale - value)).toBeLessThanOrEqual(scale * 0.50001);
      },
    );
    fc.assert(property, { numRuns: 40 });
    const flat = quantiseQuery(new Float32Array(2_000).fill(0.01));
    expect(flat.values[0]).toBeGreaterThan(7_000);
  });
  it('gives a zero query the scale 0', () => {
    expect(quantiseQuery(new Float32Array(3))).toEqual({ values: new Int16Array(3), scale: 0 });
  });
});
