import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Source } from '../core/document.ts';
import { findSources } from './index-sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'findling-sources-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const all = { folder, out: join(folder, 'findling'), baseUrl: '/', exclude: [], weights: [] };
const found = async () => {
  const sources: Source[] = [];
  for await (const { source } of findSources(all)) sources.push(source);
  return sources;
};
const ids = async () => (await found()).map(({ id }) => id);

it('leaves out pages that say noindex in any way, wherever in the head', async () => {
  const put = (name: string, head: string) =>
    writeFileSync(join(folder, name), `<html><head>${head}</head><body><p>Words.</p></body></html>`);
  put('seen.html', '<meta name=robots content=all>');
  put('bare.html', '<meta name=robots content=noindex>');
  put('late.html', `<style>${'p { } '.repeat(4000)}</style><meta content="none" name="robots">`);
  expect(await ids()).toEqual(['/seen.html']);
});

it('encodes what would end the path of an address', async () => {
  for (const name of ['what?.html', 'c#.html']) writeFileSync(join(folder, name), '<p>Words.</p>');
  expect(await ids()).toEqual(['/c%23.html', '/seen.html', '/what%3F.html']);
  for (const name of ['what?.html', 'c#.html']) rmSync(join(folder, name));
});

it('leaves out lines whose HTML says noindex', async () => {
  const line = (url: string, head: string) => JSON.stringify({ url, html: `<html><head>${head}</head><p>Words.</p>` });
  const lines = [line('/kept', ''), line('/left', '<meta name=robots content=noindex>')];
  writeFileSync(join(folder, 'pages.jsonl'), lines.join('\n'));
  expect(await ids()).toEqual(['/seen.html', '/kept']);
  rmSync(join(folder, 'pages.jsonl'));
});

it('reads lines with a byte-order mark and empty fields', async () => {
  const lines = [
    { url: '/a', html: null, text: 'Words.' },
    { url: '/b', html: null, markdown: '# B', text: null },
  ];
  writeFileSync(join(folder, 'pages.jsonl'), `\uFEFF${lines.map((line) => JSON.stringify(line)).join('\r\n')}`);
  expect((await found()).slice(1)).toMatchObject([
    { id: '/a', type: 'text', content: 'Words.' },
    { id: '/b', type: 'markdown', content: '# B' },
  ]);
  rmSync(join(folder, 'pages.jsonl'));
});

it('leaves out lines that are no pages, and with one word a file that begins with such a line', async () => {
  const bad = ['null', '7', '"x"', '{"url":"/a","html":null}', '{"text":"x"}', '{"url":'];
  const left: string[] = [];
  const onUnreadable = (place: string, reason: string) => void left.push(`${place}: ${reason}`);
  const lines = ['{"url":"/a","text":"x"}', ...bad, '{"url":"/b","text":"y"}'];
  writeFileSync(join(folder, 'pages.jsonl'), lines.join('\n'));
  writeFileSync(join(folder, 'records.jsonl'), bad.join('\n'));
  const sources: string[] = [];
  for await (const { source } of findSources({ ...all, onUnreadable })) sources.push(source.id);
  expect(sources).toEqual(['/seen.html', '/a', '/b']);
  expect(left).toEqual([
    'pages.jsonl, line 2: expected an object with "url" and "text".',
    'pages.jsonl, line 3: expected an object with "url" and "text".',
    'pages.jsonl, line 4: expected an object with "url" and "text".',
    'pages.jsonl, line 5: expected "text", "html" or "markdown".',
    'pages.jsonl, line 6: expected a "url".',
    'pages.jsonl, line 7: this is not JSON.',
    'records.jsonl, line 1: expected an object with "url" and "text".',
  ]);
  for (const name of ['pages.jsonl', 'records.jsonl']) rmSync(join(folder, name));
});

it('keeps the URL of a line with a fragment of its own, as hash routers have them', async () => {
  writeFileSync(join(folder, 'pages.jsonl'), '{"url":"/#/guide/install","text":"Words."}\n{"url":"/a","text":"x"}');
  const [routed, plain] = (await found()).slice(1);
  expect(routed).toMatchObject({ id: '/%23/guide/install', url: '/#/guide/install' });
  expect(plain).not.toHaveProperty('url');
  rmSync(join(folder, 'pages.jsonl'));
});

it('follows links, and tells of those that lead nowhere', async () => {
  const site = join(folder, 'linked');
  mkdirSync(join(folder, 'far/sub'), { recursive: true });
  mkdirSync(site);
  for (const name of ['far/a.html', 'far/sub/b.html']) writeFileSync(join(folder, name), '<p>Words.</p>');
  const links = {
    html: '../far',
    'gone.html': 'no',
    missing: 'no',
    'gone.css': 'no',
    '.#a.html': 'me@host',
    left: 'no',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(site, name));
  const walked = async (given: { exclude?: readonly string[]; out?: string } = {}) => {
    const [pages, told, unmatched, linked]: string[][] = [[], [], [], []];
    const options = {
      folder: site,
      out: join(site, 'findling'),
      baseUrl: '/',
      exclude: ['left'],
      weights: [],
      ...given,
    };
    const onUnreadable = (path: string) => void told?.push(path);
    const onUnmatched = (glob: string) => void unmatched?.push(glob);
    const onLinked = (places: readonly string[]) => void linked?.push(...places);
    for await (const { source, place } of findSources({ ...options, onUnreadable, onUnmatched, onLinked }))
      pages?.push(`${source.id} ${place}`);
    return { pages, told, linked, unmatched };
  };
  const pages = ['/html/a.html html/a.html', '/html/sub/b.html html/sub/b.html'];
  expect(await walked()).toMatchObject({ pages, told: ['gone.html', 'missing'], linked: [join(folder, 'far')] });
  // An index may lie among its pages.
  expect(await walked({ out: site })).toMatchObject({ pages });
  expect(await walked({ exclude: ['html/**', 'left', 'sub'] })).toMatchObject({
    pages: [],
    unmatched: ['left', 'sub'],
  });
});

it('goes on after a page that is gone before it is read', async () => {
  const [told, site] = [[] as string[], mkdtempSync(join(folder, 'gone-'))];
  for (const name of ['a.html', 'b.html', 'c.jsonl'])
    writeFileSync(join(site, name), name.endsWith('.html') ? '<p>Words.</p>' : '{"url":"/c","text":"x"}');
  const options = { folder: site, out: join(site, 'findling'), baseUrl: '/', exclude: [], weights: [] };
  for await (const { place } of findSources({ ...options, onUnreadable: (path) => void told.push(path) }))
    if (place === 'a.html') for (const name of ['b.html', 'c.jsonl']) rmSync(join(site, name));
  expect(told).toEqual(['b.html', 'c.jsonl']);
});
