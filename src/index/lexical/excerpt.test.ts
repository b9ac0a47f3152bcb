import fc from 'fast-check';
import { expect, it } from 'vitest';
import { excerpt } from './excerpt.ts';

const OTHERS: Readonly<Record<string, string>> = Object.fromEntries(
  [...'abZ_9 -,/()'].map((letter, at) => [letter, [...'àḃŽō९\u2003¡¿«»§'][at] ?? '']),
);

/** The same text with a letter for each letter, a blank for each blank and a sign for each sign, none of them ASCII. */
function beyondAscii(text: string): string {
  return text.replace(/[^.\n…]/g, (letter) => OTHERS[letter] ?? letter);
}

it('is cut at the same places in texts of ASCII and of other characters', () => {
  const letter = fc.constantFrom(...'abZ_9      -,/().\n');
  const text = fc.array(letter, { minLength: 20, maxLength: 160 }).map((letters) => letters.join(''));
  const cuts = fc.uniqueArray(fc.nat({ max: 159 }), { maxLength: 8 });
  fc.assert(
    fc.property(text, cuts, fc.integer({ min: 8, max: 80 }), (each, places, most) => {
      const ends = places.filter((at) => at <= each.length).sort((a, b) => a - b);
      const marks = ends.flatMap((start, at) => {
        const end = ends[at + 1];
        return at % 2 === 0 && end !== undefined ? [{ start, end }] : [];
      });
      const plain = excerpt(each, marks, most);
      const other = excerpt(beyondAscii(each), marks, most);
      expect(other.ranges).toEqual(plain.ranges);
      expect(other.text).toBe(beyondAscii(plain.text));
    }),
    { numRuns: 1000 },
  );
});
