import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../store/memory.ts';
import { openCorpus } from './corpus.ts';
import { answers } from './fixtures/answers.ts';
import { corpusOptions, indexed } from './fixtures/corpora.ts';
import { MANIFEST_FORMAT } from './manifest.ts';

const folder = join(import.meta.dirname, 'fixtures');

/** The committed files of an old index. */
function oldIndex(format: number): ReadonlyMap<string, Uint8Array> {
  const root = join(folder, `format-${format}`);
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(root.length + 1).replaceAll('\\', '/'), new Uint8Array(readFileSync(path))];
    }),
  );
}

describe('an old index', () => {
  for (let format = 1; format <= MANIFEST_FORMAT; format += 1)
    it(`of format ${format} opens and answers like a new one`, async () => {
      const store = memoryStore();
      await store.write({ put: oldIndex(format) });
      const corpus = await openCorpus(store, corpusOptions);
      const fresh = await openCorpus(memoryStore(), corpusOptions);
      await fresh.apply({
        add: [
          indexed({
            id: 'guide/start',
            title: 'Getting started',
            texts: ['Install the été release. ', 'Run it.'],
            vectors: true,
          }),
          indexed({
            id: 'notes',
            title: '日本 notes',
            language: 'de',
            texts: ['run run run'],
            weight: 0.5,
            vectors: true,
          }),
        ],
      });
      expect(await answers(corpus)).toEqual(await answers(fresh));
      expect(await corpus.expand('ru', 3)).toEqual([{ term: 'run', frequency: 2, distance: 1 }]);
      await corpus.apply({ add: [indexed({ id: 'later', texts: ['run'] })] });
      expect(corpus.statistics().documents).toBe(3);
    });

  it('of a format to come is refused, with the way out', async () => {
    const store = memoryStore();
    const blobs = new Map(oldIndex(MANIFEST_FORMAT));
    const { crc32 } = await import('../core/checksum.ts');
    const manifest = blobs.get('manifest')?.slice() ?? new Uint8Array(0);
    manifest[4] = MANIFEST_FORMAT + 1;
    new DataView(manifest.buffer).setUint32(manifest.length - 4, crc32(manifest.subarray(0, -4)), true);
    await store.write({ put: blobs.set('manifest', manifest) });
    await expect(openCorpus(store, corpusOptions)).rejects.toMatchObject({
      code: 'mismatch',
      message: expect.stringContaining('Rebuild'),
    });
  });
});
