import { describe, expect, it, vi } from 'vitest';
import { documentId, passageId } from '../core/document.ts';
import { memoryStore } from '../store/memory.ts';
import { openCorpus } from './corpus.ts';
import { corpusOptions, indexed } from './fixtures/corpora.ts';
import { readAhead } from './read-ahead.ts';

async function filled() {
  const store = memoryStore();
  const corpus = await openCorpus(store, corpusOptions);
  await corpus.apply({ add: [indexed({ id: 'fox', title: 'Foxes', texts: ['the quick brown fox'] })] });
  return { store, corpus };
}

describe('readAhead', () => {
  it('opens a corpus from reads that were begun before, each once', async () => {
    const { store } = await filled();
    const read = vi.spyOn(store, 'read');
    const ahead = readAhead(store);
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(2));
    const corpus = await openCorpus(ahead, corpusOptions);
    expect(read).toHaveBeenCalledTimes(2);
    expect(corpus.statistics()).toMatchObject({ documents: 1 });
    await corpus.refresh();
    expect(read).toHaveBeenCalledTimes(3);
  });

  it('gives nothing that a write has made stale', async () => {
    const { store } = await filled();
    const ahead = readAhead(store);
    await ahead.write({ put: new Map([['manifest', new Uint8Array([1])]]) });
    expect(await ahead.read('manifest')).toEqual(new Uint8Array([1]));
  });

  it('leaves what is wrong to whoever opens the corpus', async () => {
    const store = memoryStore();
    await store.write({ put: new Map([['manifest', new Uint8Array(40)]]) });
    await expect(openCorpus(readAhead(store), corpusOptions)).rejects.toMatchObject({ code: 'corrupt' });
    expect((await openCorpus(readAhead(memoryStore()), corpusOptions)).statistics().documents).toBe(0);
  });
});

describe('texts of ids that were just named', () => {
  it('are those of the document that has the id now, not of one that was removed', async () => {
    const { corpus } = await filled();
    await corpus.apply({ add: [indexed({ id: 'fox', title: 'Foxes', texts: ['a slow red fox'] })] });
    const view = corpus.view();
    const ids = await view.idsOf([...Array(view.size).keys()]);
    expect(new Set(ids)).toEqual(new Set([passageId(documentId('fox'), 0)]));
    view.foresee?.([view.size - 1]);
    expect((await view.passages(ids.slice(0, 1))).map(({ text }) => text)).toEqual(['a slow red fox']);
  });
});
