import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listen } from './arguments.ts';
import { type StaticServer, sendFile, serveFolders } from './static-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'findling-serve-'));
let server: StaticServer;
beforeAll(async () => {
  writeFileSync(join(folder, 'index.html'), '<p>hello</p>');
  writeFileSync(
    join(folder, 'a.bin'),
    Uint8Array.from({ length: 100 }, (_, index) => index),
  );
  server = await serveFolders({ folders: { '/': folder }, port: 0 });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const get = (path: string, range?: string) =>
  fetch(server.url + path, range === undefined ? {} : { headers: { range } });

it('serves files, folders and ranges', async () => {
  expect(await (await get('/')).text()).toBe('<p>hello</p>');
  const part = await get('/a.bin', 'bytes=10-19');
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe('bytes 10-19/100');
  expect([...new Uint8Array(await part.arrayBuffer())]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  expect([...new Uint8Array(await (await get('/a.bin', 'bytes=-2')).arrayBuffer())]).toEqual([98, 99]);
  expect((await get('/a.bin', 'bytes=95-')).headers.get('content-length')).toBe('5');
  expect((await get('/a.bin', 'bytes=100-')).status).toBe(416);
  expect((await get('/a.bin', 'lines=1-2')).status).toBe(200);
});

it('names the types of what sites are made of', async () => {
  const typed = async (name: string) => {
    writeFileSync(join(folder, name), 'x');
    return (await get(`/${name}`)).headers.get('content-type');
  };
  expect(await Promise.all(['a.htm', 'a.pdf', 'a.woff2', 'A.JPG', 'a.xyz'].map(typed))).toEqual([
    'text/html; charset=utf-8',
    'application/pdf',
    'font/woff2',
    'image/jpeg',
    'application/octet-stream',
  ]);
});

it('lets only names that end in a hash be kept for ever', async () => {
  const cached = async (name: string) => {
    writeFileSync(join(folder, name), 'x');
    return /immutable/.test((await get(`/${name}`)).headers.get('cache-control') ?? '');
  };
  for (const name of ['index-D3kf_2aB.js', 'index-a-cdeFgh.js', 'findling-0123456789abcd.bin'])
    expect([name, await cached(name)]).toEqual([name, true]);
  for (const name of ['quick-reference.html', 'part-D3kfj2aB.html', 'asset-manifest.json', 'asset-manifest2.json'])
    expect([name, await cached(name)]).toEqual([name, false]);
  for (const name of ['quick-reference.js', 'findling.bin']) expect([name, await cached(name)]).toEqual([name, false]);
});

it('sends on to the slash of a folder, also of one that is served under a base', async () => {
  mkdirSync(join(folder, 'a:b c/d'), { recursive: true });
  writeFileSync(join(folder, 'a:b c/index.html'), '<p>folder</p>');
  const based = await serveFolders({ folders: { '/docs/': folder }, port: 0 });
  for (const url of [`${server.url}/a:b%20c`, `${based.url}/docs/a:b%20c`, `${based.url}/docs`]) {
    const sent = await fetch(`${url}?x=/1`, { redirect: 'manual' });
    expect([sent.status, new URL(sent.headers.get('location') ?? '', url).href]).toEqual([301, `${url}/?x=/1`]);
    expect((await fetch(url)).status).toBe(200);
  }
  expect((await fetch(`${server.url}//a:b%20c`, { redirect: 'manual' })).headers.get('location')).toBe('./a:b%20c/');
  expect((await get('/a:b%20c/d')).status).toBe(404);
  expect((await fetch(`${based.url}/docsx`)).status).toBe(404);
  expect((await fetch(`${based.url}/`)).status).toBe(404);
  await based.close();
});

it('does not leave its folder', async () => {
  for (const path of ['/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/%00', '/%zz', '/nothing'])
    expect((await get(path)).status).toBe(404);
});

it('outlives a file that is removed before it is read', async () => {
  const gone = { file: join(folder, 'gone.bin'), size: 5, modified: 0 };
  const other = createServer((request, response) => sendFile(request, response, gone, {}));
  const port = await listen(other, 0);
  const body = fetch(`http://localhost:${port}/`).then((response) => response.text());
  await expect(body).rejects.toThrow();
  other.close();
});
