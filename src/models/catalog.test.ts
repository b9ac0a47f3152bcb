import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { crossEncoderEntry, loadCatalog, parseCatalog, staticEmbedderEntry } from './catalog.ts';
import { type FileProgress, loadModelFile } from './file.ts';
import { described, filesStore } from './fixtures/files.ts';
import { staticFixture } from './fixtures/static.ts';

const bytes = Uint8Array.from({ length: 1000 }, (_, at) => at & 255);
const file = described('a/weights.onnx', bytes);
const models = resolve(import.meta.dirname, '../../models');
const { entry } = staticFixture();
const encoder = {
  id: 'tiny',
  kind: 'cross-encoder',
  revision: '1',
  maxTokens: 256,
  files: { int8: file, vocabulary: file, canary: file },
};

describe('parseCatalog', () => {
  it('reads both kinds, and passes over kinds it does not know', () => {
    const catalog = parseCatalog(
      JSON.stringify({
        version: 1,
        models: [entry, encoder, { id: 'x', kind: 'late-interaction', revision: '1', files: {} }],
      }),
    );
    expect(catalog.models).toEqual([entry, encoder]);
    expect(staticEmbedderEntry(catalog)).toEqual(entry);
    expect(crossEncoderEntry(catalog, 'tiny')).toEqual(encoder);
    expect(() => crossEncoderEntry(catalog, 'huge')).toThrow(/it has: tiny/);
  });
  it('reads the share in a blend that a model names', () => {
    const of = (blend: unknown) => parseCatalog(JSON.stringify({ version: 1, models: [{ ...encoder, blend }] }));
    expect(crossEncoderEntry(of(0.5)).blend).toBe(0.5);
    expect(crossEncoderEntry(of(undefined)).blend).toBeUndefined();
    for (const wrong of [-0.1, 1.1, '0.5', null])
      expect(() => of(wrong)).toThrow(/models\[0\]\.blend must be a number from 0 to 1/);
  });
  it.each([
    ['no JSON', '{'],
    ['another version', '{"version":2,"models":[]}'],
    ['no models', '{"version":1}'],
    ['doubles', JSON.stringify({ version: 1, models: [encoder, encoder] })],
    ['no weights', JSON.stringify({ version: 1, models: [{ ...encoder, files: { vocabulary: file, canary: file } }] })],
    [
      'a short checksum',
      JSON.stringify({
        version: 1,
        models: [{ ...encoder, files: { ...encoder.files, int8: { ...file, sha256: 'ab' } } }],
      }),
    ],
    [
      'a path that leads out',
      JSON.stringify({
        version: 1,
        models: [{ ...encoder, files: { ...encoder.files, int8: { ...file, path: '../secret' } } }],
      }),
    ],
    [
      'a path to elsewhere',
      JSON.stringify({
        version: 1,
        models: [{ ...encoder, files: { ...encoder.files, int8: { ...file, path: 'https://x.org/a' } } }],
      }),
    ],
  ])('refuses %s', (_, json) => {
    expect(() => parseCatalog(json)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });
});

describe('loadModelFile', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('gives the bytes and tells how far it is', async () => {
    const { store } = filesStore(new Map([[file.path, bytes]]));
    const seen: FileProgress[] = [];
    const read = await loadModelFile(store, file, { onProgress: (progress) => seen.push(progress) });
    expect(read).toEqual(bytes);
    expect(seen.map(({ loaded }) => loaded)).toEqual([0, 1000]);
  });
  it.each([
    ['missing', undefined, 'not-found'],
    ['truncated', bytes.slice(0, 999), 'corrupt'],
    ['flipped', bytes.map((byte, at) => (at === 500 ? byte ^ 1 : byte)), 'corrupt'],
  ])('refuses a %s file', async (_, content, code) => {
    const { store } = filesStore(new Map(content === undefined ? [] : [[file.path, content]]));
    await expect(loadModelFile(store, file)).rejects.toMatchObject({ code });
  });
  it('checks the size alone outside a secure context', async () => {
    vi.stubGlobal('crypto', {});
    const flipped = bytes.map((byte) => byte ^ 1);
    const { store } = filesStore(new Map([[file.path, flipped]]));
    expect(await loadModelFile(store, file)).toEqual(flipped);
    const short = filesStore(new Map([[file.path, bytes.slice(1)]])).store;
    await expect(loadModelFile(short, file)).rejects.toMatchObject({ code: 'corrupt' });
  });
  it('does not begin for a signal that has fired', async () => {
    const { store, reads } = filesStore(new Map([[file.path, bytes]]));
    await expect(loadModelFile(store, file, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(reads).toEqual([]);
  });
  it('says that a folder without a catalog is none', async () => {
    await expect(loadCatalog(filesStore(new Map()).store)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe.skipIf(!existsSync(`${models}/catalog.json`))('the shipped catalog (skipped where models/ has none)', () => {
  it('names files that are there, at their size, none over 20 MiB', () => {
    const catalog = parseCatalog(readFileSync(`${models}/catalog.json`, 'utf8'));
    expect(catalog.models.length).toBeGreaterThan(0);
    for (const model of catalog.models)
      for (const each of Object.values(model.files)) {
        expect(statSync(`${models}/${each.path}`).size, each.path).toBe(each.bytes);
        expect(each.bytes, each.path).toBeLessThanOrEqual(20 * 1024 * 1024);
      }
  });
});
