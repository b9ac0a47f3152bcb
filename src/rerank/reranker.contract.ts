import { describe, expect, it } from 'vitest';
import type { Reranker } from '../core/ports.ts';
import { passage, question, recording } from './fixtures/passages.ts';

export interface RerankerSubject {
  readonly reranker: Reranker;
  close?(): Promise<void>;
}

const texts = ['the fox ran', 'install the search engine', 'a bridge over the page', '', 'rank the list of passages'];
const passages = texts.map((text, at) => passage(`doc${at}`, text));

/** What every Reranker must do. `make` gives a fresh one. */
export function testReranker(name: string, make: () => Promise<RerankerSubject>): void {
  const withSubject = (test: (reranker: Reranker) => Promise<void>) => async () => {
    const subject = await make();
    try {
      await test(subject.reranker);
    } finally {
      await subject.close?.();
    }
  };

  describe(`${name} as a Reranker`, () => {
    it(
      'ranks each given passage once, best first, and no other',
      withSubject(async (reranker) => {
        const found = await reranker.rerank(question('install search'), passages, recording());
        expect(found.map(({ id }) => id).sort()).toEqual(passages.map(({ id }) => id).sort());
        for (const [at, { score }] of found.entries()) {
          expect(Number.isFinite(score)).toBe(true);
          expect(score).toBeLessThanOrEqual(found[at - 1]?.score ?? Number.POSITIVE_INFINITY);
        }
        expect(new Set(found.map(({ score }) => score)).size).toBeGreaterThan(1);
      }),
    );
    it(
      'gives a passage the same score in another order of passages',
      withSubject(async (reranker) => {
        const found = await reranker.rerank(question('install search'), passages, recording());
        expect(await reranker.rerank(question('install search'), passages.toReversed(), recording())).toEqual(found);
      }),
    );
    it(
      'answers no passages with an empty ranking',
      withSubject(async (reranker) => {
        expect(await reranker.rerank(question('install'), [], recording())).toEqual([]);
      }),
    );
    it(
      'reports only lists that still grow, under its own name',
      withSubject(async (reranker) => {
        const context = recording();
        await reranker.rerank(question('fox'), passages, context);
        for (const event of context.events)
          expect(event).toMatchObject({ kind: 'ranked', stage: reranker.name, complete: false });
      }),
    );
    it(
      'stops for a signal that has fired, and answers the next call',
      withSubject(async (reranker) => {
        const aborted = recording(AbortSignal.abort());
        await expect(reranker.rerank(question('fox'), passages, aborted)).rejects.toMatchObject({ code: 'aborted' });
        expect((await reranker.rerank(question('fox'), passages, recording())).length).toBe(passages.length);
      }),
    );
  });
}
