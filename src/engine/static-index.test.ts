import { describe, expect, it } from 'vitest';
import type { Embedder, Store } from '../core/ports.ts';
import { TOKENIZER_VERSION } from '../index/lexical/analysis.ts';
import { buildPublishedIndex, type PublishedDocument } from '../index/published/builder.ts';
import { OPTIONS, PAGES } from '../index/published/fixtures/pages.ts';
import { MANIFEST_NAME } from '../index/published/manifest.ts';
import { memoryStore } from '../store/memory.ts';
import { createSearcher } from './searcher.ts';
import { publishedFingerprint, staticIndex } from './static-index.ts';

const SPACE = { model: 'test', revision: 'first', dtype: 'int8', pooling: 'sum', prefixes: ['', ''] };
const fingerprint = publishedFingerprint(SPACE);

async function published(pages: readonly PublishedDocument[], changes: { fingerprint?: string } = {}): Promise<Store> {
  const store = memoryStore();
  await store.write({ put: await buildPublishedIndex(pages, { ...OPTIONS, fingerprint, ...changes }) });
  return store;
}

const unasked: Embedder = {
  embedQuery: () => Promise.reject(new Error('a published index embeds by itself')),
  embedPassages: () => Promise.reject(new Error('nothing is added')),
};
const none = { name: 'none', rerank: () => Promise.reject(new Error('nothing is reranked')) };
const searcherOver = (...stores: readonly Store[]) =>
  createSearcher({
    corpora: stores.map((store, at) => staticIndex(`site-${at}`, store)),
    embedder: unasked,
    reranker: () => none,
  });

