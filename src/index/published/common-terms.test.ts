import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../codec.ts';
import { FIELDS, type FieldPostings } from '../terms.ts';
import { impactsOf, outlineOf, readOutline, writeOutline } from './outline.ts';
import { postingsIn, readTally, TALLIED, tallyBlocks } from './tallies.ts';

const PASSAGES = 700;
const statistics = { passages: PASSAGES, averageLengths: [3, 3, 40], languages: ['en'] };
const lengthOf = (passage: number, field: number) => 1 + ((passage * 7 + field * 3) % (field === 2 ? 90 : 6));

const field = fc.uniqueArray(fc.nat(PASSAGES - 1), { maxLength: 200 }).chain((numbers) =>
  fc
    .array(fc.integer({ min: 1, max: 300 }), { minLength: numbers.length, maxLength: numbers.length })
    .map((frequencies): FieldPostings => {
      const passages = Uint32Array.from(numbers).sort();
      return { passages, frequencies: Uint16Array.from(frequencies) };
    }),
);
const term = fc.tuple(field, field, field);

describe('tallies', () => {
  it('give the postings of common terms back, for the passages they are of', () => {
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 5 }), fc.constantFrom(4, 64, TALLIED), (terms, tallied) => {
        const blocks = tallyBlocks(terms, PASSAGES, lengthOf, tallied);
        expect(blocks).toHaveLength(Math.ceil(PASSAGES / tallied));
        const tallies = blocks.map(({ bytes }) => readTally(bytes, PASSAGES));
        const some = tallies.filter((_, at) => at % 3 === 1);
        const inSome = (passage: number) => Math.floor(passage / tallied) % 3 === 1;
        terms.forEach((fields, number) => {
          const totals = fields.map(({ passages }) => passages.length);
          expect(postingsIn(tallies, number, totals)).toEqual(
            fields.map((each, at) => ({ ...each, total: totals[at] })),
          );
          for (const [at, found] of postingsIn(some, number, totals).entries())
            expect([...found.passages]).toEqual([...(fields[at]?.passages ?? [])].filter(inSome));
        });
        for (const { first, count, lengths } of tallies)
          FIELDS.forEach((_, at) => {
            expect([...(lengths[at] ?? [])]).toEqual(Array.from({ length: count }, (__, i) => lengthOf(first + i, at)));
          });
      }),
      { numRuns: 30 },
    );
  });

  it('are refused where they speak of passages that are not there', () => {
    const one = { passages: Uint32Array.of(3), frequencies: Uint16Array.of(1) };
    const [block] = tallyBlocks([[one, one, one]], 10, lengthOf, 64);
    expect(() => readTally(block?.bytes ?? new Uint8Array(), 9)).toThrow(/not there/);
  });
});

describe('an outline', () => {
  it('names the passages of most impact, and what the others have on the mean', () => {
    fc.assert(
      fc.property(term, fc.integer({ min: 1, max: 50 }), (fields, outlined) => {
        const all = impactsOf(fields, lengthOf, statistics);
        fc.pre(all.passages.length > 0);
        const writer = new ByteWriter();
        const totals = fields.map(({ passages }) => passages.length);
        const list = { offset: 2 ** 33, length: 77 };
        writeOutline(writer, { outline: outlineOf(all, outlined), number: 5, totals, list });
        const reader = new ByteReader(writer.finish(), 'terms');
        const { outline, ...rest } = readOutline(reader, PASSAGES);
        reader.end();
        expect(rest).toEqual({ number: 5, totals, list });
        const sorted = [...all.impacts].sort((a, b) => b - a);
        const [highest = 0, lowest = 0] = [sorted[0], sorted[Math.min(outlined, sorted.length) - 1]];
        expect(outline.passages.length).toBe(Math.min(outlined, sorted.length));
        expect(outline.rest).toBe(sorted.length - outline.passages.length);
        for (const [at, passage] of outline.passages.entries()) {
          const exact = all.impacts[all.passages.indexOf(passage)] ?? 0;
          expect(exact).toBeGreaterThanOrEqual(lowest);
          expect(Math.abs((outline.impacts[at] ?? 0) - exact)).toBeLessThanOrEqual((highest - lowest) / 30 + 1e-4);
        }
      }),
      { numRuns: 40 },
    );
  });
});
