import { describe, expect, it } from 'vitest';
import { documentId, passageId } from '../core/document.ts';
import { openCorpus } from '../index/corpus.ts';
import { createAnalyzer } from '../index/lexical/analysis.ts';
import { buildPublishedIndex, type PublishOptions } from '../index/published/builder.ts';
import { OPTIONS, PAGES, SMALL, words } from '../index/published/fixtures/pages.ts';
import { openPublishedIndex } from '../index/published/published-index.ts';
import type { CorpusView } from '../index/view.ts';
import { bm25 } from '../retrieve/bm25.ts';
import { plainQuery, quietContext } from '../retrieve/retriever.contract.ts';
import { memoryStore } from '../store/memory.ts';
import { unite } from './union.ts';

const WORDS = ['boat', 'oar', 'river', 'lake', 'bridge', 'lantern', 'harbour', 'anchor'];

async function corpusOf(names: readonly string[]): Promise<CorpusView> {
  const corpus = await openCorpus(memoryStore(), { fingerprint: 'f', analyzer: createAnalyzer });
  const add = names.map((name, index) => {
    const id = documentId(name);
    const seed = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), index);
    const text = Array.from(
      { length: 4 + (seed % 9) },
      (_, at) => WORDS[(seed * (at + 3) + at * at) % WORDS.length],
    ).join(' ');
    const passage = {
      id: passageId(id, 0),
      documentId: id,
      start: 0,
      end: text.length,
      heading: [],
      anchor: '',
      weight: 1,
      text,
    };
    return { document: { id, url: name, title: name, language: 'en' }, hash: name, passages: [passage] };
  });
  await corpus.apply({ add });
  return corpus.view();
}

const part = (view: CorpusView) => ({ terms: view, numbers: view, passages: view, size: view.size });

async function publishedPart(options: PublishOptions) {
  const store = memoryStore();
  await store.write({ put: await buildPublishedIndex(PAGES, options) });
  const index = await openPublishedIndex(store, { words });
  return { terms: index.terms, numbers: index, passages: index, size: index.facts.passages };
}

describe('unite', () => {
  const first = ['one', 'two', 'three', 'four', 'five'];
  const second = ['six', 'seven', 'eight'];

  it('gives scores that do not depend on how documents are spread', async () => {
    const names = [...first, ...second];
    const whole = await corpusOf(names);
    const stored = await whole.passages(names.map((name) => passageId(documentId(name), 0)));
    const halves = await Promise.all(
      [stored.slice(0, 3), stored.slice(3)].map(async (passages) => {
        const corpus = await openCorpus(memoryStore(), { fingerprint: 'f', analyzer: createAnalyzer });
        await corpus.apply({
          add: passages.map((passage) => ({
            document: { id: passage.documentId, url: passage.url, title: passage.title, language: 'en' },
            hash: passage.id,
            passages: [passage],
          })),
        });
        return part(corpus.view());
      }),
    );
    for (const text of ['boat', 'river lantern', 'anchor oar bri', 'nothing']) {
      const query = plainQuery(text);
      const one = await bm25(part(whole)).retrieve(query, 10, quietContext());
      const united = await bm25(unite(halves)).retrieve(query, 10, quietContext());
      expect(united.map(({ id }) => id)).toEqual(one.map(({ id }) => id));
      for (const [index, { score }] of united.entries()) expect(score).toBeCloseTo(one[index]?.score ?? -1, 9);
    }
  });

  it('settles the common terms of each part', async () => {
    const own = part(await corpusOf(['cat', 'dog', 'garden']));
    const query = plainQuery('"and the dog" cat');
    const find = async (published: PublishOptions) => {
      const union = unite([await publishedPart(published), own]);
      const found = await bm25(union).retrieve(query, 50, quietContext());
      return found.map(({ id, score }) => [id.replace(/^~[^/]*/, ''), score]);
    };
    const exact = await find(OPTIONS);
    expect(exact.length).toBeGreaterThan(3);
    expect(await find(SMALL)).toEqual(exact);
  });
});
