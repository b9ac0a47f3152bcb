import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { build, createServer } from 'vite';
import { STRICT_CSP, serveFolders } from '../src/cli/static-server.ts';
import { findling } from '../src/plugins/vite.ts';
import { SCRIPTS } from '../vite.lib.config.ts';

/** The package in a Vite app of somebody else. */
const root = resolve(import.meta.dirname, '..');
const app = resolve(root, '.cache/e2e-app');
const APP_FILES = {
  'package.json': '{ "type": "module" }',
  'index.html':
    '<!doctype html><title>App</title><findling-search></findling-search><script type="module" src="/main.js"></script>',
  'main.js': `import { defineFindlingSearch, openSearch } from 'findling';
const search = await openSearch({ name: 'app', models: '/models/', reranker: 'findling-rerank-tiny' });
document.querySelector('findling-search').search = search;
defineFindlingSearch();`,
};

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  const installed = join(app, 'node_modules/findling');
  rmSync(app, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  for (const [name, text] of Object.entries(APP_FILES)) writeFileSync(join(app, name), text);
  const outDir = join(installed, 'dist/lib');
  const configFile = join(root, 'vite.lib.config.ts');
  for (const mode of Object.keys(SCRIPTS))
    await build({ root, configFile, mode, logLevel: 'error', build: { outDir } });
});

/** Adds two documents and asks through all tiers, so that both workers and a chunk of theirs are at work. */
async function ask(page: Page, url: string): Promise<unknown> {
  await page.goto(url);
  await page.waitForFunction(() => customElements.get('findling-search') !== undefined);
  return page.evaluate(async () => {
    const search = document.querySelector('findling-search')?.search;
    if (search === undefined) throw new Error('The element has no search.');
    await search.add([
      { id: 'files', type: 'markdown', content: '# Guide\n\nRemove a file with rm.' },
      { id: 'animals', type: 'html', content: '<h1>Zebra</h1><p>Stripes</p>' },
    ]);
    const { results, stage, skipped } = await search.search('delete a file', { pipeline: 'reranked' }).done;
    return { first: results[0]?.documentId, stage, skipped };
  });
}

const ANSWER = { first: 'files', stage: 'reranked', skipped: [] };

test('every file that the library names is there, as webpack wants it', () => {
  const lib = join(app, 'node_modules/findling/dist/lib');
  // Not ONNX Runtime's .mjs: bundlers take them as they are, and we say where their WebAssembly is.
  const scripts = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const named = scripts.flatMap((name) =>
    [...readFileSync(join(lib, name), 'utf8').matchAll(/\([`'"]([^`'"$]+)[`'"],import\.meta\.url\)/g)].map(([, file]) =>
      join(lib, name, '..', file ?? ''),
    ),
  );
  expect(named.filter((file) => /\.worker-[^/]+\.js$/.test(file))).toHaveLength(2);
  expect(named.filter((file) => !existsSync(file))).toEqual([]);
});

test('no script waits for another before it runs', () => {
  const lib = join(app, 'node_modules/findling/dist/lib');
  const workers = readdirSync(join(lib, 'assets')).filter((name) => /\.worker-[^/]+\.js$/.test(name));
  const scripts = [...Object.keys(SCRIPTS).map((name) => `${name}.js`), ...workers.map((name) => `assets/${name}`)];
  expect(scripts).toHaveLength(5);
  const waiting = scripts.filter((name) =>
    /\bimport\s*(?:["'`]|[\w{*][^;()]*?from\s*["'`])/.test(readFileSync(join(lib, name), 'utf8')),
  );
  expect(waiting).toEqual([]);
  expect(readFileSync(join(lib, 'search-dialog.js'), 'utf8')).toContain('import(`./site-search.js`)');
  // An expression in it is what Docusaurus' bundler warns of, with all of the script.
  for (const name of scripts) expect(readFileSync(join(lib, name), 'utf8')).not.toContain('import.meta.resolve');
});

test('a Vite app searches in development without any settings', async ({ page, baseURL }) => {
  const proxy = { '/models': baseURL ?? '' };
  const server = await createServer({ root: app, configFile: false, logLevel: 'error', server: { port: 4176, proxy } });
  try {
    await server.listen();
    expect(await ask(page, server.resolvedUrls?.local[0] ?? '')).toEqual(ANSWER);
  } finally {
    await server.close();
  }
});

for (const { name, plugins } of [
  { name: 'without any settings', plugins: [] },
  { name: 'with the settings of findling/vite', plugins: [findling()] },
])
  test(`a built Vite app searches ${name}`, async ({ page }) => {
    const outDir = join(app, 'dist');
    await build({ root: app, configFile: false, logLevel: 'error', plugins, build: { outDir, emptyOutDir: true } });
    const isSplit = readdirSync(join(outDir, 'assets')).some((file) => file.startsWith('pdfjs'));
    expect(isSplit).toBe(plugins.length > 0);
    const server = await serveFolders({
      folders: { '/': outDir, '/models': join(root, 'models') },
      port: 0,
      headers: { 'content-security-policy': STRICT_CSP },
    });
    try {
      expect(await ask(page, server.url)).toEqual(ANSWER);
    } finally {
      await server.close();
    }
  });
