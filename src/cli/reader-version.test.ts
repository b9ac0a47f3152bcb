import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'findling-reader-'));
afterAll(() => {
  vi.doUnmock('../ingest/reader-version.ts');
  rmSync(root, { recursive: true, force: true });
});

it('makes findling index read cached pages anew when it is raised', async () => {
  const folder = join(root, 'site');
  mkdirSync(folder);
  writeFileSync(join(folder, 'index.html'), '<html lang="en"><main><h1>Home</h1><p>The harbour.</main>');
  const given = { folder, out: join(root, 'out'), cache: join(root, 'cache'), baseUrl: '/', exclude: [], weights: [] };
  const embeddedBy = async (version: number) => {
    vi.resetModules();
    vi.doMock('../ingest/reader-version.ts', () => ({ READER_VERSION: version }));
    const { indexSite } = await import('./index-site.ts');
    return (await indexSite(given)).embedded;
  };
  expect([await embeddedBy(1), await embeddedBy(1), await embeddedBy(2)]).toEqual([1, 0, 1]);
}, 60_000);
