import { describe, expect, it } from 'vitest';
import { documentId, passageId, type StoredPassage } from '../core/document.ts';
import type { Query, Retriever } from '../core/ports.ts';
import { emptyRanking, ranking } from '../core/ranking.ts';
import { parseQuery } from '../index/lexical/query.ts';
import { createAnswers } from './answering.ts';
import { headStart, heldBack } from './head-start.ts';

const never = { signal: new AbortController().signal, onStage: () => undefined };
const query: Query = parseQuery('boat');

function counting() {
  let calls = 0;
  const retriever: Retriever = {
    name: 'dense',
    async retrieve() {
      calls += 1;
      return emptyRanking;
    },
  };
  return { retriever, calls: () => calls };
}

describe('a head start', () => {
  it('holds a retriever back until the first answer is out', async () => {
    const first = headStart(60_000);
    const { retriever, calls } = counting();
    const found = heldBack(retriever, first.over).retrieve(query, 10, never);
    await Promise.resolve();
    expect(calls()).toBe(0);
    first.end();
    await found;
    expect(calls()).toBe(1);
  });

  it('ends by itself', async () => {
    const { retriever, calls } = counting();
    await heldBack(retriever, headStart(1).over).retrieve(query, 10, never);
    expect(calls()).toBe(1);
  });

  it('does not outlive its query', async () => {
    const controller = new AbortController();
    const first = headStart(60_000);
    const { retriever, calls } = counting();
    const found = heldBack(retriever, first.over).retrieve(query, 10, { ...never, signal: controller.signal });
    controller.abort();
    await expect(found).rejects.toMatchObject({ code: 'aborted' });
    first.end();
    await Promise.resolve();
    expect(calls()).toBe(0);
  });
});

describe('answers', () => {
  const document = documentId('harbour');
  const passage = (ordinal: number): StoredPassage => ({
    id: passageId(document, ordinal),
    documentId: document,
    start: 0,
    end: 4,
    heading: [],
    anchor: '',
    weight: 1,
    text: 'boat',
    url: 'harbour',
    title: 'Harbour',
    language: 'en',
  });

  it('reads and dresses a passage once, however many stages show it', async () => {
    const asked: string[] = [];
    let dressed = 0;
    const shown: string[][] = [];
    const answers = createAnswers({
      query: 'boat',
      limit: 2,
      explain: true,
      shown: new Set(['bm25', 'hybrid']),
      passages: {
        async passages(ids) {
          asked.push(...ids);
          return ids.map((id) => passage(Number(id.split('#')[1])));
        },
      },
      async present({ text }) {
        dressed += 1;
        return { excerpt: { text, highlights: [] } };
      },
      onAnswer: ({ results }) => shown.push(results.map(({ id, score }) => `${id} ${score}`)),
      start: 0,
    });
    const of = (...scored: readonly (readonly [number, number])[]) =>
      ranking(scored.map(([ordinal, score]) => ({ id: passageId(document, ordinal), score })));
    answers.onStage({ kind: 'ranked', stage: 'bm25', ranking: of([0, 2], [1, 1]), ms: 1, complete: true });
    await new Promise((resolve) => setTimeout(resolve));
    const hybrid = of([1, 9], [2, 8], [0, 7]);
    answers.onStage({ kind: 'ranked', stage: 'hybrid', ranking: hybrid, ms: 2, complete: true });
    const last = await answers.finish(hybrid, 'hybrid');
    expect(shown.at(0)).toEqual(['harbour#0 2', 'harbour#1 1']);
    expect(shown.at(-1)).toEqual(['harbour#1 9', 'harbour#2 8']);
    expect(last.results[0]?.explain).toMatchObject({ bm25: { rank: 2 }, hybrid: { rank: 1 } });
    expect(asked).toEqual(['harbour#0', 'harbour#1', 'harbour#2']);
    expect(dressed).toBe(3);
  });

  it('reads no texts for a cancelled question, and gives no answer', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const given: (AbortSignal | undefined)[] = [];
    let shown = 0;
    const answers = createAnswers({
      query: 'boat',
      limit: 2,
      explain: false,
      shown: new Set(['bm25']),
      passages: {
        async passages(ids, asked) {
          given.push(asked);
          controller.abort();
          return ids.map(() => passage(0));
        },
      },
      present: async ({ text }) => ({ excerpt: { text, highlights: [] } }),
      onAnswer: () => {
        shown += 1;
      },
      signal,
      start: 0,
    });
    const found = ranking([{ id: passageId(document, 0), score: 1 }]);
    answers.onStage({ kind: 'ranked', stage: 'bm25', ranking: found, ms: 1, complete: true });
    await expect(answers.finish(found, 'bm25')).rejects.toMatchObject({ code: 'aborted' });
    expect(given.every((each) => each === signal)).toBe(true);
    expect(shown).toBe(0);
  });
});
