import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_MEASURES, parseMeasure, parseMeasures } from './measure-syntax.ts';
import { mean, measureQuery, measureRun, percentile } from './measures.ts';

const value = (measure: string, ids: readonly string[], grades: Readonly<Record<string, number>>) =>
  measureQuery(
    parseMeasure(measure),
    ids.map((document, index) => ({ document, score: -index })),
    new Map(Object.entries(grades)),
  );

describe('measure syntax', () => {
  it('reads ir_measures spellings into one label each', () => {
    expect(
      parseMeasures('nDCG@10  MRR@10 Recall@100, P(rel=2)@5 AP(rel = 2) NDCG@10').map(({ label }) => label),
    ).toEqual(['nDCG@10', 'RR@10', 'R@100', 'P(rel=2)@5', 'AP(rel=2)']);
    expect(parseMeasures(DEFAULT_MEASURES)).toHaveLength(7);
    expect(parseMeasure("nDCG(dcg='log2')@5").label).toBe('nDCG@5');
  });

  it.each([
    'Foo@3',
    'constructor',
    'P',
    'R',
    'Success',
    'nDCG@0',
    'nDCG@-1',
    'P@2.5',
    'P(x=1)@5',
    'nDCG(dcg=exp-log2)@5',
    'Rprec@3',
    'P(rel=0)@5',
    'P(rel=2@5',
    'Judged(rel=2)@3',
    ' ',
  ])('refuses %j in a sentence', (source) => {
    expect(() => parseMeasures(source)).toThrow(/measure/);
  });
});

describe('measures', () => {
  it('count what trec_eval counts, on a list small enough to do by hand', () => {
    const grades = { a: 2, b: 1, c: 0, gone: 1 };
    const list = ['c', 'a', 'x', 'b'];
    expect(value('RR@10', list, grades)).toBe(1 / 2);
    expect(value('P@5', list, grades)).toBe(2 / 5);
    expect(value('R@100', list, grades)).toBe(2 / 3);
    expect(value('AP', list, grades)).toBeCloseTo((1 / 2 + 2 / 4) / 3, 12);
    expect(value('Judged@10', list, grades)).toBe(3 / 4);
    expect(value('Success@1', list, grades)).toBe(0);
    const gain = 2 / Math.log2(3) + 1 / Math.log2(5);
    expect(value('nDCG@10', list, grades)).toBeCloseTo(gain / (2 + 1 / Math.log2(3) + 1 / Math.log2(4)), 12);
  });

  it('give 0 for empty results, nothing relevant, and judged queries that the run lacks', () => {
    for (const { label } of parseMeasures(DEFAULT_MEASURES)) {
      expect(value(label, [], { a: 1 }), label).toBe(0);
      expect(value(label, ['x'], { a: 0 }), label).toBe(0);
    }
    const { queries, values } = measureRun(
      parseMeasures('P@1'),
      new Map([['other', []]]),
      new Map([['q', new Map([['a', 1]])]]),
    );
    expect([queries, [...(values.get('P@1') ?? [])]]).toEqual([['q'], [0]]);
  });

  it('stay between 0 and 1, and putting a better document first never lowers nDCG', () => {
    const grades = fc.dictionary(fc.constantFrom(...'abcdefgh'), fc.integer({ min: -1, max: 4 }));
    const list = fc.shuffledSubarray([...'abcdefghxyz']);
    fc.assert(
      fc.property(grades, list, (judged, ids) => {
        for (const { label } of parseMeasures(`${DEFAULT_MEASURES} Rprec nDCG`)) {
          const one = value(label, ids, judged);
          expect(one).toBeGreaterThanOrEqual(0);
          expect(one).toBeLessThanOrEqual(1 + 1e-12);
        }
        const best = [...ids].sort((a, b) => (judged[b] ?? 0) - (judged[a] ?? 0));
        expect(value('nDCG@10', best, judged)).toBeGreaterThanOrEqual(value('nDCG@10', ids, judged) - 1e-12);
      }),
    );
  });

  it('means and percentiles', () => {
    expect([mean([]), mean([1, 2])]).toEqual([0, 1.5]);
    expect([0.5, 0.95, 1].map((share) => percentile([5, 1, 4, 2, 3], share))).toEqual([3, 5, 5]);
    expect(percentile([], 0.5)).toBeNaN();
  });
});
