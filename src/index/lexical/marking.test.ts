import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rangesByLetter, rangesOf } from './marking.ts';

const WANTED = ['box', 'Box', 'state', 'State', 'run', 'c++', 'C#', '3.11', 'box.run', 'x'];
const isWanted = (word: string) => WANTED.includes(word);
const letters = new Set(['b', 'B', 's', 'S', 'r', 'c', 'C', '3', 'x']);

it('finds by first letters the words, the runs and the words inside that are found without', () => {
  const part = fc.constantFrom(
    ...WANTED,
    ...[
      'use',
      'the',
      'A',
      '_',
      '-',
      '.',
      "'",
      ':',
      '::',
      '->',
      '>',
      '+',
      '#',
      ' ',
      '\n',
      '9',
      'XMLBox',
      '日',
      'é',
      '’',
    ],
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 24 }), (parts) => {
      const text = parts.join('');
      // What refuses by letters may refuse no word that is wanted: that holds for these, and for terms of the English stemmer.
      expect(rangesByLetter(text, isWanted, letters)).toEqual(rangesOf(text, isWanted));
    }),
    { numRuns: 3000 },
  );
});
