import 'fake-indexeddb/auto';
import { deleteDB, openDB } from 'idb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { crc32 } from '../core/checksum.ts';
import { indexedDbStore } from './indexeddb.ts';
import { testStore } from './store.contract.ts';

let count = 0;
const freshName = () => `test-${count++}`;
const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

testStore('indexedDbStore', async () => indexedDbStore(freshName()));

describe('indexedDbStore', () => {
  afterEach(() => vi.restoreAllMocks());

  it('finds its blobs again when opened anew', async () => {
    const name = freshName();
    const first = indexedDbStore(name);
    await first.write({ put: new Map([['a', bytes(100_000)]]) });
    await first.close();
    const second = indexedDbStore(name);
    expect((await second.read('a'))?.length).toBe(100_000);
    await second.close();
  });

  it('tells which blob is damaged: changed bytes, a missing chunk', async () => {
    const name = freshName();
    const store = indexedDbStore(name);
    await store.write({
      put: new Map([
        ['good', bytes(10)],
        ['flipped', bytes(200_000)],
        ['short', bytes(200_000)],
      ]),
    });
    const raw = await openDB(`findling:${name}`);
    const chunk = await raw.get('chunks', ['flipped', 1]);
    chunk[77] ^= 4;
    await raw.put('chunks', chunk, ['flipped', 1]);
    await raw.delete('chunks', ['short', 12]);
    const damaged = (blob: string) => ({ code: 'corrupt', message: expect.stringContaining(`'${blob}'`) });
    await expect(store.read('flipped')).rejects.toMatchObject(damaged('flipped'));
    await expect(store.read('short')).rejects.toMatchObject(damaged('short'));
    await expect(store.read('flipped', { offset: 20_000, length: 1 })).rejects.toMatchObject(damaged('flipped'));
    expect(await store.read('flipped', { offset: 0, length: 50 })).toEqual(bytes(50));
    expect(await store.read('good')).toEqual(bytes(10));
    raw.close();
    await store.close();
  });

  it('fetches only the chunks that a range touches', async () => {
    const store = indexedDbStore(freshName());
    await store.write({ put: new Map([['a', bytes(1_000_000)]]) });
    const getAll = vi.spyOn(IDBObjectStore.prototype, 'getAll');
    await store.read('a', { offset: 16_384 * 3, length: 16_384 });
    await store.read('a', { offset: 16_384 * 3 - 1, length: 2 });
    const ranges = getAll.mock.calls.map(([range]) => range as IDBKeyRange);
    expect(ranges.map(({ lower, upper }) => [lower, upper])).toEqual([
      [
        ['a', 3],
        ['a', 3],
      ],
      [
        ['a', 2],
        ['a', 3],
      ],
    ]);
    await store.close();
  });

  it('reads what is asked for in one turn in one transaction, each record once', async () => {
    const store = indexedDbStore(freshName());
    await store.write({
      put: new Map([
        ['a', bytes(100_000)],
        ['b', bytes(10)],
      ]),
    });
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    const get = vi.spyOn(IDBObjectStore.prototype, 'get');
    const read = (blob: string, offset: number) => store.read(blob, { offset, length: 5 });
    const found = await Promise.all([read('a', 0), read('a', 50_000), read('b', 0), read('none', 0)]);
    expect(found.map((each) => each?.length)).toEqual([5, 5, 5, undefined]);
    expect(transaction).toHaveBeenCalledTimes(1);
    expect(get.mock.calls.map(([key]) => key)).toEqual(['a', 'b', 'none']);
    await store.close();
  });

  it('lets the other reads of a turn succeed where one finds damage', async () => {
    const name = freshName();
    const store = indexedDbStore(name);
    await store.write({
      put: new Map([
        ['a', bytes(10)],
        ['b', bytes(10)],
      ]),
    });
    const raw = await openDB(`findling:${name}`);
    await raw.put('chunks', bytes(10, 3), ['a', 0]);
    const outcomes = await Promise.allSettled([store.read('a'), store.read('b')]);
    expect(outcomes).toMatchObject([{ reason: { code: 'corrupt' } }, { value: bytes(10) }]);
    raw.close();
    await store.close();
  });

  it('keeps blobs that are read whole in longer chunks, and reads those of any length', async () => {
    const name = freshName();
    const content = Uint8Array.from({ length: 600_000 }, (_, at) => (at >> 8) ^ at);
    const first = indexedDbStore(name, { readWhole: (blob) => blob === 'whole' });
    await first.write({ put: new Map([['whole', content]]) });
    const raw = await openDB(`findling:${name}`);
    expect((await raw.getAllKeys('chunks')).length).toBe(3);
    // As databases of before 2026-11-22 have them: chunks of 65,536 bytes, of which the record says nothing.
    const record = { size: 150_000, checksums: new Uint32Array(3) };
    for (let index = 0; index < 3; index += 1) {
      const chunk = content.slice(index * 65_536, Math.min(150_000, (index + 1) * 65_536));
      record.checksums[index] = crc32(chunk);
      await raw.put('chunks', chunk, ['old', index]);
    }
    await raw.put('blobs', record, 'old');
    raw.close();
    await first.close();
    const second = indexedDbStore(name);
    const range = { offset: 65_000, length: 70_000 };
    expect(await second.read('whole', range)).toEqual(content.slice(65_000, 135_000));
    expect(await second.read('old', range)).toEqual(content.slice(65_000, 135_000));
    expect((await second.read('old'))?.length).toBe(150_000);
    await second.close();
  });

  it("reports a full disk as 'quota' and keeps what was there", async () => {
    const store = indexedDbStore(freshName());
    await store.write({ put: new Map([['a', bytes(10)]]) });
    const real = IDBObjectStore.prototype.put;
    const full = new DOMException('no room', 'QuotaExceededError');
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      if (this.name === 'chunks' && Array.isArray(key) && key[1] === 2) throw full;
      return real.call(this, value, key);
    });
    const batch = {
      put: new Map([
        ['a', bytes(20, 2)],
        ['b', bytes(200_000)],
      ]),
    };
    await expect(store.write(batch)).rejects.toMatchObject({ code: 'quota' });
    vi.restoreAllMocks();
    expect(await store.list('')).toEqual(['a']);
    expect(await store.read('a')).toEqual(bytes(10));
    await store.write({ put: new Map([['a', bytes(20, 2)]]) });
    expect(await store.read('a')).toEqual(bytes(20, 2));
    await store.close();
  });

  it('reports a batch that the browser aborts, and keeps what was there', async () => {
    const store = indexedDbStore(freshName());
    await store.write({ put: new Map([['a', bytes(10)]]) });
    const real = IDBObjectStore.prototype.put;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      const request = real.call(this, value, key);
      request.addEventListener('success', () => this.transaction.abort());
      return request;
    });
    await expect(store.write({ put: new Map([['b', bytes(10)]]) })).rejects.toMatchObject({ code: 'internal' });
    vi.restoreAllMocks();
    expect(await store.list('')).toEqual(['a']);
    await store.close();
  });

  it('does not call a read that the browser aborts cancelled', async () => {
    const store = indexedDbStore(freshName());
    await store.write({ put: new Map([['a', bytes(10)]]) });
    const real = IDBObjectStore.prototype.getAll;
    vi.spyOn(IDBObjectStore.prototype, 'getAll').mockImplementation(function (this: IDBObjectStore, range) {
      const request = real.call(this, range);
      this.transaction.abort();
      return request as IDBRequest<unknown[]>;
    });
    await expect(store.read('a')).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('read') });
    vi.restoreAllMocks();
    expect(await store.read('a')).toEqual(bytes(10));
    await store.close();
  });

  it('makes way for another tab’s upgrade, and then says that it is out of date', async () => {
    const name = freshName();
    const store = indexedDbStore(name);
    await store.write({ put: new Map([['a', bytes(10)]]) });
    const newer = await openDB(`findling:${name}`, 99);
    newer.close();
    await expect(store.read('a')).rejects.toMatchObject({ code: 'mismatch' });
    await store.close();
  });

  it('opens again after another tab has deleted the database', async () => {
    const name = freshName();
    const store = indexedDbStore(name);
    await store.write({ put: new Map([['a', bytes(10)]]) });
    await deleteDB(`findling:${name}`);
    expect(await store.read('a')).toBeUndefined();
    await store.write({ put: new Map([['a', bytes(10)]]) });
    expect(await store.read('a')).toEqual(bytes(10));
    await store.close();
  });

  it("says 'unsupported' where there is no IndexedDB", async () => {
    vi.stubGlobal('indexedDB', undefined);
    await expect(indexedDbStore(freshName()).read('a')).rejects.toMatchObject({ code: 'unsupported' });
    vi.unstubAllGlobals();
  });
});
