import { describe, expect, it } from 'vitest';
import type { Query, Retriever } from '../core/ports.ts';
import { emptyRanking } from '../core/ranking.ts';
import { parseQuery } from '../index/lexical/query.ts';
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
