import 'fake-indexeddb/auto';
import { afterEach, expect, it, vi } from 'vitest';
import { stubOpfs } from './fixtures/fake-opfs.ts';
import { hasIndexedDbStore, indexedDbStore } from './indexeddb.ts';
import { localStore } from './local.ts';
import { findOpfsFolder } from './opfs-folder.ts';
import { testStore } from './store.contract.ts';

let count = 0;
const freshName = () => `local-${count++}`;
const put = (name: string, ...bytes: readonly number[]) => ({ put: new Map([[name, Uint8Array.from(bytes)]]) });

afterEach(() => vi.unstubAllGlobals());

testStore('localStore where tabs cannot share files', async () => localStore(freshName()));

it('keeps a new store in files, and finds it there', async () => {
  stubOpfs();
  const name = freshName();
  const store = localStore(name);
  await store.write(put('a', 1));
  await store.close();
  expect(await findOpfsFolder(name)).toBeDefined();
  expect(await hasIndexedDbStore(name)).toBe(false);
  expect(await localStore(name).read('a')).toEqual(Uint8Array.of(1));
});

it('leaves in IndexedDB what was begun there', async () => {
  const name = freshName();
  const before = indexedDbStore(name);
  await before.write(put('a', 1));
  await before.close();
  stubOpfs();
  const store = localStore(name);
  expect(await store.read('a')).toEqual(Uint8Array.of(1));
  await store.write(put('b', 2));
  expect(await findOpfsFolder(name)).toBeUndefined();
});
