import { describe, expect, it } from 'vitest';
import type { Context } from '../core/ports.ts';
import { parseQuery } from '../index/lexical/query.ts';
import { buildPublishedIndex, type PublishOptions } from '../index/published/builder.ts';
import { OPTIONS, PAGES, SMALL, words } from '../index/published/fixtures/pages.ts';
import { openPublishedIndex } from '../index/published/published-index.ts';
import { memoryStore } from '../store/memory.ts';
import { bm25 } from './bm25.ts';

const context: Context = { signal: new AbortController().signal, onStage: () => {} };

async function published(options: PublishOptions) {
  const store = memoryStore();
  await store.write({ put: await buildPublishedIndex(PAGES, options) });
  const index = await openPublishedIndex(store, { words });
  const retriever = bm25({ terms: index.terms, numbers: index, passages: index });
  const find = async (text: string, depth: number) => {
    const found = await retriever.retrieve(parseQuery(text, { typing: false }), depth, context);
    return found.map(({ id, score }) => ({ number: Number(/\/(\d+)#/.exec(id)?.[1]), score }));
  };
  return { index, find };
}

const QUESTIONS = [
  'cat',
  'cats in the garden',
  'dog house word7',
  'reading dogs on a roof',
  'word12 word13 kittens cat',
];

describe('bm25 over an index with common terms', () => {
  it('reads only some passages of common words, and scores these as the whole index does', async () => {
    const [whole, common] = [await published(OPTIONS), await published(SMALL)];
    for (const question of QUESTIONS) {
      const exact = new Map((await whole.find(question, 200)).map(({ number, score }) => [number, score]));
      const found = await common.find(question, 200);
      expect(found.length, question).toBeGreaterThan(2);
      let equal = 0;
      for (const { number, score } of found) {
        expect(score, question).toBeLessThanOrEqual((exact.get(number) ?? 0) * (1 + 1e-9));
        if (Math.abs(score - (exact.get(number) ?? 0)) < 1e-9 * score) equal += 1;
      }
      const best = found[0];
      expect(best?.score, question).toBeCloseTo(exact.get(best?.number ?? -1) ?? 0, 9);
      expect(equal, question).toBeGreaterThan(2);
    }
  });

  it('finds what a rare word brings beside a common one', async () => {
    const [whole, common] = [await published(OPTIONS), await published(SMALL)];
    expect(await common.find('cat word31', 1)).toEqual(await whole.find('cat word31', 1));
  });

  it.each(['"and the cat" roof', 'cat -dog', 'title:cat garden', 'roof "the kitten"'])(
    'reads whole lists where %s sets conditions',
    async (question) => {
      const [whole, common] = [await published(OPTIONS), await published(SMALL)];
      const exact = await whole.find(question, 200);
      expect(exact.length).toBeGreaterThan(0);
      expect(await common.find(question, 200)).toEqual(exact);
    },
  );
});
