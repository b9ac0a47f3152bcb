import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { staticIndex } from '../engine/static-index.ts';
import { fileStore } from '../store/files.ts';
import { contentPages, findling, type VitePressSite } from './vitepress.ts';

const root = mkdtempSync(join(tmpdir(), 'findling-vitepress-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const said: string[] = [];
const site = (more: Partial<VitePressSite> = {}): VitePressSite => ({
  root,
  srcDir: join(root, 'docs'),
  outDir: join(root, 'dist'),
  pages: ['index.md', 'guide/a b.md', 'src/old.md', 'de/index.md', 'api/[name].md'],
  rewrites: { map: { 'src/old.md': 'new/index.md' } },
  cleanUrls: false,
  site: { base: '/base/', lang: 'en-US', locales: { root: { lang: 'en-GB' }, de: {} } },
  logger: { info: (text) => void said.push(text), warn: (text) => void said.push(text) },
  ...more,
});

function call(hook: unknown, given: object): unknown {
  if (typeof hook !== 'function') throw new Error('expected a hook');
  return Reflect.apply(hook, undefined, [given]);
}

it('makes workers modules, as findling’s own are', () => {
  expect(call(findling().config, {})).toMatchObject({
    worker: { format: 'es' },
  });
});

function configure(config: object): void {
  call(findling().configResolved, config);
}

describe('findling for VitePress', () => {
  it('gives pages of the content the URLs and languages that they will have', () => {
    const pages = contentPages(site()).map(({ path, url, language }) => [path, url, language]);
    expect(pages).toEqual([
      ['index.html', '/base/', 'en-GB'],
      ['guide/a b.html', '/base/guide/a b.html', 'en-GB'],
      ['new/index.html', '/base/new/', 'en-GB'],
      ['de/index.html', '/base/de/', 'de'],
    ]);
    const clean = contentPages(site({ cleanUrls: true }))[1];
    expect(clean).toMatchObject({ path: 'guide/a b.html', url: '/base/guide/a b' });
  });

  it('indexes once, after the pages are written and the site’s own buildEnd has run', async () => {
    const page = (language: string, text: string) =>
      `<!doctype html><html lang="${language}"><title>T</title><main><h1>T</h1><p>${text}</p></main>`;
    mkdirSync(join(root, 'dist/de'), { recursive: true });
    const own = () => {
      writeFileSync(join(root, 'dist/index.html'), page('en-GB', 'A lighthouse keeps ships from the rocks.'));
      writeFileSync(join(root, 'dist/guide.html'), page('en-GB', 'Another lighthouse.'));
      writeFileSync(join(root, 'dist/de/index.html'), page('de', 'Ein Leuchtturm.'));
    };
    const given = site({ buildEnd: own, cleanUrls: true });
    // VitePress runs Vite for the browser and for the server.
    for (const ssr of [false, true]) configure({ command: 'build', vitepress: given, build: { ssr } });
    await given.buildEnd?.(given);
    expect(readdirSync(join(root, 'dist/findling')).sort()).toEqual(['de', 'en']);
    expect(said.filter((line) => line.includes('3 pages'))).toHaveLength(1);
    const index = await staticIndex('en', fileStore(join(root, 'dist/findling/en'))).open();
    const { documents } = index.facts;
    expect(documents).toBe(2);
    const passages = await index.passages(await index.idsOf([0, 1]));
    expect(passages.map(({ url }) => url).sort()).toEqual(['/base/', '/base/guide']);
  }, 60_000);

  it('indexes the pages that there are at each change in development', async () => {
    const docs = join(root, 'docs');
    mkdirSync(docs, { recursive: true });
    const names = ['one.md', 'two.md', 'draft.md'];
    for (const name of names) writeFileSync(join(docs, name), '# T\n\nA lighthouse.');
    const given = site({ pages: names });
    const plugin = findling({ exclude: ['draft.html'] });
    call(plugin.configResolved, { command: 'serve', vitepress: given });
    let changed: ((event: string, path: string) => void) | undefined;
    const log: string[] = [];
    const note = (text: string) => void log.push(text);
    const server = {
      config: { root, base: '/base/', logger: { info: note, warn: note } },
      middlewares: { use: () => undefined },
      watcher: { add: () => undefined, on: (_: string, listener: typeof changed) => (changed = listener) },
      ws: { send: () => undefined },
    };
    await call(plugin.configureServer, server);
    // VitePress does so in its own watcher.
    rmSync(join(docs, 'two.md'));
    Object.assign(given, { pages: ['one.md', 'draft.md'] });
    changed?.('unlink', join(docs, 'two.md'));
    await vi.waitFor(() => expect(log).toEqual(['findling: 0 of 1 pages indexed again']), { timeout: 30_000 });
  }, 60_000);

  it('leaves development alone, and says where it belongs', () => {
    const given = site();
    configure({ command: 'serve', vitepress: given });
    expect(given.buildEnd).toBeUndefined();
    expect(() => configure({ command: 'build' })).toThrow(/findling\/vite/);
  });
});
