import { describe, expect, it } from 'vitest';
import type { PassageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Fusion } from '../core/ports.ts';
import { type Ranking, ranking } from '../core/ranking.ts';
import type { Feedback, Rescore } from '../retrieve/dense.ts';
import { context, failing, fixed, ids, query } from './fixtures/fixed.ts';
import { type FuseOptions, fuse, leading, type Rescoring } from './fusing.ts';

const sum: Fusion = (lists) => {
  const scores = new Map<PassageId, number>();
  for (const { id, score } of lists.flat()) scores.set(id, (scores.get(id) ?? 0) + score);
  return ranking([...scores].map(([id, score]) => ({ id, score })));
};
const given = (...scores: readonly (readonly [place: number, score: number])[]): Ranking =>
  ranking(scores.map(([place, score]) => ({ id: ids[place] as PassageId, score })));
const idsOf = (list: Ranking) => list.map(({ id }) => id);
const places = (...wanted: readonly number[]) => wanted.map((place) => ids[place]);

describe('fuse', () => {
  it('gives each retriever its own list', async () => {
    const both = fuse('hybrid', (lists) => ranking(lists.flat()), [fixed('x', 0, 1), fixed('y', 2)]);
    expect((await both.retrieve(query, 10, context())).length).toBe(3);
    await expect(
      fuse('hybrid', (lists) => ranking(lists.flat()), [failing]).retrieve(query, 1, context()),
    ).rejects.toThrow();
  });

  it('gives the best new places by better scores, of passages too that the last list lacks, and no others', async () => {
    const asked: (readonly PassageId[])[] = [];
    const rescore: Rescore = async (wanted) => {
      asked.push(wanted);
      return new Map([[ids[2] as PassageId, 30]]);
    };
    const lists = [fixed('words', 0, 1, 2), fixed('meaning', 1, 3)];
    const found = await fuse('hybrid', sum, lists, { rescoring: { rescore, most: 3 } }).retrieve(query, 10, context());
    // By words 10, 9, 8 and by meaning 10 for the second: 1 (19), 0 (10), 3 (9), 2 (8).
    expect(asked).toEqual([[ids[1], ids[0], ids[3]]]);
    expect(found.map(({ id }) => id)).toEqual([ids[1], ids[0], ids[3], ids[2]]);
    const wider = await fuse('hybrid', sum, lists, { rescoring: { rescore, most: 4 } }).retrieve(query, 10, context());
    expect(wider.map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0], ids[3]]);
    expect(wider.map(({ score }) => score)).toEqual([19, 10, 9, 8]);
    const nothing: Rescoring = { rescore: () => Promise.reject(new Error('asked')), most: 4 };
    const alone = fuse('hybrid', sum, [fixed('words', 0), fixed('meaning')], { rescoring: nothing });
    expect((await alone.retrieve(query, 10, context())).map(({ id }) => id)).toEqual([ids[0]]);
  });

  it('keeps an order among places of equal scores', async () => {
    const retrieve = (list: Ranking) => ({ name: 'given', retrieve: async () => list });
    const lists = [retrieve(given([0, 10], [1, 10], [3, 4])), retrieve(given([2, 10]))];
    const rescore: Rescore = async () => new Map([[ids[2] as PassageId, 30]]);
    const found = await fuse('hybrid', sum, lists, { rescoring: { rescore, most: 3 } }).retrieve(query, 10, context());
    expect(idsOf(found)).toEqual(places(2, 0, 1, 3));
    expect(found.map(({ score }) => score)).toEqual([10, expect.closeTo(10, 9), expect.closeTo(10, 9), 4]);
  });

  it('keeps some passages above the others, whatever is fused', async () => {
    const upheld = async () => new Set(places(3, 2) as PassageId[]);
    const lists = [fixed('words', 0, 1, 2), fixed('meaning', 1, 3)];
    const rescore: Rescore = async () => new Map([[ids[0] as PassageId, 30]]);
    const search: Feedback = async () => ({ ranking: given([0, 30], [2, 20]), rescore: undefined });
    const found = async (options: FuseOptions) => fuse('hybrid', sum, lists, options).retrieve(query, 10, context());
    // By words 10, 9, 8 and by meaning 10, 9: b (19), a (10), d (9), c (8).
    expect(await found({ upheld })).toEqual(given([3, 19], [2, 10], [1, 9], [0, 8]));
    expect(idsOf(await found({ upheld, rescoring: { rescore, most: 4 } }))).toEqual(places(3, 2, 0, 1));
    expect(idsOf(await found({ upheld, feedback: { search, most: 1 } }))).toEqual(places(3, 2, 0, 1));
    const only = async () => new Set(places(2) as PassageId[]);
    expect(idsOf(await found({ upheld: only, feedback: { search, most: 3 } }))[0]).toBe(ids[2]);
    expect(idsOf(await found({ upheld: async () => new Set() }))).toEqual(places(1, 0, 3, 2));
  });

  describe('with feedback', () => {
    // By words 10, 9, 8 for a, b, c and by meaning 10, 9 for b, d: b (19), a (10), d (9), c (8).
    const lists = () => [fixed('words', 0, 1, 2), fixed('meaning', 1, 3)];
    const told: Ranking[] = [];
    const search: Feedback = async (_, best) => {
      told.push(best);
      return { ranking: given([2, 30], [3, 20], [0, 1]), rescore: undefined };
    };

    it('lets the best tell what to look for, keeps their places, and puts the second list for the first below them', async () => {
      const seen = context();
      const found = await fuse('hybrid', sum, lists(), { feedback: { search, most: 1 } }).retrieve(query, 10, seen);
      expect(told.at(-1)).toEqual(given([1, 19]));
      // Fused anew: c 38, d 20, a 11, b 9; b has told, and stays first.
      expect(idsOf(found)).toEqual(places(1, 2, 3, 0));
      expect(found.map(({ score }) => score)).toEqual([38, 20, 11, 9]);
      expect(seen.events).toEqual([
        expect.objectContaining({ stage: 'feedback', complete: true, ranking: given([2, 30], [3, 20], [0, 1]) }),
      ]);
    });

    it('is left out where it is told to, knows nothing, has operators to heed, or no list to replace', async () => {
      const nothing: Feedback = async () => undefined;
      const refuses: Feedback = () => Promise.reject(new Error('asked'));
      const plain = idsOf(await fuse('hybrid', sum, lists()).retrieve(query, 10, context()));
      const without = async (feedback: Feedback, most: number, asked = query) =>
        idsOf(
          await fuse('hybrid', sum, lists(), { feedback: { search: feedback, most } }).retrieve(asked, 10, context()),
        );
      expect(await without(refuses, 0)).toEqual(plain);
      expect(await without(nothing, 3)).toEqual(plain);
      expect(await without(refuses, 3, { ...query, excluded: ['x'] })).toEqual(plain);
      const wordsOnly = fuse('hybrid', sum, [fixed('words', 0), fixed('meaning')], {
        feedback: { search: refuses, most: 3 },
      });
      expect(idsOf(await wordsOnly.retrieve(query, 10, context()))).toEqual(places(0));
    });

    it('that fails is named, and the first look stands; that is cancelled is cancelled', async () => {
      const seen = context();
      const broken: Feedback = () => Promise.reject(new SearchError('network', 'no line'));
      const found = await fuse('hybrid', sum, lists(), { feedback: { search: broken, most: 2 } }).retrieve(
        query,
        10,
        seen,
      );
      expect(idsOf(found)).toEqual(places(1, 0, 3, 2));
      expect(seen.events).toEqual([{ kind: 'skipped', stage: 'feedback', code: 'network', reason: 'no line' }]);
      const cancelled: Feedback = () => Promise.reject(new SearchError('aborted', 'newer question'));
      const running = fuse('hybrid', sum, lists(), { feedback: { search: cancelled, most: 2 } });
      await expect(running.retrieve(query, 10, context())).rejects.toMatchObject({ code: 'aborted' });
    });

    it('asks for better scores of those that tell, and then of the others by the second question', async () => {
      const asked: [string, readonly PassageId[]][] = [];
      const rescore: Rescore = async (wanted) => {
        asked.push(['first', wanted]);
        return new Map([[ids[0] as PassageId, 50]]);
      };
      const again: Feedback = async (_, best) => {
        told.push(best);
        const better: Rescore = async (wanted) => {
          asked.push(['second', wanted]);
          return new Map([[ids[3] as PassageId, 99]]);
        };
        return { ranking: given([2, 30], [3, 20]), rescore: better };
      };
      const options = { feedback: { search: again, most: 2 }, rescoring: { rescore, most: 4 } };
      const found = await fuse('hybrid', sum, lists(), options).retrieve(query, 10, context());
      expect(asked).toEqual([
        ['first', places(1, 0)],
        ['second', places(2, 3)],
      ]);
      expect(idsOf(told.at(-1) as Ranking)).toEqual(places(0, 1));
      expect(idsOf(found)).toEqual(places(0, 1, 3, 2));
    });
  });
});

describe('leading', () => {
  const tier = (...wanted: readonly number[]) => new Set(wanted.flatMap((place) => ids[place] ?? []));
  const led = (tiers: readonly ReadonlySet<PassageId>[], depth = 10) =>
    leading(fixed('words', 0, 1, 2), async () => tiers).retrieve(query, depth, context());

  it('puts tier before tier, each in the order of the list, and what the list lacks behind it', async () => {
    const list = await led([tier(2, 1), tier(3, 0)]);
    expect(idsOf(list)).toEqual(places(1, 2, 0, 3));
    const scores = list.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(new Set(scores).size).toBe(4);
  });

  it('keeps to the depth, and the list as it is where all tiers are empty', async () => {
    expect(idsOf(await led([tier(3)], 2))).toEqual(places(3, 0));
    expect(await led([tier(), tier()])).toEqual(await fixed('words', 0, 1, 2).retrieve(query, 10, context()));
  });
});
