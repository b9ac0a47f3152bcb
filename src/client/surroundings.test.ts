import { afterEach, describe, expect, it, vi } from 'vitest';
import { publishedFingerprint } from '../engine/static-index.ts';
import { buildPublishedIndex } from '../index/published/builder.ts';
import { OPTIONS, PAGES } from '../index/published/fixtures/pages.ts';
import { MANIFEST_NAME } from '../index/published/manifest.ts';
import { browserSurroundings } from './surroundings.ts';

const SPACE = { model: 'test', revision: 'first', dtype: 'int8', pooling: 'sum', prefixes: ['', ''] };
const URL_OF_INDEX = 'http://localhost/index';

function fakeCaches() {
  const entries = new Map<string, Uint8Array>();
  const cache = {
    match: async (key: string) => {
      const bytes = entries.get(key);
      return bytes && new Response(new Uint8Array(bytes));
    },
    put: async (key: string, response: Response) => {
      entries.set(key, new Uint8Array(await response.arrayBuffer()));
    },
    keys: async () => [...entries.keys()].map((url) => ({ url })),
    delete: async (key: string) => entries.delete(key),
  };
  return { entries, storage: { open: async () => cache } };
}

/** Serves files as a static host does, and counts what is asked for. */
async function serve() {
  const files = await buildPublishedIndex(PAGES, { ...OPTIONS, fingerprint: publishedFingerprint(SPACE) });
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string, { headers }: RequestInit = {}) => {
    const name = url.split('/').at(-1) ?? '';
    asked.push(name);
    const bytes = files.get(name);
    if (bytes === undefined) return new Response(null, { status: 404 });
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(new Headers(headers).get('range') ?? '') ?? [];
    if (from === undefined) return new Response(bytes);
    const part = bytes.slice(Number(from), Number(to) + 1);
    const contentRange = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
    return new Response(part, { status: 206, headers: { 'content-range': contentRange } });
  });
  return asked;
}

async function readWord(): Promise<number> {
  const surroundings = browserSurroundings(() => {
    throw new Error('no model is needed');
  });
  const corpus = surroundings.published(URL_OF_INDEX, publishedFingerprint(SPACE));
  const { terms } = await corpus.moment(new AbortController().signal);
  const [cat] = await terms.postings(['cat']);
  return cat?.fields[2]?.passages.length ?? 0;
}

describe('a published index among the surroundings of a browser', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is read from the cache by later visits, but for its manifest', async () => {
    const { entries, storage } = fakeCaches();
    vi.stubGlobal('caches', storage);
    const asked = await serve();
    expect(await readWord()).toBeGreaterThan(5);
    await vi.waitFor(() => expect(entries.size).toBeGreaterThan(1));
    const parts = asked.filter((name) => name !== MANIFEST_NAME).length;
    expect(parts).toBeGreaterThan(0);
    asked.length = 0;
    expect(await readWord()).toBeGreaterThan(5);
    expect(asked).toEqual([MANIFEST_NAME]);
  });
});
