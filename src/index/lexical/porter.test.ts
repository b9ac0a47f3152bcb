import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { porter } from './porter.ts';

/** The examples of Porter's paper, rule by rule, and what they become after all steps. */
const examples = `caresses caress, ponies poni, ties ti, cats cat, feed feed, agreed agre, plastered plaster, bled bled,
motoring motor, sing sing, conflated conflat, troubled troubl, sized size, hopping hop, tanned tan, falling fall,
hissing hiss, fizzed fizz, failing fail, filing file, happy happi, sky sky, relational relat, conditional condit,
rational ration, valenci valenc, digitizer digit, conformabli conform, radicalli radic, differentli differ, vileli vile,
analogousli analog, vietnamization vietnam, predication predic, operator oper, feudalism feudal, decisiveness decis,
hopefulness hope, callousness callous, formaliti formal, sensitiviti sensit, sensibiliti sensibl, triplicate triplic,
formative form, formalize formal, electriciti electr, electrical electr, goodness good, revival reviv, allowance allow,
inference infer, airliner airlin, gyroscopic gyroscop, adjustable adjust, defensible defens, irritant irrit,
replacement replac, adjustment adjust, dependent depend, adoption adopt, communism commun, activate activ,
angulariti angular, homologous homolog, effective effect, bowdlerize bowdler, probate probat, rate rate, cease ceas,
controll control, roll roll, connection connect, connections connect, connective connect, connected connect,
generalizations gener, oscillators oscil`;

describe('porter', () => {
  it.each(examples.split(/,\s+/).map((pair) => pair.split(' ')))('%s → %s', (word, stem) => {
    expect(porter(word ?? '')).toBe(stem);
  });

  it('keeps the first letter: highlights.ts refuses words by it', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abceilnorstuxyz'), minLength: 1, maxLength: 12 });
    fc.assert(fc.property(word, (each) => porter(each).charAt(0) === each.charAt(0)));
  });

  it('leaves short words and other alphabets alone', () => {
    for (const word of ['is', 'h264s', 'книги', 'c++', "l's"]) expect(porter(word)).toBe(word);
  });
});
