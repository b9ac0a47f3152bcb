import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { contentPages, type FindlingIntegration, findling, findlingIntegration } from './starlight.ts';

const root = mkdtempSync(join(tmpdir(), 'findling-starlight-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

describe('findling for Starlight', () => {
  it('takes the place of Pagefind and of its box, and keeps other components', () => {
    const updates: object[] = [];
    const added: FindlingIntegration[] = [];
    const setup = {
      config: { components: { Footer: './footer.astro' } },
      updateConfig: (update: object) => void updates.push(update),
      addIntegration: (integration: FindlingIntegration) => void added.push(integration),
    };
    findling().hooks['config:setup'](setup);
    const components = { Search: 'findling/starlight/search.astro', Footer: './footer.astro' };
    expect(updates).toEqual([{ pagefind: false, components }]);
    expect(added).toHaveLength(1);
    findling().hooks['config:setup']({ ...setup, config: { components: { Search: './own.astro' } } });
    expect(updates[1]).toMatchObject({ components: { Search: './own.astro' } });
  });

  it('gives pages of the content the URLs and languages that they will have', async () => {
    write('docs/index.mdx', '# Home');
    write('docs/Guide/First Steps.md', '# Steps');
    write('docs/de/index.md', '# Start');
    write('docs/moved.md', '---\ntitle: Moved\nslug: "other/place"\n---\n');
    write('docs/_draft.md', '# Hidden');
    const locales = { root: { lang: 'en-GB' }, de: {} };
    const pages = await contentPages(join(root, 'docs'), { base: '/docs', trailingSlash: 'ignore' }, { locales });
    expect(pages.map(({ path, url, language }) => [path, url, language])).toEqual([
      ['guide/first-steps/index.html', '/docs/guide/first-steps/', 'en-GB'],
      ['de/index.html', '/docs/de/', 'de'],
      ['index.html', '/docs/', 'en-GB'],
      ['other/place/index.html', '/docs/other/place/', 'en-GB'],
    ]);
    const never = await contentPages(join(root, 'docs'), { base: '/', trailingSlash: 'never' }, {});
    expect(never[0]).toMatchObject({ url: '/guide/first-steps', language: 'en' });
  });

  it('indexes what Astro has built', async () => {
    write('dist/index.html', '<!doctype html><html lang="en"><main><h1>Home</h1><p>A lighthouse.</p></main>');
    const { hooks } = findlingIntegration();
    const [rootUrl, dir] = [pathToFileURL(`${root}/`), pathToFileURL(`${root}/dist/`)];
    hooks['astro:config:done']({ config: { root: rootUrl, srcDir: rootUrl, base: '/docs', trailingSlash: 'ignore' } });
    const said: string[] = [];
    const logger = { info: (text: string) => void said.push(text), warn: (text: string) => void said.push(text) };
    await hooks['astro:build:done']({ dir, logger });
    expect(readdirSync(join(root, 'dist/findling/en'))).toContain('findling.bin');
    expect(said.join()).toContain('1 pages');
  }, 60_000);
});
