import { beforeEach, describe, expect, it } from 'vitest';
import { documentId, passageId, type StoredPassage } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import { memoryTermSource } from '../index/lexical/memory-terms.ts';
import { asked, type Fakes, freshFakes, never, openHost, quiet, SOURCES, surroundings } from './fixtures/engine.ts';
import { createEngineHost } from './host.ts';
import type { SearchableCorpus } from './moments.ts';
import type { EngineHost } from './types.ts';

/** A published index of one passage. */
const siteId = passageId(documentId('site'), 0);
const site: SearchableCorpus = {
  name: 'site',
  optional: true,
  moment: async () => ({
    documents: 1,
    size: 1,
    terms: memoryTermSource([{ fields: [['boat'], [], ['boat']] }]),
    numbers: { idsOf: async (numbers) => numbers.map(() => siteId) },
    passages: { passages: async (ids) => (ids.includes(siteId) ? [PASSAGE] : []) },
    vectors: undefined,
  }),
};
const PASSAGE: StoredPassage = {
  ...{ id: siteId, documentId: documentId('site'), url: '/site', anchor: '', title: 'Boat', heading: [] },
  ...{ text: 'boat', start: 0, end: 4, weight: 1, language: 'en' },
};

/** Turns one byte of each segment's blob of this name. */
async function damage(fakes: Fakes, part: string): Promise<void> {
  const store = fakes.stores.get('test');
  for (const name of (await store?.list('')) ?? []) {
    const bytes = name.endsWith(`/${part}`) ? (await store?.read(name))?.slice() : undefined;
    if (bytes === undefined) continue;
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
    await store?.write({ put: new Map([[name, bytes]]) });
  }
}

