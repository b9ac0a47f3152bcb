import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listen } from '../cli/arguments.ts';
import { pathOf, serveFiles } from './dev-server.ts';

describe('the path that an index is served under in development', () => {
  it('is that of the base', () => {
    expect(['/', '/docs', '/docs/', './', '', 'https://other.example/docs'].map(pathOf)).toEqual([
      '/',
      '/docs/',
      '/docs/',
      '/',
      '/',
      '/docs/',
    ]);
  });
});

describe('the files of an index in development', () => {
  it('are served with ranges, and other paths go on to the next handler', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'findling-dev-'));
    writeFileSync(join(folder, 'findling-0123456789abcd.bin'), 'abcdef');
    writeFileSync(join(folder, 'empty.bin'), '');
    const handler = serveFiles(folder);
    const server = createServer((request, response) =>
      handler(request, response, (error) => {
        response.statusCode = error === undefined ? 404 : 500;
        response.end();
      }),
    );
    const port = await listen(server, 0);
    const get = (path: string, range = '') => fetch(`http://localhost:${port}${path}`, { headers: { range } });
    try {
      const part = await get('/findling-0123456789abcd.bin?v=1', 'bytes=1-2');
      expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 1-2/6', 'bc']);
      expect(part.headers.get('cache-control')).toBe('no-cache');
      expect((await get('/findling-0123456789abcd.bin', 'bytes=9-12')).status).toBe(416);
      expect((await get('/empty.bin')).status).toBe(200);
      for (const path of ['/', '/none.bin', '/%2e%2e/x', '/%zz']) expect((await get(path)).status).toBe(404);
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
