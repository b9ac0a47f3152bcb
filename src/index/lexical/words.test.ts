import fc from 'fast-check';
import { expect, it } from 'vitest';
import { humps, placedPieces, placedRuns } from './words.ts';

const OTHERS: Readonly<Record<string, string>> = Object.fromEntries(
  [...'abAB12'].map((letter, at) => [letter, [...'абАБ١٢'][at] ?? '']),
);

/** The same text with a letter of another script for each letter. */
function beyondAscii(text: string): string {
  return text.replace(/[a-zA-Z0-9]/g, (letter) => OTHERS[letter] ?? letter);
}

it('cuts words of ASCII as those of other scripts', () => {
  const text = fc.array(fc.constantFrom(..."abAB12ab_.'- :"), { maxLength: 24 }).map((letters) => letters.join(''));
  fc.assert(
    fc.property(text, (each) => {
      const other = beyondAscii(each);
      const moved = (parts: readonly { start: number; text: string }[]) =>
        parts.map(({ start, text }) => ({ start, text: beyondAscii(text) }));
      const runs = [...placedRuns(each)];
      expect([...placedRuns(other)]).toEqual(moved(runs));
      for (const run of runs) {
        const pieces = placedPieces(run);
        expect(placedPieces({ start: run.start, text: beyondAscii(run.text) })).toEqual(moved(pieces));
        for (const { text } of pieces) expect(humps(beyondAscii(text))).toEqual(humps(text).map(beyondAscii));
      }
    }),
    { numRuns: 1000 },
  );
});
