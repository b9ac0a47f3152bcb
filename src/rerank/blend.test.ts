import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentId, passageId } from '../core/document.ts';
import { ranking } from '../core/ranking.ts';
import { blend } from './blend.ts';

const list = (scores: Readonly<Record<string, number>>) =>
  ranking(Object.entries(scores).map(([name, score]) => ({ id: passageId(documentId(name), 0), score })));
const names = (found: readonly { readonly id: string }[]) => found.map(({ id }) => id.slice(0, -2)).join('');

describe('blend', () => {
  const fused = list({ a: 10, b: 9, c: 1 });
  const reranked = list({ a: -3, b: 2, c: 5 });

  it('goes from the fused order at weight 0 to the reranker’s at weight 1', () => {
    expect(blend(fused, reranked, { weight: 0 })).toBe(fused);
    expect(names(blend(fused, reranked, { weight: 1 }))).toBe('cba');
    expect(names(blend(fused, reranked, { weight: 0.5 }))).toBe('bac');
  });
  it('keeps what was not scored below, in the fused order', () => {
    const partial = list({ c: -8, b: -9 });
    for (const weight of [0.3, 1]) {
      const found = blend(list({ a: 10, b: 9, c: 8, d: 7 }), partial, { weight });
      expect(names(found).slice(2)).toBe('ad');
      expect(names(found).slice(0, 2)).toBe(weight === 1 ? 'cb' : 'bc');
    }
    expect(names(blend(fused, ranking([])))).toBe('abc');
  });
  it('does not care for the scale of the logits', () => {
    const stretched = ranking(reranked.map(({ id, score }) => ({ id, score: score * 100 - 7 })));
    const [one, other] = [blend(fused, reranked), blend(fused, stretched)];
    expect(names(one)).toBe(names(other));
  });
  it('refuses a weight outside 0…1, and leaves out what was not in the pool', () => {
    expect(() => blend(fused, reranked, { weight: 1.1 })).toThrow(/between 0 and 1/);
    expect(() => blend(fused, reranked, { weight: Number.NaN })).toThrow(/between 0 and 1/);
    expect(names(blend(fused, list({ a: 1, z: 9 })))).toBe('abc');
  });
  it('always gives the pool, each passage once', () => {
    const pool = fc.dictionary(fc.constantFrom(...'abcdefgh'), fc.float({ noNaN: true }));
    const option = fc.record({ weight: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(pool, pool, option, (a, b, options) => {
        const found = blend(list(a), list(b), options);
        expect(found.map(({ id }) => id).sort()).toEqual(
          list(a)
            .map(({ id }) => id)
            .sort(),
        );
        expect(found.some(({ score }) => Number.isNaN(score))).toBe(false);
      }),
    );
  });
});
