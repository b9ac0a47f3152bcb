import { describe, expect, it, vi } from 'vitest';
import { SearchError } from '../core/errors.ts';
import { cachedHttpStore } from './http-cache.ts';
import { memoryStore } from './memory.ts';

/** As much of the Cache API as is used; `broken` throws as a full disk does. */
function fakeCaches(broken = false): CacheStorage {
  const entries = new Map<string, Uint8Array>();
  let looked = 0;
  const cache = {
    match: async (key: string) => {
      // As a browser's, each look-up ends in its own time.
      looked += 1;
      const ms = looked % 3;
      await new Promise((resolve) => setTimeout(resolve, ms));
      const bytes = entries.get(key);
      return bytes && new Response(new Uint8Array(bytes));
    },
    put: async (key: string, response: Response) => {
      if (broken) throw new DOMException('full', 'QuotaExceededError');
      entries.set(key, new Uint8Array(await response.arrayBuffer()));
    },
    keys: async () => [...entries.keys()].map((url) => ({ url })),
    delete: async (key: string) => entries.delete(key),
  };
  return { open: async () => cache } as unknown as CacheStorage;
}

const OPTIONS = { url: 'http://localhost/index', isImmutable: (name: string) => name.endsWith('.bin') };

async function setup(caches: CacheStorage | undefined) {
  const inner = memoryStore();
  await inner.write({
    put: new Map([
      ['a.bin', Uint8Array.of(1, 2, 3, 4)],
      ['manifest', Uint8Array.of(9)],
    ]),
  });
  const read = vi.spyOn(inner, 'read');
  return {
    read,
    store: cachedHttpStore(inner, { ...OPTIONS, caches }),
    again: () => cachedHttpStore(inner, { ...OPTIONS, caches }),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('cachedHttpStore', () => {
  it('reads a range once, for later stores too', async () => {
    const { store, again, read } = await setup(fakeCaches());
    expect(await store.read('a.bin', { offset: 1, length: 2 })).toEqual(Uint8Array.of(2, 3));
    await settled();
    expect(await again().read('a.bin', { offset: 1, length: 2 })).toEqual(Uint8Array.of(2, 3));
    expect(read).toHaveBeenCalledTimes(1);
    expect(await store.read('none.bin', { offset: 0, length: 1 })).toBeUndefined();
  });
  it('passes on in one turn what was asked for in one turn, so that the store behind can join it', async () => {
    const { store, read } = await setup(fakeCaches());
    await store.read('a.bin', { offset: 0, length: 1 });
    await settled();
    read.mockClear();
    let turns = 0;
    let open = false;
    const bytes = read.getMockImplementation();
    read.mockImplementation(async (name, range) => {
      if (!open) {
        open = true;
        turns += 1;
        // As coalesce() ends its turn.
        queueMicrotask(() => {
          open = false;
        });
      }
      return bytes === undefined ? Uint8Array.of(range?.offset ?? 0) : bytes(name, range);
    });
    await Promise.all([3, 0, 1, 2].map((offset) => store.read('a.bin', { offset, length: 1 })));
    expect(read).toHaveBeenCalledTimes(3);
    expect(turns).toBe(1);
  });
  it('cuts ranges out of a blob that was read whole', async () => {
    const { store, read } = await setup(fakeCaches());
    await store.read('a.bin');
    await settled();
    expect(await store.read('a.bin', { offset: 2, length: 2 })).toEqual(Uint8Array.of(3, 4));
    expect(read).toHaveBeenCalledTimes(1);
  });
  it('falls back to the last manifest while the network fails', async () => {
    const { store, read } = await setup(fakeCaches());
    await store.read('manifest');
    await settled();
    read.mockRejectedValue(new SearchError('network', 'offline'));
    expect(await store.read('manifest')).toEqual(Uint8Array.of(9));
    await expect(store.read('other')).rejects.toMatchObject({ code: 'network' });
    read.mockRejectedValue(new SearchError('corrupt', 'odd'));
    await expect(store.read('manifest')).rejects.toMatchObject({ code: 'corrupt' });
  });
  it('asks anew for what may change, and forgets what was replaced', async () => {
    const { store, read } = await setup(fakeCaches());
    await store.read('manifest');
    await store.read('manifest');
    await store.read('a.bin');
    await settled();
    await store.keepOnly(['b.bin']);
    await store.read('a.bin');
    expect(read).toHaveBeenCalledTimes(4);
  });
  it('forgets what it is about to keep, too', async () => {
    const { store, read } = await setup(fakeCaches());
    await store.read('a.bin');
    await store.keepOnly([]);
    await store.read('a.bin');
    expect(read).toHaveBeenCalledTimes(2);
  });
  it('forgets what was replaced beside an index whose address it cannot read', async () => {
    const caches = fakeCaches();
    const { store, read } = await setup(caches);
    const other = memoryStore();
    await other.write({ put: new Map([['a.bin', Uint8Array.of(5)]]) });
    await cachedHttpStore(other, { ...OPTIONS, url: 'http://localhost/日本語/findling', caches }).read('a.bin');
    await settled();
    await store.read('a.bin');
    await settled();
    await store.keepOnly(['b.bin']);
    await store.read('a.bin');
    expect(read).toHaveBeenCalledTimes(2);
  });
  it.each([
    ['a full cache', fakeCaches(true)],
    ['no cache', undefined],
  ])('does without with %s', async (_, caches) => {
    const { store, read } = await setup(caches);
    for (let time = 0; time < 2; time += 1) {
      expect(await store.read('a.bin')).toEqual(Uint8Array.of(1, 2, 3, 4));
      await settled();
    }
    expect(read).toHaveBeenCalledTimes(2);
  });
});
