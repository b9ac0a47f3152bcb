import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PassageId } from '../core/document.ts';
import { type Ranking, ranking } from '../core/ranking.ts';
import { testFusion } from './fusion.contract.ts';
import { minMax } from './min-max.ts';

testFusion('minMax', (options) => minMax(options));

const scored = (scores: Readonly<Record<string, number>>): Ranking =>
  ranking(Object.entries(scores).map(([id, score]) => ({ id: id as PassageId, score })));

describe('minMax', () => {
  it('stretches each ranking to 0…1 and adds; a missing passage gets 0', () => {
    const fused = minMax()([scored({ A: 30, B: 20, C: 10 }), scored({ B: -1, D: -3 })]);
    expect(fused).toEqual(scored({ B: 1.5, A: 1, C: 0, D: 0 }));
    expect(minMax({ weights: [2, 0.5] })([scored({ A: 3, B: 2, C: 1 }), scored({ B: 9, D: 0 })])).toEqual(
      scored({ A: 2, B: 1.5, C: 0, D: 0 }),
    );
  });
  it('gives 1 to every passage of a ranking with equal scores', () => {
    expect(minMax()([scored({ A: 0, B: 0 })])).toEqual(scored({ A: 1, B: 1 }));
    expect(minMax()([scored({ A: -4 })])).toEqual(scored({ A: 1 }));
  });
  it('gives 0 to a score that was not a number', () => {
    expect(minMax()([scored({ A: 5, B: 4, C: Number.NaN })])).toEqual(scored({ A: 1, B: 0, C: 0 }));
    expect(minMax()([scored({ A: 1e308, B: 0, C: -1e308 })])).toEqual(scored({ A: 1, B: 0.5, C: 0 }));
  });
  it('does not change when a ranking’s scores are scaled and moved', () => {
    const quarters = fc.dictionary(fc.constantFrom(...'abcdefg'), fc.integer({ min: -1000, max: 1000 }));
    const property = fc.property(
      fc.array(quarters, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: -8, max: 8 }),
      fc.integer({ min: -500, max: 500 }),
      (all, power, shift) => {
        // Powers of two and small integers: the arithmetic is exact, so equality is too.
        const moved = all.map((scores) =>
          Object.fromEntries(Object.entries(scores).map(([id, score]) => [id, (score + shift) * 2 ** power])),
        );
        expect(minMax()(moved.map(scored))).toEqual(minMax()(all.map(scored)));
      },
    );
    fc.assert(property);
  });
});
