import { describe, expect, it, vi } from 'vitest';
import type { Store } from '../core/ports.ts';
import { memoryStore } from '../store/memory.ts';
import { sha256 } from './file.ts';
import { filesStore } from './fixtures/files.ts';
import { keptFiles } from './kept-files.ts';

const rows = Uint8Array.from({ length: 10_000 }, (_, at) => at % 251);

async function setup(bytes = rows) {
  const file = { path: 'static/rows.i8', bytes: rows.length, sha256: (await sha256(rows)) ?? '' };
  const { store: remote, reads } = filesStore(new Map([[file.path, bytes]]));
  const local = memoryStore();
  return { file, remote, reads, local, store: keptFiles(remote, local, [file]) };
}

const isKept = (local: Store, name: string) => vi.waitFor(async () => expect(await local.list('')).toEqual([name]));

describe('keptFiles', () => {
  it('reads a file whole once, and later pages its ranges without a request', async () => {
    const { file, remote, reads, local, store } = await setup();
    expect(await store.read(file.path)).toEqual(rows);
    await isKept(local, file.sha256);
    const later = keptFiles(remote, local, [file]);
    expect(await later.read(file.path, { offset: 300, length: 4 })).toEqual(rows.subarray(300, 304));
    expect(await later.read(file.path)).toEqual(rows);
    expect(reads).toHaveLength(1);
  });

  it('keeps no ranges, nothing that is damaged, and nothing that the catalog does not name', async () => {
    const { file, local, reads, store } = await setup();
    await store.read(file.path, { offset: 0, length: 10 });
    expect(reads).toHaveLength(1);
    expect(await store.read('catalog.json')).toBeUndefined();
    const damaged = await setup(rows.map((byte, at) => (at === 5 ? byte ^ 1 : byte)));
    await damaged.store.read(file.path);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await local.list('')).toEqual([]);
    expect(await damaged.local.list('')).toEqual([]);
  });

  it('forgets the files of another revision when it keeps a new one', async () => {
    const { file, local, store } = await setup();
    await local.write({ put: new Map([['of-before', rows]]) });
    await store.read(file.path);
    await isKept(local, file.sha256);
  });

  it('goes on where nothing can be kept or read here', async () => {
    const { file, remote } = await setup();
    const full: Store = {
      ...memoryStore(),
      read: () => Promise.reject(new Error('damaged')),
      write: () => Promise.reject(new Error('no room')),
    };
    const store = keptFiles(remote, full, [file]);
    for (const _ of [1, 2]) expect(await store.read(file.path)).toEqual(rows);
    await store.close();
  });

  it('stops for a signal that has fired', async () => {
    const { file, store } = await setup();
    await expect(store.read(file.path, undefined, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
  });
});
