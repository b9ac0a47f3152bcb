import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DocumentId, documentId, passageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import { memoryStore } from '../store/memory.ts';
import { createCache } from './cache.ts';
import { eraseCorpus, openCorpus } from './corpus.ts';
import { createState } from './corpus-state.ts';
import { answers } from './fixtures/answers.ts';
import { corpusOptions, documents, indexed } from './fixtures/corpora.ts';
import { contents } from './fixtures/faulty-store.ts';
import { residentStore } from './resident.ts';
import type { IndexedDocument } from './segment-builder.ts';

const runs = { numRuns: 30 };

async function corpusOf(...batches: readonly (readonly IndexedDocument[])[]) {
  const corpus = await openCorpus(memoryStore(), corpusOptions);
  for (const add of batches) await corpus.apply({ add });
  return corpus;
}

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
    expect(await corpus.similar({ word: 'dgo', edits: 1 }, 5)).toEqual([{ term: 'dog', frequency: 2, distance: 1 }]);
  });

  it('answers the same after save and load, in one segment or in many', async () => {
    await fc.assert(
      fc.asyncProperty(documents({ vectors: true }), async (all) => {
        const store = memoryStore();
        const corpus = await openCorpus(store, corpusOptions);
        for (const each of all) await corpus.apply({ add: [each] });
        const expected = await answers(await corpusOf(all));
        expect(await answers(corpus)).toEqual(expected);
        expect(await answers(await openCorpus(store, corpusOptions))).toEqual(expected);
        await corpus.compact();
        expect(corpus.statistics().segments).toBeLessThan(Math.max(3, all.length));
        expect(await answers(corpus)).toEqual(expected);
      }),
      runs,
    );
  });

  it('gives the documents of an index built afresh, whatever was added, replaced, removed and merged before', async () => {
    const step = fc.record({
      add: documents({ maxLength: 4, vectors: true }),
      remove: fc.array(fc.stringMatching(/^[a-e]{1,2}$/), { maxLength: 4 }),
      compact: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const corpus = await corpusOf();
        const kept = new Map<string, IndexedDocument>();
        for (const { add, remove, compact } of steps) {
          await corpus.apply({ add, remove: remove.map(documentId) });
          for (const id of remove) kept.delete(id);
          for (const each of add) kept.set(each.document.id, each);
          if (compact) await corpus.compact();
        }
        const fresh = await corpusOf([...kept.values()]);
        expect(await answers(corpus)).toEqual(await answers(fresh));
      }),
      runs,
    );
  });

  it('is as before when what was added is removed', async () => {
    await fc.assert(
      fc.asyncProperty(documents(), documents({ maxLength: 4 }), async (first, second) => {
        const corpus = await corpusOf(first);
        const known = new Set(first.map(({ document }) => document.id as string));
        const added = second.filter(({ document }) => !known.has(document.id));
        const before = [await answers(corpus), await corpus.expand('a', 9), await corpus.expand('be', 9)];
        await corpus.apply({ add: added });
        await corpus.apply({ remove: added.map(({ document }) => document.id as DocumentId) });
        expect([await answers(corpus), await corpus.expand('a', 9), await corpus.expand('be', 9)]).toEqual(before);
      }),
      runs,
    );
  });

  it('writes the same bytes for the same documents in any order', async () => {
    await fc.assert(
      fc.asyncProperty(documents(), async (all) => {
        const write = async (add: readonly IndexedDocument[]) => {
          const store = memoryStore();
          await (await openCorpus(store, { ...corpusOptions, clock: () => 0 })).apply({ add });
          return contents(store);
        };
        expect(await write([...all].reverse())).toEqual(await write(all));
      }),
      runs,
    );
  });

  it('keeps a view readable over the next write, and reads on a fresh one after that', async () => {
    const store = memoryStore();
    const corpus = await openCorpus(store, corpusOptions);
    for (const id of ['a', 'b', 'c']) await corpus.apply({ add: [indexed({ id, texts: [`word of ${id}`] })] });
    const reader = await openCorpus(store, corpusOptions);
    const view = reader.view();
    await corpus.compact();
    expect(corpus.statistics().segments).toBe(1);
    const [word] = await view.postings(['word']);
    expect(await view.idsOf([...(word?.fields[2]?.passages ?? [])])).toEqual(['a#0', 'b#0', 'c#0']);
    await corpus.apply({ add: [indexed({ id: 'd', texts: ['word of d'] })] });
    await expect(view.passages([passageId(documentId('a'), 0)])).rejects.toMatchObject({ code: 'not-found' });
    expect((await reader.passages([passageId(documentId('d'), 0)])).length).toBe(0);
    expect((await reader.passages([passageId(documentId('a'), 0)])).length).toBe(1);
    expect(reader.statistics().documents).toBe(4);
    expect(await reader.refresh()).toBe(false);
  });

  it('leaves nothing behind of what was merged away', async () => {
    const store = memoryStore();
    const corpus = await openCorpus(store, corpusOptions);
    for (const id of ['a', 'b', 'c', 'd']) await corpus.apply({ add: [indexed({ id, texts: [id] })] });
    await corpus.compact();
    await corpus.apply({ add: [indexed({ id: 'e', texts: ['e'] })] });
    const used = new Set((await corpus.documents()).map(({ segment }) => segment));
    for (const name of await store.list('segments/')) expect(used).toContain(name.split('/')[1]);
    await eraseCorpus(store);
    expect(await store.list('')).toEqual([]);
  });

  it('leaves nothing behind of a merge that ran out of room', async () => {
    const store = memoryStore();
    let merging = 0;
    const full: Store = {
      ...store,
      async write(changes) {
        const names = [...(changes.put?.keys() ?? [])];
        if (names.length > 0 && !names.includes('manifest')) {
          merging += 1;
          if (merging === 3) throw new SearchError('quota', 'full');
        }
        await store.write(changes);
      },
    };
    const corpus = await openCorpus(full, corpusOptions);
    for (const id of ['a', 'b', 'c', 'd']) await corpus.apply({ add: [indexed({ id, texts: [id] })] });
    await expect(corpus.compact()).rejects.toMatchObject({ code: 'quota' });
    expect(merging).toBe(3);
    const used = new Set((await corpus.documents()).map(({ segment }) => segment));
    for (const name of await store.list('segments/')) expect(used).toContain(name.split('/')[1]);
    await corpus.compact();
    expect(corpus.statistics().segments).toBeLessThan(4);
  });

  it('keeps nothing in memory of a segment that is merged away while it is brought there', async () => {
    const store = memoryStore();
    const corpus = await openCorpus(store, corpusOptions);
    await corpus.apply({ add: [indexed({ id: 'a', texts: ['alpha'] })] });
    let rewrite: (() => Promise<void>) | undefined;
    const resident = residentStore(
      {
        ...store,
        async read(name, range, signal) {
          const bytes = await store.read(name, range, signal);
          const now = rewrite;
          rewrite = undefined;
          await now?.();
          return bytes;
        },
      },
      1_000_000,
    );
    const state = createState({ store: resident, prefix: '', fingerprint: 'test', cache: createCache(1_000_000) });
    await state.refresh();
    const [first] = state.segment(state.manifest().segments[0]?.name ?? '')?.hot ?? [];
    if (first === undefined) throw new Error('nothing is hot');
    rewrite = async () => {
      for (const text of ['beta', 'gamma']) await corpus.apply({ add: [indexed({ id: 'a', texts: [text] })] });
      await state.refresh();
    };
    await expect(state.hold()).rejects.toMatchObject({ code: 'not-found' });
    expect(await resident.read(first.name)).toBeUndefined();
  });

  it('refuses an index made with another fingerprint, and takes it after clearing', async () => {
    const store = memoryStore();
    await (await openCorpus(store, corpusOptions)).apply({ add: [indexed({ id: 'a', texts: ['a'] })] });
    const other = { ...corpusOptions, fingerprint: 'other' };
    await expect(openCorpus(store, other)).rejects.toMatchObject({ code: 'mismatch' });
    await eraseCorpus(store);
    expect((await openCorpus(store, other)).statistics().documents).toBe(0);
  });

  it('keeps corpora of one store apart', async () => {
    const store = memoryStore();
    const [one, two] = await Promise.all(
      ['one/', 'two/'].map((prefix) => openCorpus(store, { ...corpusOptions, prefix })),
    );
    await one?.apply({ add: [indexed({ id: 'a', texts: ['alpha'] })] });
    await two?.apply({ add: [indexed({ id: 'a', texts: ['beta'] })] });
    await eraseCorpus(store, 'two/');
    expect(await one?.expand('alp', 5)).toHaveLength(1);
  });

  it('refuses what does not fit together, and stays as it was', async () => {
    const corpus = await corpusOf([indexed({ id: 'a', texts: ['a'], vectors: true })]);
    const good = indexed({ id: 'b', texts: ['b'], vectors: true });
    const { vectors } = good;
    if (vectors === undefined) throw new Error('no vectors');
    const bad: readonly IndexedDocument[] = [
      { ...good, passages: indexed({ id: 'c', texts: ['b'] }).passages },
      { ...good, passages: good.passages.map((passage) => ({ ...passage, end: 9 })) },
      { ...good, passages: good.passages.map((passage) => ({ ...passage, weight: Number.NaN })) },
      { ...good, vectors: { ...vectors, count: 2 } },
      { ...good, vectors: { ...vectors, dimensions: 2, rows: new Int8Array(2) } },
    ];
    const before = await answers(corpus);
    for (const add of bad) await expect(corpus.apply({ add: [add] })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(corpus.apply({ add: [good, indexed({ id: 'c', texts: ['c'] })] })).rejects.toMatchObject({
      code: 'bad-input',
    });
    expect(await answers(corpus)).toEqual(before);
  });

  it('stops when told to, with nothing written', async () => {
    const corpus = await corpusOf([indexed({ id: 'a', texts: ['a'] })]);
    const signal = AbortSignal.abort();
    await expect(corpus.apply({ add: [indexed({ id: 'b', texts: ['b'] })] }, signal)).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(corpus.statistics().documents).toBe(1);
  });

  it('takes half surrogates, empty documents and very long texts', async () => {
    const long = 'word '.repeat(70_000);
    const corpus = await corpusOf([
      indexed({ id: 'a', texts: [] }),
      indexed({ id: 'b', title: '\ud83d', texts: ['half \ude00 a pair', long] }),
      indexed({ id: 'c', texts: [] }),
    ]);
    const passages = await corpus.passages([passageId(documentId('b'), 0), passageId(documentId('b'), 1)]);
    expect(passages.map(({ text }) => text)).toEqual(['half \ufffd a pair', long]);
    expect(await corpus.idsOf([0, 1])).toEqual(['b#0', 'b#1']);
    const [word] = await corpus.postings(['word']);
    expect(word?.fields[2]).toEqual({ passages: Uint32Array.of(1), frequencies: Uint16Array.of(65_535) });
    expect((await corpus.documents()).map(({ id, passages }) => [id, passages])).toEqual([
      ['a', 0],
      ['b', 2],
      ['c', 0],
    ]);
  });
});
