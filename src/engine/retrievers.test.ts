import { describe, expect, it } from 'vitest';
import { documentId, type PassageId, passageId, type StoredPassage } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Context, Fusion, Query, Retriever, StageEvent } from '../core/ports.ts';
import { ranking } from '../core/ranking.ts';
import type { Rescore } from '../retrieve/dense.ts';
import { fuse, merge, orElse, type Rescoring, refine, rerank, stage } from './retrievers.ts';

const ids = ['a', 'b', 'c', 'd'].map((name) => passageId(documentId(name), 0));
const query: Query = { text: 'q', plain: 'q', words: ['q'], phrases: [], excluded: [], fielded: [], typing: false };

function context(): Context & { readonly events: StageEvent[] } {
  const events: StageEvent[] = [];
  return { signal: new AbortController().signal, onStage: (event) => events.push(event), events };
}

function fixed(name: string, ...names: readonly number[]): Retriever & { calls: number } {
  const retriever = {
    name,
    calls: 0,
    async retrieve() {
      retriever.calls += 1;
      return ranking(names.map((index, rank) => ({ id: ids[index] as PassageId, score: 10 - rank })));
    },
  };
  return retriever;
}

const failing: Retriever = {
  name: 'failing',
  retrieve: () => Promise.reject(new SearchError('corrupt', 'broken on purpose')),
};

describe('retrievers', () => {
  it('a stage reports once and answers the same query from memory', async () => {
    const inner = fixed('bm25', 0, 1);
    const staged = stage(inner);
    const seen = context();
    await staged.retrieve(query, 10, seen);
    await staged.retrieve(query, 10, seen);
    expect(inner.calls).toBe(1);
    expect(seen.events.map((event) => event.stage)).toEqual(['bm25']);
    await staged.retrieve({ ...query }, 10, seen);
    expect(inner.calls).toBe(2);
  });

  it('orElse names what it skipped and goes on', async () => {
    const seen = context();
    const found = await orElse(failing, fixed('bm25', 2)).retrieve(query, 10, seen);
    expect(found.map(({ id }) => id)).toEqual([ids[2]]);
    expect(seen.events).toEqual([{ kind: 'skipped', stage: 'failing', code: 'corrupt', reason: 'broken on purpose' }]);
  });

  it('orElse does not turn a cancelled query into a fallback', async () => {
    const abort = new AbortController();
    abort.abort();
    const seen = { ...context(), signal: abort.signal };
    const fallback = fixed('bm25', 0);
    await expect(orElse(failing, fallback).retrieve(query, 10, seen)).rejects.toMatchObject({ code: 'aborted' });
    expect(fallback.calls).toBe(0);
  });

  it('fuse gives each retriever its own list', async () => {
    const both = fuse('hybrid', (lists) => ranking(lists.flat()), [fixed('x', 0, 1), fixed('y', 2)]);
    expect((await both.retrieve(query, 10, context())).length).toBe(3);
    await expect(
      fuse('hybrid', (lists) => ranking(lists.flat()), [failing]).retrieve(query, 1, context()),
    ).rejects.toThrow();
  });

  it('fuse gives the best new places by better scores, of passages too that the last list lacks, and no others', async () => {
    const sum: Fusion = (lists) => {
      const scores = new Map<PassageId, number>();
      for (const { id, score } of lists.flat()) scores.set(id, (scores.get(id) ?? 0) + score);
      return ranking([...scores].map(([id, score]) => ({ id, score })));
    };
    const asked: (readonly PassageId[])[] = [];
    const rescore: Rescore = async (_, wanted) => {
      asked.push(wanted);
      return new Map([[ids[2] as PassageId, 30]]);
    };
    const lists = [fixed('words', 0, 1, 2), fixed('meaning', 1, 3)];
    const found = await fuse('hybrid', sum, lists, { rescore, most: 3 }).retrieve(query, 10, context());
    // By words 10, 9, 8 and by meaning 10 for the second: 1 (19), 0 (10), 3 (9), 2 (8).
    expect(asked).toEqual([[ids[1], ids[0], ids[3]]]);
    expect(found.map(({ id }) => id)).toEqual([ids[1], ids[0], ids[3], ids[2]]);
    const wider = await fuse('hybrid', sum, lists, { rescore, most: 4 }).retrieve(query, 10, context());
    expect(wider.map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0], ids[3]]);
    expect(wider.map(({ score }) => score)).toEqual([19, 10, 9, 8]);
    const nothing: Rescoring = { rescore: () => Promise.reject(new Error('asked')), most: 4 };
    const alone = fuse('hybrid', sum, [fixed('words', 0), fixed('meaning')], nothing);
    expect((await alone.retrieve(query, 10, context())).map(({ id }) => id)).toEqual([ids[0]]);
  });

  it('refine reads further than it answers, and puts the best by better scores', async () => {
    const inner = fixed('dense', 0, 1, 2, 3);
    const depths: number[] = [];
    const watched: Retriever = {
      name: 'dense',
      retrieve: (asked, depth, seen) => {
        depths.push(depth);
        return inner.retrieve(asked, depth, seen);
      },
    };
    const rescore: Rescore = async (_, wanted) => new Map(wanted.map((id, at) => [id, 10 + at]));
    const found = await refine(watched, { rescore, most: 2 }).retrieve(query, 3, context());
    expect(found.map(({ id }) => id)).toEqual([ids[1], ids[0], ids[2]]);
    expect(depths[0]).toBeGreaterThan(3);
  });

  it('merge keeps scores and depth', async () => {
    const found = await merge('bm25', [fixed('x', 0, 1), fixed('y', 2, 3)]).retrieve(query, 3, context());
    expect(found.map(({ score }) => score)).toEqual([10, 10, 9]);
  });

  it('rerank reorders the pool only and keeps the rest below it', async () => {
    const source = {
      passages: async (wanted: readonly PassageId[]) => wanted.map((id) => ({ id, text: '' }) as StoredPassage),
    };
    const reversed = {
      name: 'reverse',
      rerank: async (_: Query, passages: readonly StoredPassage[]) =>
        ranking(passages.map(({ id }, index) => ({ id, score: index }))),
    };
    const pipeline = rerank('reranked', fixed('bm25', 0, 1, 2, 3), reversed, source, {
      candidates: 2,
      blend: (_, reranked) => reranked,
    });
    const found = await pipeline.retrieve(query, 10, context());
    expect(found.map(({ id }) => id)).toEqual([ids[1], ids[0], ids[2], ids[3]]);
  });
});
