import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { staticIndex } from '../engine/static-index.ts';
import { fileStore } from '../store/files.ts';
import { indexCommand } from './index-command.ts';
import { indexArguments } from './index-options.ts';
import { indexSite } from './index-site.ts';
import { findSources, globPattern } from './index-sources.ts';
import { MODELS } from './node-engine.ts';
import { startPageThreads } from './page-threads.ts';
import { searchCommand } from './search-command.ts';

const root = mkdtempSync(join(tmpdir(), 'findling-index-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => void vi.restoreAllMocks());

let site = '';
const put = (path: string, content: string) => {
  mkdirSync(join(site, path, '..'), { recursive: true });
  writeFileSync(join(site, path), content);
};
const html = (title: string, text: string, head = '') =>
  `<!doctype html><html lang="en"><head><title>${title}</title>${head}</head><main><h1>${title}</h1><p>${text}</p></main></html>`;
const collect = async (given: Parameters<typeof findSources>[0]) => {
  const found = [];
  for await (const source of findSources(given)) found.push(source);
  return found;
};
const options = () => ({
  folder: site,
  out: join(site, 'findling'),
  cache: join(root, `${site.split('/').at(-1)}.cache`),
  baseUrl: '/docs/',
  exclude: [] as string[],
  weights: [] as { glob: string; weight: number }[],
});

beforeEach(() => {
  site = mkdtempSync(join(root, 'site-'));
  put('index.html', html('Home', 'Welcome to the harbour.'));
  put('guide/index.html', html('Guide', 'How ships are loaded.'));
  put('guide/cranes & ropes.html', html('Cranes', 'A crane lifts containers.'));
});

describe('findSources', () => {
  it('gives pages their addresses and leaves out what is no page', async () => {
    put('404.html', html('Gone', 'Nothing here.'));
    put('old.html', html('Old', 'Moved.', '<meta http-equiv="refresh" content="0; url=/new">'));
    put('secret.html', html('Secret', 'Hidden.', '<meta name="robots" content="noindex, nofollow">'));
    put('drafts/one.html', html('Draft', 'Not yet.'));
    put('notes.md', '# Notes');
    const found = await collect({ ...options(), exclude: ['drafts/'] });
    expect(found.map(({ source }) => source.id)).toEqual([
      '/docs/guide/cranes%20&%20ropes.html',
      '/docs/guide/',
      '/docs/',
    ]);
  });
  it('reads Markdown where there is no HTML, and lines of JSON beside both', async () => {
    rmSync(site, { recursive: true });
    put('a/index.md', '# A');
    put('b.mdx', '# B');
    put('more.jsonl', '{"url":"https://example.org/x","title":"X","text":"Words."}\n\n{"url":"/y","html":"<p>Y"}\n');
    const found = await collect(options());
    expect(found.map(({ source }) => [source.id, source.type])).toEqual([
      ['/docs/a/', 'markdown'],
      ['/docs/b', 'markdown'],
      ['https://example.org/x', 'text'],
      ['/docs/y', 'html'],
    ]);
  });
  it('knows globs', () => {
    expect(globPattern('blog/**').test('blog/a/b.html')).toBe(true);
    expect(globPattern('blog/*').test('blog/a/b.html')).toBe(false);
    expect(globPattern('*.html').test('a/b.html')).toBe(true);
    expect(globPattern('**/x?.html').test('x1.html')).toBe(true);
    expect(globPattern('a.html').test('aXhtml')).toBe(false);
    const drafts = ['drafts/one.html', 'blog/drafts/two/three.html', 'blog/drafts', 'my-drafts/a.html', 'drafts.html'];
    expect(drafts.map((path) => globPattern('drafts').test(path))).toEqual([true, true, true, false, false]);
    expect(globPattern('draft*').test('drafts/one.html')).toBe(false);
  });
  it.each([
    ['blog/drafts', [true, true, false, false]],
    ['**/drafts', [true, true, true, false]],
    ['{blog,x}/**', [true, true, true, false]],
    ['{blog/drafts/*.html,{news,docs}.html}', [true, false, false, true]],
    ['{blog}/**', [false, false, false, false]],
  ])('takes %j for all that it names', (glob, expected) => {
    const paths = ['blog/drafts/one.html', 'blog/drafts/two/three.html', 'x/drafts/four.html', 'news.html'];
    expect(paths.map((path) => globPattern(glob).test(path))).toEqual(expected);
  });
  it('tells of patterns that match no page', async () => {
    const unmatched: string[] = [];
    const weights = ['guide', 'gide'].map((glob) => ({ glob, weight: 2 }));
    const exclude = ['drafts', '{drafts', 'index.html'];
    put('style/drafts/all.css', '');
    await collect({ ...options(), exclude, weights, onUnmatched: (glob) => unmatched.push(glob) });
    expect(unmatched).toEqual(['drafts', '{drafts', 'gide']);
  });
});

describe('indexCommand', () => {
  it('warns of a pattern that matches no page', async () => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const cache = options().cache;
    expect(await indexCommand([site, '--cache', cache, '--exclude', 'gide', '--weight', 'guide=2'])).toBe(0);
    expect(said.mock.calls.map(([text]) => text).filter((text) => /matches/.test(String(text)))).toEqual([
      "no page matches 'gide'\n",
    ]);
  }, 60_000);
});

describe('searchCommand', () => {
  it('says where a question goes that begins with a dash', async () => {
    await expect(searchCommand(['->>', '--index', site])).rejects.toThrow("goes to the end, after '--'");
    await expect(searchCommand(['--index', site, '--', '->>'])).rejects.toMatchObject({ code: 'not-found' });
  });

  it('names the indexes below a folder that has one for each language', async () => {
    put('de/index.html', html('Hafen', 'Der Hafen liegt am Meer.').replace('lang="en"', 'lang="de"'));
    await indexSite(options());
    const out = join(site, 'findling');
    await expect(searchCommand(['harbour', '--index', out])).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(`--index ${join(out, 'de')} --index ${join(out, 'en')}`),
    });
    await expect(searchCommand(['harbour', '--index', site])).rejects.toThrow('There is no findling.bin there');
  }, 60_000);
});

