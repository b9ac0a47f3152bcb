import { describe, expect, it } from 'vitest';
import type { Context, Query, Retriever } from '../core/ports.ts';
import { compareScored } from '../core/ranking.ts';

export interface RetrieverSubject {
  readonly retriever: Retriever;
  /** Words that find at least three passages. */
  readonly known: string;
  /** Words that no passage holds. */
  readonly unknown: string;
  /** Reads a question as the engine does; `plainQuery` by default. */
  readonly query?: (text: string) => Query;
  readonly close?: () => Promise<void>;
}

/** A question without operators. */
export function plainQuery(text: string): Query {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return { text, plain: text, words, phrases: [], excluded: [], fielded: [], typing: false };
}

export function quietContext(signal: AbortSignal = new AbortController().signal): Context {
  return { signal, onStage: () => undefined };
}

/** What every Retriever owes the stages after it. `make` gives a fresh one over a corpus of at least three passages. */
export function testRetriever(name: string, make: () => Promise<RetrieverSubject>): void {
  type Retrieve = (text: string, depth?: number, context?: Context) => ReturnType<Retriever['retrieve']>;
  const withSubject = (test: (retrieve: Retrieve, subject: RetrieverSubject) => Promise<void>) => async () => {
    const subject = await make();
    const read = subject.query ?? plainQuery;
    try {
      await test(
        (text, depth = 10, context = quietContext()) => subject.retriever.retrieve(read(text), depth, context),
        subject,
      );
    } finally {
      await subject.close?.();
    }
  };

  describe(`${name} as a Retriever`, () => {
    it(
      'has a name',
      withSubject(async (_, { retriever }) => {
        expect(retriever.name).toMatch(/^\S+$/);
      }),
    );
    it(
      'gives a ranking: sorted, each passage once, scores that are numbers',
      withSubject(async (retrieve, { known }) => {
        const found = await retrieve(known);
        expect(found.length).toBeGreaterThanOrEqual(3);
        expect([...found].sort(compareScored)).toEqual(found);
        expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
        for (const { score } of found) expect(Number.isFinite(score)).toBe(true);
      }),
    );
    it(
      'gives at most `depth` passages, and the same ones first at any depth',
      withSubject(async (retrieve, { known }) => {
        const all = await retrieve(known, 1_000_000);
        for (const depth of [0, 1, 2, 3]) {
          const found = await retrieve(known, depth);
          expect(found).toHaveLength(depth);
          expect(found.map(({ score }) => score)).toEqual(all.slice(0, depth).map(({ score }) => score));
        }
      }),
    );
    it(
      'gives the same ranking each time, also when asked at once',
      withSubject(async (retrieve, { known }) => {
        const first = await retrieve(known);
        const together = await Promise.all([retrieve(known), retrieve(known, 2), retrieve(known)]);
        expect(together).toEqual([first, first.slice(0, 2), first]);
      }),
    );
    it(
      'has no quarrel with unknown words, signs, much text or none',
      withSubject(async (retrieve, { known, unknown }) => {
        for (const text of [
          unknown,
          '',
          '   ',
          '?!… "',
          '\u0000',
          '🦊',
          '\ud800',
          `${known} ${unknown}`,
          'x'.repeat(10_000),
        ])
          for (const { score } of await retrieve(text, 5)) expect(Number.isFinite(score)).toBe(true);
        expect(await retrieve('')).toEqual([]);
        expect((await retrieve(known)).length).toBeGreaterThanOrEqual(3);
      }),
    );
    it(
      "stops with 'aborted', and works again afterwards",
      withSubject(async (retrieve, { known }) => {
        const fired = quietContext(AbortSignal.abort());
        await expect(retrieve(known, 5, fired)).rejects.toMatchObject({ code: 'aborted' });
        const controller = new AbortController();
        const running = retrieve(known, 5, quietContext(controller.signal)).catch((error: unknown) => error);
        controller.abort();
        const outcome = await running;
        // One that needs no waiting may have its answer already.
        if (!Array.isArray(outcome)) expect(outcome).toMatchObject({ code: 'aborted' });
        expect((await retrieve(known)).length).toBeGreaterThanOrEqual(3);
      }),
    );
  });
}