describe('engine host: opening and renewal', () => {
  let fakes: Fakes;
  let host: EngineHost;
  const open = async () => {
    host = await openHost(fakes);
  };
  const ask = (text: string, options = {}) => asked(host, text, options);
  beforeEach(async () => {
    fakes = freshFakes();
    await open();
  });

  it('finds what another tab has renewed while this one started, and erases nothing of it', async () => {
    await host.add(SOURCES, never, quiet);
    for (const renew of [true, false]) {
      const chunker = `newer ${renew}`;
      const newer = { ...surroundings(fakes), chunker };
      let go: () => void = () => undefined;
      const late = new Promise<void>((resolve) => (go = resolve));
      const starting = createEngineHost({
        ...newer,
        semantic: async (...given) => late.then(() => newer.semantic(...given)),
      });
      const opening = starting.open({ name: 'test', models: '', renew });
      const first = createEngineHost(newer);
      await first.open({ name: 'test', models: '', renew: true });
      await first.add(SOURCES.slice(0, 2), never, quiet);
      go();
      await opening;
      expect((await starting.documents()).map(({ id }) => id)).toEqual(['boats', 'lamps']);
      expect((await first.documents()).length).toBe(2);
    }
  });

  it('finds what another tab has written while this one started', async () => {
    await host.add(SOURCES.slice(0, 1), never, quiet);
    let go: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (go = resolve));
    const own = surroundings(fakes);
    const starting = createEngineHost({
      ...own,
      semantic: async (...given) => late.then(() => own.semantic(...given)),
    });
    const opening = starting.open({ name: 'test', models: '' });
    await host.add(SOURCES.slice(1), never, quiet);
    await host.remove(['boats']);
    go();
    await opening;
    expect((await starting.documents()).map(({ id }) => id)).toEqual(['lamps', 'tea']);
    expect((await asked(starting, 'boat', { pipeline: 'lexical' })).ids).toEqual([]);
  });

  it('goes on with published indexes when another tab has renewed the corpus in another way', async () => {
    const beside = { ...surroundings(fakes), published: () => site };
    const older = createEngineHost(beside);
    await older.open({ name: 'test', models: '', published: ['site'] });
    await older.add(SOURCES, never, quiet);
    expect((await asked(older, 'boat', { pipeline: 'lexical' })).ids).toEqual(['site', 'boats']);
    const newer = createEngineHost({ ...beside, chunker: 'newer' });
    await newer.open({ name: 'test', models: '', renew: true });
    await newer.add(SOURCES, never, quiet);
    const { ids, last } = await asked(older, 'boat', { pipeline: 'lexical' });
    expect(ids).toEqual(['site']);
    expect(last.skipped).toMatchObject([{ stage: 'test', code: 'mismatch' }]);
  });

  it('with renew removes damaged vectors too, which leave but the meaning out of an answer', async () => {
    await host.add(SOURCES, never, quiet);
    await damage(fakes, 'vectors');
    const plain = createEngineHost(surroundings(fakes));
    await plain.open({ name: 'test', models: '' });
    for (let asking = 0; asking < 2; asking += 1)
      expect((await asked(plain, 'boat')).last).toMatchObject({ stage: 'bm25', skipped: [{ code: 'corrupt' }] });
    const renewing = createEngineHost(surroundings(fakes));
    await renewing.open({ name: 'test', models: '', renew: true });
    expect((await asked(renewing, 'boat')).last).toMatchObject({ results: [], skipped: [] });
    expect(await renewing.add(SOURCES, never, quiet)).toMatchObject({ added: 3 });
    expect((await asked(renewing, 'boat')).last).toMatchObject({ stage: 'hybrid', skipped: [] });
  });

  it('with renew removes what is damaged where opening does not see it, so that documents can be added again', async () => {
    for (const part of ['texts', 'lexicon', 'ids', 'lengths', 'documents']) {
      fakes = freshFakes();
      await open();
      await host.add(SOURCES, never, quiet);
      await damage(fakes, part);
      const alone = createEngineHost(surroundings(fakes));
      await alone.open({ name: 'test', models: '' });
      const found = await asked(alone, 'boat', { pipeline: 'lexical' }).catch(({ code }) => code);
      expect(part === 'documents' ? found.ids : found).toEqual(part === 'documents' ? ['boats'] : 'corrupt');

      const renewing = createEngineHost(surroundings(fakes));
      await renewing.open({ name: 'test', models: '', renew: true });
      if (part !== 'documents') expect((await asked(renewing, 'boat', { pipeline: 'lexical' })).ids).toEqual([]);
      expect(await renewing.add(SOURCES, never, quiet)).toMatchObject({ added: 3 });
      expect((await asked(renewing, 'boat', { pipeline: 'lexical' })).ids).toEqual(['boats']);
    }
  });

  it('does without a damaged corpus where there are published indexes, and names it', async () => {
    await host.add(SOURCES, never, quiet);
    await damage(fakes, 'texts');
    const beside = createEngineHost({ ...surroundings(fakes), published: () => site });
    await beside.open({ name: 'test', models: '', published: ['site'] });
    const { ids, last } = await asked(beside, 'boat', { pipeline: 'lexical' });
    expect(ids).toEqual(['site']);
    expect(last.skipped).toMatchObject([{ stage: 'test', code: 'corrupt' }]);
  });

  it('opens where the browser refuses storage, and says so', async () => {
    const refuse = () => Promise.reject(new SearchError('unsupported', 'no storage here'));
    fakes.stores.set('test', { read: refuse, write: refuse, list: refuse, close: async () => undefined });
    for (const renew of [false, true]) {
      host = createEngineHost(surroundings(fakes));
      await host.open({ name: 'test', models: '', renew });
      const { last } = await ask('oar');
      expect(last.skipped).toEqual([{ stage: 'test', code: 'unsupported', reason: 'no storage here' }]);
      await expect(host.add(SOURCES, never, quiet)).rejects.toMatchObject({ code: 'unsupported' });
    }
  });

  it('goes on beside a corpus of another version, loses nothing of it, and removes it when told to', async () => {
    await host.add(SOURCES, never, quiet);
    const reopened = async (options: object) => {
      const newer = { ...surroundings(fakes), chunker: 'newer' };
      host = createEngineHost(newer);
      await host.open({ name: 'test', models: '', ...options });
    };
    await reopened({});
    const { last } = await ask('oar');
    expect(last.results).toEqual([]);
    expect(last.skipped).toEqual([{ stage: 'test', code: 'mismatch', reason: expect.stringContaining('renew: true') }]);
    await expect(host.add(SOURCES, never, quiet)).rejects.toMatchObject({ code: 'mismatch' });
    expect(await host.documents()).toEqual([]);
    await open();
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);

    await reopened({ renew: true });
    expect((await host.status()).documents).toBe(0);
    expect(await host.add(SOURCES, never, quiet)).toMatchObject({ added: 3 });
    expect((await ask('oar', { pipeline: 'lexical' })).ids).toEqual(['boats']);
  });
});
