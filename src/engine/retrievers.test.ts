import { describe, expect, it } from 'vitest';
import type { PassageId, StoredPassage } from '../core/document.ts';
import type { Query, Reranker, Retriever } from '../core/ports.ts';
import { ranking } from '../core/ranking.ts';
import type { Rescore } from '../retrieve/dense.ts';
import { context, failing, fixed, ids, query } from './fixtures/fixed.ts';
import { merge, orElse, refine, rerank, stage } from './retrievers.ts';

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
    const rescore: Rescore = async (wanted) => new Map(wanted.map((id, at) => [id, 10 + at]));
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

  it('rerank keeps some passages above the others, in lists that still grow too', async () => {
    const source = {
      passages: async (wanted: readonly PassageId[]) => wanted.map((id) => ({ id, text: '' }) as StoredPassage),
    };
    const growing: Reranker = {
      name: 'growing',
      async rerank(_, [, second], { onStage }) {
        const list = ranking(second === undefined ? [] : [{ id: second.id, score: 1 }]);
        onStage({ kind: 'ranked', stage: 'growing', ranking: list, ms: 0, complete: false });
        return list;
      },
    };
    const seen = context();
    const pipeline = rerank('reranked', fixed('hybrid', 0, 1, 2), growing, source, {
      candidates: 2,
      blend: (fused, reranked) => ranking([...fused, ...reranked.map(({ id }) => ({ id, score: 99 }))]),
      upheld: async () => new Set([ids[0] as PassageId]),
    });
    const found = await pipeline.retrieve(query, 10, seen);
    expect(found.map(({ id }) => id)).toEqual([ids[0], ids[1], ids[2]]);
    expect(seen.events).toEqual([expect.objectContaining({ ranking: found, complete: false })]);
  });
});
