import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PassageId } from '../core/document.ts';
import type { Fusion } from '../core/ports.ts';
import { compareScored, emptyRanking, type Ranking, ranking } from '../core/ranking.ts';

/** Best first, scores falling from 1: only their order is given. */
export function rankingOf(...ids: readonly string[]): Ranking {
  return ranking(ids.map((id, index) => ({ id: id as PassageId, score: 1 - index / ids.length })));
}

export const anyRanking = fc
  .array(fc.tuple(fc.constantFrom(...'abcdefghij'), fc.double({ min: -1e6, max: 1e6, noNaN: true })), { maxLength: 12 })
  .map((pairs) => ranking(pairs.map(([id, score]) => ({ id: id as PassageId, score }))));

const anyRankings = fc.array(anyRanking, { maxLength: 5 });

/** What every fusion owes its callers. `make` takes weights as the fusion's options do. */
export function testFusion(name: string, make: (options: { weights?: readonly number[] }) => Fusion): void {
  describe(`${name}: fusion`, () => {
    it('gives a sorted, unique ranking of exactly the union', () => {
      const property = fc.property(anyRankings, (rankings) => {
        const fused = make({})(rankings);
        expect([...fused].sort(compareScored)).toEqual(fused);
        const union = new Set(rankings.flatMap((list) => list.map(({ id }) => id)));
        expect(fused.map(({ id }) => id).sort()).toEqual([...union].sort());
        expect(fused.every(({ score }) => Number.isFinite(score))).toBe(true);
      });
      fc.assert(property);
    });

    it('does not depend on the order of the rankings, weighted or not', () => {
      const weight = fc.double({ min: 0, max: 10, noNaN: true });
      const weighted = fc.array(fc.tuple(anyRanking, weight, fc.nat()), { maxLength: 6 });
      const property = fc.property(weighted, (entries) => {
        const moved = [...entries].sort(([, , a], [, , b]) => a - b);
        const fused = (all: typeof entries, weights: boolean) =>
          make(weights ? { weights: all.map(([, each]) => each) } : {})(all.map(([list]) => list));
        expect(fused(moved, false)).toEqual(fused(entries, false));
        expect(fused(moved, true)).toEqual(fused(entries, true));
      });
      fc.assert(property);
    });

    it('leaves a ranking of weight 0 out, and weights of 1 change nothing', () => {
      const property = fc.property(anyRankings, anyRanking, (rankings, ignored) => {
        const ones = rankings.map(() => 1);
        expect(make({ weights: [...ones, 0] })([...rankings, ignored])).toEqual(make({})(rankings));
        expect(make({ weights: ones })(rankings)).toEqual(make({})(rankings));
      });
      fc.assert(property);
    });

    it('keeps the order of a single ranking’s distinct scores, and gives nothing for nothing', () => {
      expect(make({})([rankingOf('c', 'a', 'b')]).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
      expect(make({})([])).toEqual(emptyRanking);
      expect(make({})([emptyRanking, emptyRanking])).toEqual(emptyRanking);
    });

    it('refuses weights that make no sense', () => {
      for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY])
        expect(() => make({ weights: [1, wrong] })).toThrow(expect.objectContaining({ code: 'bad-input' }));
      const two = make({ weights: [1, 2] });
      for (const count of [0, 1, 3])
        expect(() => two(Array.from({ length: count }, () => rankingOf('a')))).toThrow(
          expect.objectContaining({ code: 'bad-input', message: expect.stringContaining(`2 weights for ${count}`) }),
        );
    });
  });
}
