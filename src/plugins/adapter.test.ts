import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { staticIndex } from '../engine/static-index.ts';
import { fileStore } from '../store/files.ts';
import { indexBuilt, indexContent } from './adapter.ts';
import { contentIndex } from './places.ts';

const root = mkdtempSync(join(tmpdir(), 'findling-adapter-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('what the adapters share', () => {
  it('takes exclude and weight in development for the files that the content will be', async () => {
    writeFileSync(join(root, 'page.md'), '# T\n\nA lighthouse.');
    const pages = ['index', 'guide/index', 'old/one', 'drafts/two'].map((name) => {
      const url = `/base/${name.replace(/index$/, '')}`;
      return { file: join(root, 'page.md'), path: `${name}.html`, url, language: 'en' };
    });
    const urls = async () => {
      const { facts, idsOf, passages } = await staticIndex('en', fileStore(join(contentIndex(root), 'en'))).open();
      const numbers = Array.from({ length: facts.documents }, (_, at) => at);
      return (await passages(await idsOf(numbers))).map(({ url }) => url).sort();
    };
    await indexContent(root, pages, { exclude: ['drafts/**'], weight: { 'old/*.html': 0 } });
    expect(await urls()).toEqual(['/base/', '/base/guide/']);
    const { pages: count, embedded } = await indexContent(root, pages, {
      exclude: ['guide'],
      weight: { 'old/*.html': 0.5 },
    });
    expect([count, embedded]).toEqual([3, 2]);
    expect(await urls()).toEqual(['/base/', '/base/drafts/two', '/base/old/one']);
  }, 60_000);

  it('says which of the site’s own globs match no page', async () => {
    const outDir = join(root, 'dist');
    mkdirSync(outDir);
    writeFileSync(join(outDir, 'index.html'), '<!doctype html><main><h1>T</h1><p>A lighthouse.</p></main>');
    const warned: string[] = [];
    const log = { info: () => undefined, warn: (text: string) => void warned.push(text) };
    const options = { exclude: ['drats/**'], weight: { 'index.html': 2, 'blog/**': 2 } };
    await indexBuilt({ outDir, base: '/', root, options, others: ['de/**'], log });
    expect(warned).toEqual(["findling: no page matches 'drats/**'", "findling: no page matches 'blog/**'"]);
  }, 60_000);
});
