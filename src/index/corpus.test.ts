import { describe, expect, it } from 'vitest';
import { documentId, passageId } from '../core/document.ts';
import { memoryStore } from '../store/memory.ts';
import { openCorpus } from './corpus.ts';
import { corpusOptions, indexed } from './fixtures/corpora.ts';

describe('corpus', () => {
  it('finds after a reload what was added', async () => {
    const store = memoryStore();
    const first = await openCorpus(store, corpusOptions);
    await first.apply({
      add: [
        indexed({ id: 'fox', title: 'Foxes', texts: ['the quick brown fox. ', 'jumps over the dog'] }),
        indexed({ id: 'dog', title: 'Dogs', texts: ['a lazy dog and a dog'] }),
      ],
    });
    const corpus = await openCorpus(store, corpusOptions);
    expect(corpus.statistics()).toMatchObject({ passages: 3, documents: 2, segments: 1, languages: ['en'] });
    const [dog, cat] = await corpus.postings(['dog', 'cat']);
    expect(cat).toBeUndefined();
    expect(dog?.fields.map(({ passages, frequencies }) => [[...passages], [...frequencies]])).toEqual([
      [[], []],
      [[], []],
      [
        [0, 2],
        [2, 1],
      ],
    ]);
    expect(await corpus.idsOf([2, 0])).toEqual([passageId(documentId('fox'), 1), passageId(documentId('dog'), 0)]);
    const [passage] = await corpus.passages([passageId(documentId('fox'), 1), passageId(documentId('cow'), 0)]);
    expect(passage).toEqual({
      id: 'fox#1',
      documentId: 'fox',
      start: 21,
      end: 39,
      heading: ['Part', 'Section 1'],
      anchor: 'a1',
      weight: 1,
      text: 'jumps over the dog',
      url: '/fox.html',
      title: 'Foxes',
      language: 'en',
    });
    expect(await corpus.expand('do', 5)).toEqual([
      { term: 'dog', frequency: 2, distance: 1 },
      { term: 'dogs', frequency: 1, distance: 2 },
    ]);
    expect((await corpus.expand('fox', 5)).map(({ term }) => term)).toEqual(['foxes', 'fox']);
    expect(await corpus.similar('dgo', 1, 5)).toEqual([{ term: 'dog', frequency: 2, distance: 1 }]);
  });
});