describe('indexSite', () => {
  it('reads only pages that changed, and gives the same bytes as a first run', async () => {
    const first = await indexSite(options());
    expect(first).toMatchObject({ pages: 3, embedded: 3, failed: [] });
    const again = await indexSite(options());
    expect(again).toMatchObject({ pages: 3, embedded: 0 });
    put('guide/index.html', html('Guide', 'How ships are unloaded.'));
    expect(await indexSite(options())).toMatchObject({ pages: 3, embedded: 1 });
    const folder = join(site, 'findling');
    const bytes = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]);
    const incremental = bytes();
    await indexSite({ ...options(), cache: join(root, 'other.cache') });
    expect(bytes()).toEqual(incremental);
    expect(incremental).toHaveLength(2);
  }, 60_000);

  it('puts a new manifest in the place of the old one in one step, so that no reader sees a half', async () => {
    await indexSite(options());
    const [manifest, held] = [join(site, 'findling/findling.bin'), join(root, 'held.bin')];
    linkSync(manifest, held);
    const before = readFileSync(held);
    put('guide/index.html', html('Guide', 'How ships are unloaded.'));
    await indexSite(options());
    expect(readFileSync(held).equals(before)).toBe(true);
    expect(readFileSync(manifest).equals(before)).toBe(false);
    expect(readdirSync(join(site, 'findling')).filter((name) => !name.endsWith('.bin'))).toEqual([]);
  }, 60_000);

  it('makes an index for each language, and weighs pages', async () => {
    put('de/index.html', html('Hafen', 'Der Hafen liegt am Meer.').replace('lang="en"', 'lang="de"'));
    const report = await indexSite({ ...options(), weights: [{ glob: 'guide/**', weight: 0.25 }] });
    expect(report.indexes.map(({ language, pages }) => [language, pages])).toEqual([
      ['de', 1],
      ['en', 3],
    ]);
    const index = await staticIndex('en', fileStore(join(site, 'findling/en'))).open();
    const lengths = await index.terms.lengths();
    const weights = Array.from({ length: index.facts.passages }, (_, at) => lengths.weight(at));
    expect(weights.filter((weight) => weight === 0.25)).toHaveLength(2);
  }, 60_000);

  it('leaves out pages and sections of weight 0', async () => {
    put('guide/index.html', html('Guide', 'Ships.</p><p data-findling-weight="0">Not this.'));
    const weights = [{ glob: 'guide/cranes*', weight: 0 }];
    expect(await indexSite({ ...options(), weights })).toMatchObject({ pages: 3, passages: 2, failed: [] });
    const index = await staticIndex('en', fileStore(join(site, 'findling'))).open();
    const texts = (await index.passages(await index.idsOf([0, 1]))).map(({ text }) => text.trim());
    expect(texts.sort()).toEqual(['Guide\nShips.', 'Home\nWelcome to the harbour.']);
  }, 60_000);

  it('lets only declared languages split the index, and removes those of languages that are gone', async () => {
    const german =
      'Der Hafen ist nicht groß und das Meer ist auch nicht weit von der Stadt, die mit den Schiffen auf es sieht.';
    put('plain.html', html('Hafen', german).replace(' lang="en"', ''));
    const out = join(site, 'findling');
    const languages = async () => (await indexSite(options())).indexes.map(({ language, pages }) => [language, pages]);
    expect(await languages()).toEqual([['en', 4]]);
    expect((await staticIndex('x', fileStore(out)).open()).facts.languages).toEqual(['en']);

    put('de/index.html', html('Hafen', german).replace('lang="en"', 'lang="de-AT"'));
    const more = { url: '/more', text: german };
    put('more.jsonl', [more, { ...more, url: '/mehr', language: 'de' }].map((each) => JSON.stringify(each)).join('\n'));
    const both = [
      ['de', 2],
      ['en', 5],
    ];
    expect(await languages()).toEqual(both);
    expect(await languages()).toEqual(both); // all from the cache
    expect(readdirSync(out).sort()).toEqual(['de', 'en']);

    for (const each of ['de/index.html', 'more.jsonl']) rmSync(join(site, each));
    put('findling/de/own.bin', 'not ours');
    put('findling/fr/findling-0123456789abcd.bin', 'there is no index here');
    put('findling/other/findling.bin', 'no language');
    expect(await languages()).toEqual([['en', 4]]);
    const left = ['de', 'en', 'fr', 'other'].map((name) => readdirSync(join(out, name)));
    expect(left).toEqual([['own.bin'], [], ['findling-0123456789abcd.bin'], ['findling.bin']]);
    expect(readdirSync(out)).toContain('findling.bin');
  }, 60_000);

  it('makes one index where no page declares a language', async () => {
    rmSync(site, { recursive: true });
    put(
      'a.md',
      'Der Hafen ist nicht groß und das Meer ist auch nicht weit von der Stadt, die mit den Schiffen auf es sieht.',
    );
    put('b.md', '# Harbour');
    put('c.md', '# Crane');
    const indexes = async () => (await indexSite(options())).indexes.map(({ language, pages }) => [language, pages]);
    expect(await indexes()).toEqual([['en', 3]]);
    expect((await staticIndex('x', fileStore(join(site, 'findling'))).open()).facts.languages).toEqual(['en', 'de']);
    put('b.md', '---\nlang: de-CH\n---\n# Hafen');
    expect(await indexes()).toEqual([['de', 3]]);
  }, 60_000);

  it('gives the same bytes and names the same failures with threads and without', async () => {
    for (let at = 0; at < 150; at += 1)
      put(`many/page-${at}.html`, html(`Berth ${at}`, `Ship ${at} lies at berth ${at % 7}.`));
    const made = async (threads: number) => {
      const out = join(root, `threads-${threads}`);
      const given = { ...options(), out, cache: `${out}.cache`, threads };
      const { pages, embedded, failed } = await indexSite(given);
      const files = readdirSync(out).map((name) => [name, readFileSync(join(out, name)).toString('base64')]);
      return { pages, embedded, failed, files };
    };
    const alone = await made(0);
    expect(alone).toMatchObject({ pages: 153, embedded: 153, failed: [] });
    expect(await made(2)).toEqual(alone);
  }, 60_000);

  it('reads pages in threads, says what cannot be read, and ends with an error when a thread does', async () => {
    const threads = await startPageThreads(MODELS, 1);
    if (threads === undefined) throw new Error('no thread was started');
    const page = (id: string, content: string) => threads.read({ id, type: 'html', content }, 1);
    expect(await page('a.html', html('Home', 'Welcome to the harbour.'))).toMatchObject({
      page: { id: 'a.html', passages: 1 },
    });
    expect(await page('', 'nothing')).toMatchObject({ reason: expect.any(String) });
    // Long, so that it is not done before the thread ends.
    const lost = page('b.html', html('Home', 'Welcome. '.repeat(50_000)));
    const ended = expect(lost).rejects.toThrow('thread');
    await threads.close();
    await ended;
    await expect(page('c.html', html('Home', 'Welcome.'))).rejects.toThrow('thread');
  }, 60_000);

  it('leaves out a page whose URL another has, and names both', async () => {
    for (const name of ['a.md', 'a.mdx', 'b.htm']) put(`more/${name}`, `# ${name}`);
    const line = (url: string, text: string) => `${JSON.stringify({ url, text })}\n`;
    put('more.jsonl', line('guide/', 'Other.') + line('new', 'One.') + line('new', 'One.') + line('/new', 'Two.'));
    put('index.htm', html('Home', 'Another one.'));
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(await indexCommand([site, '--cache', options().cache])).toBe(1);
    expect(said.mock.calls.map(([text]) => text).filter((text) => /left out/.test(String(text)))).toEqual([
      'left out index.htm: index.html has the same URL, /\n',
      'left out more.jsonl, line 1: guide/index.html has the same URL, /guide/\n',
      'left out more.jsonl, line 4: more.jsonl, line 2 has the same URL, /new\n',
    ]);
    const index = await staticIndex('en', fileStore(join(site, 'findling'))).open();
    expect(index.facts.documents).toBe(5);
    rmSync(join(site, 'index.htm'));
    expect((await indexSite(options())).failed).toHaveLength(2);
  }, 60_000);

  it('runs twice at once over one cache', async () => {
    const both = await Promise.all([indexSite(options()), indexSite(options())]);
    expect(both).toMatchObject([{ pages: 3 }, { pages: 3 }]);
    expect(await indexSite(options())).toMatchObject({ embedded: 0 });
  }, 60_000);

  it('says when there is nothing to index', async () => {
    rmSync(site, { recursive: true });
    await expect(indexSite(options())).rejects.toMatchObject({ code: 'not-found' });
    mkdirSync(site);
    await expect(indexSite(options())).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('indexArguments', () => {
  it('joins the configuration and the command line', async () => {
    const config = join(root, 'findling.config.ts');
    writeFileSync(config, "export default { exclude: ['a/**'], weight: { 'b/**': 2 }, baseUrl: '/x' };");
    const given = await indexArguments(['dist', '--config', config, '--exclude', 'c', '--weight', 'd=0.5']);
    expect(given?.config).toMatchObject({
      baseUrl: '/x/',
      exclude: ['a/**', 'c'],
      weights: [
        { glob: 'b/**', weight: 2 },
        { glob: 'd', weight: 0.5 },
      ],
    });
    writeFileSync(join(root, 'odd.config.ts'), 'export default { exlude: [] };');
    await expect(indexArguments(['dist', '--config', join(root, 'odd.config.ts')])).rejects.toThrow(/exlude/);
    await expect(indexArguments([])).rejects.toMatchObject({ code: 'bad-input' });
    for (const blank of [[''], ['dist', '--out', ''], ['dist', '--cache', ' '], ['dist', '--models', '']])
      await expect(indexArguments(blank)).rejects.toThrow('Is a variable not set?');
    for (const base of ['docs', './', '../x/', ''])
      await expect(indexArguments(['dist', '--base-url', base])).rejects.toThrow(`not '${base}'`);
    for (const base of ['/x', 'https://example.org/docs'])
      expect((await indexArguments(['dist', '--base-url', base]))?.config.baseUrl).toBe(`${base}/`);
    for (const weight of ['x', 'blog/**=', 'blog/**= ', '=1', 'x=-1', 'x=y'])
      await expect(indexArguments(['dist', '--weight', weight])).rejects.toThrow(`not '${weight}'`);
    for (const [at, weight] of ["''", 'null', '-1', "'2'"].entries()) {
      const file = join(root, `weight-${at}.config.mjs`);
      writeFileSync(file, `export default { weight: { 'blog/**': ${weight} } };`);
      await expect(indexArguments(['dist', '--config', file])).rejects.toThrow("'weight' must be");
    }
    await expect(indexArguments(['dist', '--nonsense'])).rejects.toMatchObject({ code: 'bad-input' });
    expect(await indexArguments(['--help'])).toBeUndefined();
  });
});
