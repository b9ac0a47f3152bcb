import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAnalyzer } from './analysis.ts';
import { beginningsOf, rangesByBeginnings, rangesOf } from './marking.ts';

const WANTED = ['kg', 'box', 'Box', 'state', 'State', 'run', 'c++', 'C#', '3.11', 'box.run', 'x'];
const isWanted = (word: string) => WANTED.includes(word);
const beginnings = beginningsOf(WANTED.map((word) => word.toLowerCase()));

it('finds by their beginnings the words, the runs and the words inside that are found without', () => {
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
      '1.5',
      'XMLBox',
      '日',
      'é',
      '’',
    ],
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 24 }), (parts) => {
      const text = parts.join('');
      expect(rangesByBeginnings(text, isWanted, beginnings)).toEqual(rangesOf(text, isWanted));
    }),
    { numRuns: 3000 },
  );
});

it('refuses no word that has the stem of a wanted one', async () => {
  const english = await createAnalyzer('en');
  // Letters that the stemmer turns and drops, and what names are joined with.
  const letter = fc.constantFrom(...'aeiyosdnglt');
  const word = fc.array(letter, { minLength: 1, maxLength: 7 }).map((letters) => letters.join(''));
  const ending = fc.constantFrom('', 'ing', 'ed', 'ies', 'y', 's', 'eed', 'ation', 'ly');
  const sign = fc.constantFrom(' ', '-', '_', "'", '.', '3', 'X', '. ');
  const text = fc.array(fc.tuple(word, ending, sign), { maxLength: 12 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(11), { maxLength: 3 }), (parts, chosen) => {
      const stems = chosen.flatMap((at) => english.analyze((parts[at] ?? []).slice(0, 2).join('')));
      const wanted = new Set(stems);
      const isHolding = (each: string) =>
        english.slots(each)[0]?.terms.some((term) => wanted.has(term)) ?? wanted.has(each);
      const whole = parts.flat().join('');
      expect(rangesByBeginnings(whole, isHolding, beginningsOf(wanted))).toEqual(rangesOf(whole, isHolding));
    }),
    { numRuns: 3000 },
  );
});
