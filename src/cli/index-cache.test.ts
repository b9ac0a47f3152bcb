import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writePages } from './index-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'findling-cache-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('leaves the file of another process that indexes alone, and removes that of a dead one', async () => {
  const file = join(folder, 'pages');
  const living = `pages.${process.ppid}.new`;
  const dead = 'pages.4194304999.new';
  for (const name of [living, dead, 'pages.other']) writeFileSync(join(folder, name), 'x');
  const pages = await writePages(file, 'fingerprint');
  (await pages.finish()).close();
  expect(readdirSync(folder).sort()).toEqual(['pages', living, 'pages.other'].sort());
});