describe('staticIndex', () => {
  it('is searched by word and by meaning, with rows of its own', async () => {
    const searcher = searcherOver(await published(PAGES));
    const answer = await searcher.search('kitten on the roof', { pipeline: 'hybrid', typing: false });
    expect(answer.skipped).toEqual([]);
    expect(answer.stage).toBe('hybrid');
    expect(answer.results[0]?.excerpt.text).toMatch(/kitten|roof/);
    expect(answer.results[0]?.url).toMatch(/^\/page-/);
  });

  it('shows by meaning the order of what lies beside the texts, not of coarse codes', async () => {
    const store = await published(PAGES);
    const site = staticIndex('site', store);
    const options = { pipeline: 'dense', typing: false, rarity: 0 } as const;
    const answer = await searcherOver(store).search('kitten on the roof', options);
    const { vectors, embedder } = await site.moment(new AbortController().signal);
    const query = (await embedder?.embedQuery('kitten on the roof')) ?? new Float32Array();
    const ids = answer.results.map(({ id }) => id);
    const scores = (await vectors?.rescore?.(query, ids)) ?? new Map();
    expect(ids).toHaveLength(10);
    expect(answer.results.map(({ score }) => score)).toEqual(ids.map((id) => scores.get(id)));
  });

  it('gives the new answer where it is published anew while it is open', async () => {
    const files = async (pages: readonly PublishedDocument[]) =>
      buildPublishedIndex(pages, { ...OPTIONS, fingerprint, partBytes: 4096, inlineBlocks: 2 });
    let current = await files(PAGES.slice(0, 30));
    let reads = 0;
    const store: Store = {
      ...memoryStore(),
      async read(name, range) {
        reads += 1;
        const bytes = current.get(name);
        return bytes && range ? bytes.slice(range.offset, range.offset + range.length) : bytes;
      },
    };
    const searcher = searcherOver(store);
    const ask = async () => {
      const heard: boolean[] = [];
      const answer = await searcher.search(
        'word25',
        { pipeline: 'lexical', typing: false },
        undefined,
        ({ complete }) => heard.push(complete),
      );
      expect(heard.filter(Boolean)).toHaveLength(1);
      return answer;
    };
    expect((await ask()).results).not.toEqual([]);
    current = await files(PAGES.slice(20, 60));
    const after = await ask();
    expect(after.skipped).toEqual([]);
    expect(after.results[0]?.url).toBe('/page-25');
    // Files that are never there are asked for twice, and named.
    current = new Map([...current].filter(([name]) => name === MANIFEST_NAME));
    const broken = searcherOver(store);
    reads = 0;
    const lost = await broken.search('word25', { pipeline: 'lexical', typing: false });
    expect(lost).toMatchObject({ results: [], skipped: [{ code: 'not-found' }] });
    expect(reads).toBeLessThan(12);
  });

  it('is searched a second time only where that is asked for', async () => {
    const searcher = searcherOver(await published(PAGES));
    const stages: string[] = [];
    const rank = (options: object) =>
      searcher.rank('kitten on the roof', { typing: false, ...options }, undefined, ({ stage }) => stages.push(stage));
    const plain = await rank({});
    expect(stages).not.toContain('feedback');
    const again = await rank({ feedback: 3 });
    expect(stages).toContain('feedback');
    expect(again.slice(0, 3).map(({ id }) => id)).toEqual(plain.slice(0, 3).map(({ id }) => id));
  });

  it('is merged with others as one corpus', async () => {
    const both = searcherOver(await published(PAGES.slice(0, 30)), await published(PAGES.slice(30)));
    const one = searcherOver(await published(PAGES));
    const options = { pipeline: 'lexical', typing: false, limit: 20 } as const;
    const [merged, whole] = [await both.search('garden house', options), await one.search('garden house', options)];
    const named = ({ results }: typeof merged) =>
      results.map(({ documentId, score }) => `${score.toFixed(6)} ${documentId}`).sort();
    expect(named(merged).length).toBeGreaterThan(5);
    expect(named(merged).map((each) => each.split(' ')[0])).toEqual(named(whole).map((each) => each.split(' ')[0]));
  });

  it('refuses an index whose words were cut in another way, and goes on with what else there is', async () => {
    const other = fingerprint.replace(`"${TOKENIZER_VERSION}"`, '"0"');
    const stale = await published(PAGES.slice(0, 30), { fingerprint: other });
    await expect(staticIndex('stale', stale).open()).rejects.toMatchObject({ code: 'mismatch' });
    const answer = await searcherOver(stale, await published(PAGES.slice(30))).search('garden', {
      pipeline: 'lexical',
    });
    expect(answer.results.length).toBeGreaterThan(0);
    expect(answer.skipped.map(({ code }) => code)).toEqual(['mismatch']);
  });

  it('finds the index again after it was published anew', async () => {
    const store = await published(PAGES.slice(0, 30));
    const corpus = staticIndex('site', store);
    const searcher = createSearcher({ corpora: [corpus], embedder: unasked, reranker: () => none });
    await corpus.open();
    const newer = await buildPublishedIndex(PAGES, { ...OPTIONS, fingerprint });
    const old = (await store.list('findling-')).filter((name) => !newer.has(name));
    await store.write({ put: newer, remove: old });
    const after = await searcher.search('kitten', { pipeline: 'lexical' });
    expect(after.skipped).toEqual([]);
    expect(after.results.length).toBeGreaterThan(3);
    expect(await store.read(MANIFEST_NAME)).toBeDefined();
  });

  it('tells of damage, and reads what was damaged again', async () => {
    const store = await published(PAGES);
    let garbled = true;
    const garbling: Store = {
      ...store,
      async read(name, range, signal) {
        const bytes = await store.read(name, range, signal);
        return garbled && range !== undefined ? bytes?.map((byte) => byte ^ 0xff) : bytes;
      },
    };
    const told: string[] = [];
    const events = { onOpened: () => void told.push('opened'), onCorrupt: () => void told.push('corrupt') };
    const corpora = [staticIndex('site', garbling, events)];
    const searcher = createSearcher({ corpora, embedder: unasked, reranker: () => none });
    const during = await searcher.search('kitten', { pipeline: 'lexical' });
    expect(during.skipped.map(({ code }) => code)).toEqual(['corrupt']);
    expect(told).toContain('corrupt');
    garbled = false;
    const after = await searcher.search('kitten', { pipeline: 'lexical' });
    expect(after.skipped).toEqual([]);
    expect(told.at(-1)).toBe('opened');
  });

  it('finds it again where only texts had still to be read', async () => {
    const store = await published(PAGES.slice(0, 30));
    const searcher = searcherOver(store);
    await searcher.rank('kitten', { pipeline: 'lexical' });
    const newer = await buildPublishedIndex(PAGES, { ...OPTIONS, fingerprint });
    const old = (await store.list('findling-')).filter((name) => !newer.has(name));
    await store.write({ put: newer, remove: old });
    const during = await searcher.search('kitten', { pipeline: 'lexical' });
    expect(during.results).toEqual([]);
    const after = await searcher.search('kitten', { pipeline: 'lexical' });
    expect(after.skipped).toEqual([]);
    expect(after.results.length).toBeGreaterThan(3);
  });
});
