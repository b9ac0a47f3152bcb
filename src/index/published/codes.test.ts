import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../codec.ts';
import { decode, encode, fitQuantiser, readQuantiser, scorer, writeQuantiser } from './codes.ts';

const DIMENSIONS = 6;
const value = fc.float({ min: -1, max: 1, noNaN: true });
const row = fc.array(value, { minLength: DIMENSIONS, maxLength: DIMENSIONS });

it('scores codes as the products with what they stand for, after a journey through bytes too', () => {
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 12 }),
      row,
      fc.constantFrom(0.5, 1.5, 2.5, 4, 9),
      (rows, query, bits) => {
        const vectors = Float32Array.from(rows.flat());
        const writer = new ByteWriter();
        const fitted = fitQuantiser(vectors, DIMENSIONS, bits);
        writeQuantiser(writer, fitted);
        const quantiser = readQuantiser(new ByteReader(writer.finish(), 'test'));
        const codes = encode(quantiser, vectors);
        expect(codes.length).toBe(rows.length * quantiser.bytes);
        const decoded = decode(quantiser, codes);
        const score = scorer(quantiser, Float32Array.from(query));
        for (const at of rows.keys()) {
          const own = decoded.subarray(at * DIMENSIONS, (at + 1) * DIMENSIONS);
          expect(score(codes, at)).toBeCloseTo(
            own.reduce((sum, each, d) => sum + each * (query[d] ?? 0), 0),
            4,
          );
        }
      },
    ),
  );
});

it('comes nearer to vectors with more bits', () => {
  const vectors = Float32Array.from({ length: 400 * DIMENSIONS }, (_, at) => Math.sin(at * at + 1));
  const error = (bits: number) => {
    const quantiser = fitQuantiser(vectors, DIMENSIONS, bits);
    const decoded = decode(quantiser, encode(quantiser, vectors));
    return decoded.reduce((sum, each, at) => sum + (each - (vectors[at] ?? 0)) ** 2, 0) / decoded.length;
  };
  const errors = [1, 2, 3, 4].map(error);
  for (const [at, own] of errors.entries()) if (at > 0) expect(own).toBeLessThan((errors[at - 1] ?? 0) * 0.6);
});
