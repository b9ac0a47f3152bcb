import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { serveFolders } from '../cli/static-server.ts';
import { publishedFingerprint } from '../engine/static-index.ts';
import { buildPublishedIndex } from '../index/published/builder.ts';
import { OPTIONS, PAGES } from '../index/published/fixtures/pages.ts';
import { MANIFEST_NAME } from '../index/published/manifest.ts';
import { createSiteSearch } from './site-search.ts';

const root = mkdtempSync(join(tmpdir(), 'findling-site-search-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('reports the bytes of all its indexes together while it reads them', async () => {
  const fingerprint = publishedFingerprint({
    model: 'm',
    revision: 'r',
    dtype: 'int8',
    pooling: 'sum',
    prefixes: ['', ''],
  });
  let total = 0;
  for (const [name, pages] of [
    ['one', PAGES],
    ['two', PAGES.slice(0, 9)],
  ] as const) {
    mkdirSync(join(root, name));
    for (const [file, bytes] of await buildPublishedIndex(pages, { ...OPTIONS, fingerprint })) {
      writeFileSync(join(root, name, file), bytes);
      if (file !== MANIFEST_NAME) total += bytes.length;
    }
  }
  const server = await serveFolders({ folders: { '/': root }, port: 0 });
  try {
    const urls = ['one', 'two'].map((name) => `${server.url}/${name}/`);
    const seen: (readonly [number, number])[] = [];
    await createSiteSearch({ urls }).prefetch((...progress) => seen.push(progress));
    expect(new Set(seen.map(([, of]) => of))).toEqual(new Set([total]));
    const loaded = seen.map(([bytes]) => bytes);
    expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
    expect(loaded.at(-1)).toBe(total);
  } finally {
    await server.close();
  }
});
