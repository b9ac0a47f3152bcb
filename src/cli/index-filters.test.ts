import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSearcher } from '../engine/searcher.ts';
import { staticIndex } from '../engine/static-index.ts';
import { indexContent } from '../plugins/adapter.ts';
import { contentIndex } from '../plugins/places.ts';
import { fileStore } from '../store/files.ts';
import { indexArguments } from './index-options.ts';
import { indexSite } from './index-site.ts';
import { searchCommand } from './search-command.ts';

let root = '';
let site = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'findling-filters-'));
  site = join(root, 'dist');
  put('index.html', '<!doctype html><html lang="en"><title>Home</title><main><p>Welcome to the harbour.');
  put('guide/cranes.html', '<!doctype html><html lang="en"><title>Cranes</title><main><p>A crane in the harbour.');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
  vi.restoreAllMocks();
});

const put = (path: string, content: string) => {
  mkdirSync(join(site, path, '..'), { recursive: true });
  writeFileSync(join(site, path), content);
};
const run = (filters: Parameters<typeof indexSite>[0]['filters'] = []) => {
  const options = { folder: site, out: join(site, 'findling'), cache: join(root, 'pages.cache'), baseUrl: '/' };
  return indexSite({ ...options, exclude: [], weights: [], filters });
};
const filtersIn = (folder: string) => {
  const refuse = () => Promise.reject(new Error('unused'));
  const corpora = [staticIndex('docs', fileStore(folder))];
  const reranker = () => ({ name: 'none', rerank: refuse });
  return createSearcher({ corpora, embedder: { embedQuery: refuse, embedPassages: refuse }, reranker }).filters();
};

describe('filters of pages', () => {
  it('come from globs, from the pages themselves and from lines, and change with them alone', async () => {
    put(
      'guide/ropes.html',
      '<!doctype html><html lang="en"><meta data-findling-filter="kind" content="news"><p>Ropes.',
    );
    put('more.jsonl', '{"url":"/more","title":"More","text":"Words.","filters":{"kind":["news","old"],"year":2026}}\n');
    const globs = [
      { glob: 'guide', filters: { section: 'Guide' } },
      { glob: '**', filters: { version: '2' } },
    ];
    expect(await run(globs)).toMatchObject({ pages: 4, embedded: 4, failed: [] });
    const out = join(site, 'findling');
    expect(await filtersIn(out)).toEqual({
      kind: { news: 2, old: 1 },
      section: { Guide: 2 },
      version: { '2': 4 },
      year: { '2026': 1 },
    });
    const bytes = readFileSync(join(out, 'findling.bin'));
    expect(await run(globs)).toMatchObject({ embedded: 0 });
    expect(readFileSync(join(out, 'findling.bin')).equals(bytes)).toBe(true);
    expect(await run([{ glob: '**', filters: { version: '2' } }])).toMatchObject({ pages: 4, embedded: 2 });
    expect((await filtersIn(out)).section).toBeUndefined();
  }, 60_000);

  it('are named where a line has none that can be', async () => {
    put('more.jsonl', '{"url":"/a","text":"One."}\n{"url":"/b","text":"Two.","filters":["x"]}\n');
    expect((await run()).failed).toEqual([{ id: 'more.jsonl, line 2', reason: expect.stringContaining('"filters"') }]);
  }, 60_000);

  it('narrow findling search', async () => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await run([{ glob: 'guide', filters: { section: 'Guide' } }]);
    const urls = async (...filters: readonly string[]) => {
      const given = filters.flatMap((each) => ['--filter', each]);
      await searchCommand(['harbour', '--index', join(site, 'findling'), '--json', ...given]);
      const { results } = JSON.parse(String(written.mock.lastCall?.[0]));
      return results.map(({ url }: { url: string }) => url).sort();
    };
    expect(await urls()).toEqual(['/', '/guide/cranes.html']);
    expect(await urls('section: Guide', 'section:API')).toEqual(['/guide/cranes.html']);
    expect(await urls('section:API')).toEqual([]);
    await expect(urls('section')).rejects.toThrow("not 'section'");
  }, 60_000);

  it('tell of a glob that matches no page', async () => {
    const unmatched: string[] = [];
    const filters = ['gide', 'guide'].map((glob) => ({ glob, filters: { a: 'b' } }));
    const options = { folder: site, out: join(site, 'findling'), cache: join(root, 'pages.cache'), baseUrl: '/' };
    const onUnmatched = (glob: string) => void unmatched.push(glob);
    await indexSite({ ...options, exclude: [], weights: [], filters, onUnmatched });
    expect(unmatched).toEqual(['gide']);
  }, 60_000);

  it('stand in the configuration and on the command line', async () => {
    const config = join(root, 'findling.config.mjs');
    writeFileSync(config, "export default { filters: { 'v2/**': { version: 2, kind: ['a', 'b'] } } };");
    const given = await indexArguments(['dist', '--config', config, '--filter', 'x=section: How to = do']);
    expect(given?.config.filters).toEqual([
      { glob: 'v2/**', filters: { version: ['2'], kind: ['a', 'b'] } },
      { glob: 'x', filters: { section: 'How to = do' } },
    ]);
    for (const text of ['x', '=a:b', 'x=a', 'x=a:', 'x=:b'])
      await expect(indexArguments(['dist', '--filter', text])).rejects.toThrow(`not '${text}'`);
    for (const [at, filters] of ["'x'", "{ 'v2/**': 'x' }", "{ 'v2/**': { a: null } }", '[]'].entries()) {
      const file = join(root, `${at}.config.mjs`);
      writeFileSync(file, `export default { filters: ${filters} };`);
      await expect(indexArguments(['dist', '--config', file])).rejects.toThrow("'filters' must be");
    }
  });

  it('are those of the files that content will be, in development', async () => {
    const file = join(root, 'page.md');
    writeFileSync(file, '---\nfilters: { kind: news }\n---\n\nA lighthouse.');
    const pages = ['guide/one', 'two'].map((name) => ({ file, path: `${name}.html`, url: `/${name}`, language: 'en' }));
    await indexContent(root, pages, { filters: { 'guide/**': { section: 'Guide' } } });
    expect(await filtersIn(join(contentIndex(root), 'en'))).toEqual({ kind: { news: 2 }, section: { Guide: 1 } });
  }, 60_000);
});
