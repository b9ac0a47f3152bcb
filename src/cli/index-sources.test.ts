import type { Dirent } from 'node:fs';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import type { Source } from '../core/document.ts';
import { findSources } from './index-sources.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, readdir: vi.fn(real.readdir) };
});

const folder = mkdtempSync(join(tmpdir(), 'findling-sources-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const found = async () => {
  const options = { folder, out: join(folder, 'findling'), baseUrl: '/', exclude: [], weights: [] };
  const sources: Source[] = [];
  for await (const { source } of findSources(options)) sources.push(source);
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
  for (const line of ['null', '7', '"x"', '{"url":"/a","html":null}']) {
    writeFileSync(join(folder, 'pages.jsonl'), `{"url":"/a","text":"x"}\n${line}`);
    await expect(found()).rejects.toThrow(/^pages\.jsonl, line 2: expected /);
  }
  rmSync(join(folder, 'pages.jsonl'));
});

it('walks a folder of more files than a call takes arguments', async () => {
  mkdirSync(join(folder, 'big'));
  const fake = (name: string, directory: boolean) =>
    ({ name, isDirectory: () => directory, isFile: () => !directory }) as unknown as Dirent<Buffer<ArrayBuffer>>;
  const many = Array.from({ length: 150_000 }, (_, at) => fake(`${at}.css`, false));
  vi.mocked(readdir)
    .mockResolvedValueOnce([fake('big', true), fake('seen.html', false)])
    .mockResolvedValueOnce(many);
  expect(await ids()).toEqual(['/seen.html']);
});
