import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StaticServer, serveFolders } from './static-server.ts';

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

it('does not leave its folder', async () => {
  for (const path of ['/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/%00', '/%zz', '/nothing'])
    expect((await get(path)).status).toBe(404);
});
