import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankingOf, testFusion } from './fusion.contract.ts';
import { rrf } from './rrf.ts';

testFusion('rrf', (options) => rrf(options));

describe('rrf', () => {
  it('gives the scores of the paper’s formula', () => {
    const fused = rrf()([rankingOf('A', 'B', 'C'), rankingOf('C', 'A', 'D')]);
    expect(fused.map(({ id, score }) => [id, score.toFixed(4)])).toEqual([
      ['A', '0.0325'],
      ['C', '0.0323'],
      ['B', '0.0161'],
      ['D', '0.0159'],
    ]);
  });
  it('weighs rankings', () => {
    const rankings = [rankingOf('A', 'B'), rankingOf('B', 'A')];
    expect(rrf({ weights: [1, 2] })(rankings)[0]).toEqual({ id: 'B', score: 1 / 62 + 2 / 61 });
    expect(rrf({ rankConstant: 0, weights: [3, 1] })(rankings)[0]).toEqual({ id: 'A', score: 3 + 1 / 2 });
  });
  it('does not read scores', () => {
    const property = fc.property(fc.uniqueArray(fc.constantFrom(...'abcdef')), (ids) => {
      const fused = rrf()([rankingOf(...ids)]);
      expect(fused.map(({ id }) => id)).toEqual(ids);
      expect(fused.map(({ score }) => score)).toEqual(ids.map((_, index) => 1 / (61 + index)));
    });
    fc.assert(property);
  });
  it('refuses a constant that makes no sense', () => {
    for (const rankConstant of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => rrf({ rankConstant })).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});
