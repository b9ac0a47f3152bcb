import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeDisk, stubOpfs } from './fixtures/fake-opfs.ts';
import { opfsStore } from './opfs.ts';
import { findOpfsFolder } from './opfs-folder.ts';
import { seal, sealedSize, unseal } from './sealed.ts';
import { testStore } from './store.contract.ts';

let disk: FakeDisk;
let count = 0;
const freshName = () => `findling:test-${count++}`;
const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);
const put = (...entries: readonly (readonly [string, Uint8Array])[]) => ({ put: new Map(entries) });
const KILLED = new Error('the tab was killed');

beforeEach(() => {
  disk = stubOpfs();
});
afterEach(() => vi.unstubAllGlobals());

testStore('opfsStore', async () => opfsStore(freshName()));

describe('opfsStore', () => {
  it('finds its blobs again when opened anew, and what another tab has written meanwhile', async () => {
    const name = freshName();
    const [one, two] = [opfsStore(name), opfsStore(name)];
    await one.write(put(['a', bytes(100_000)], ['b', bytes(5, 2)]));
    expect(await two.read('b')).toEqual(bytes(5, 2));
    await two.write({ ...put(['b', bytes(7, 3)]), remove: ['a'] });
    expect(await one.read('b')).toEqual(bytes(7, 3));
    expect(await one.read('a')).toBeUndefined();
    await one.close();
    await two.close();
    const again = opfsStore(name);
    expect(await again.list('')).toEqual(['b']);
    await again.close();
  });

  it('opens the files that were found ahead of it, and none that its list does not name', async () => {
    const name = freshName();
    const one = opfsStore(name);
    await one.write(put(['a', bytes(10)]));
    const files = await disk.files(name);
    const folder = await disk.root.getDirectoryHandle(`findling-store-${encodeURIComponent(name)}`);
    await folder.getFileHandle('batch-2-being-written', { create: true });
    const found = await findOpfsFolder(name);
    const looked = vi.spyOn(folder, 'getFileHandle');
    const two = opfsStore(name, found);
    expect(await two.read('a')).toEqual(bytes(10));
    expect(looked).not.toHaveBeenCalled();
    expect(files.get('batch-2-being-written')?.open).toEqual([]);
    // What is written after the look is found as ever.
    await one.write(put(['b', bytes(5, 2)]));
    expect(await two.read('b')).toEqual(bytes(5, 2));
  });

  it('deletes files that hold nothing any more, those that another tab reads a batch later', async () => {
    const name = freshName();
    const [one, two] = [opfsStore(name), opfsStore(name)];
    await one.write(put(['a', bytes(10)]));
    await two.read('a');
    await one.write({ remove: ['a'] });
    const files = await disk.files(name);
    expect([...files.keys()].filter((file) => file.startsWith('batch'))).toHaveLength(1);
    expect(await two.read('a')).toBeUndefined();
    await one.write(put(['c', bytes(10)]));
    expect([...files.keys()].filter((file) => file.startsWith('batch'))).toHaveLength(1);
    expect(await two.read('c')).toEqual(bytes(10));
  });

  it('keeps the last whole batch wherever a tab is killed', async () => {
    // Every write of a batch of three blobs, cut off at its begin, in its middle and at its end.
    for (let at = 0; at < 4; at += 1)
      for (const share of [0, 0.5, 1]) {
        const name = freshName();
        const store = opfsStore(name);
        await store.write(put(['kept', bytes(9000)], ['old', bytes(10)]));
        await store.write(put(['old', bytes(20)]));
        let writes = 0;
        let target: Uint8Array | undefined;
        disk.beforeWrite = (written) => {
          if (writes++ !== at) return;
          target = written.slice(0, Math.floor(written.length * share));
          throw KILLED;
        };
        const batch = { ...put(['x', bytes(5000)], ['y', bytes(10)], ['old', bytes(30)]), remove: ['kept'] };
        await expect(store.write(batch)).rejects.toThrow();
        disk.beforeWrite = () => undefined;
        // What a torn write has left in the list's own file; a torn batch's file is nobody's.
        const files = await disk.files(name);
        const slot = files.get('table-1');
        if (at === 3 && slot !== undefined && target !== undefined)
          slot.bytes.set(target.subarray(0, slot.bytes.length));
        await disk.kill(name);
        const again = opfsStore(name);
        expect(await again.list(''), `${at} ${share}`).toEqual(['kept', 'old']);
        expect(await again.read('kept')).toEqual(bytes(9000));
        expect(await again.read('old')).toEqual(bytes(20));
        await again.write(put(['z', bytes(1)]));
        expect(await again.list('')).toEqual(['kept', 'old', 'z']);
        expect(files.size).toBe(2 + 3);
        await again.close();
      }
  });

  it('says that there is no room, and keeps what there was', async () => {
    const name = freshName();
    const store = opfsStore(name);
    await store.write(put(['a', bytes(10)]));
    disk.beforeWrite = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    await expect(store.write(put(['b', bytes(10)]))).rejects.toMatchObject({ code: 'quota' });
    disk.beforeWrite = () => undefined;
    expect(await store.list('')).toEqual(['a']);
    expect((await disk.files(name)).size).toBe(3);
  });

  it('keeps what there was where the list is written and its flush fails', async () => {
    for (const batches of [0, 1, 2]) {
      const name = freshName();
      const store = opfsStore(name);
      for (let batch = 0; batch < batches; batch += 1) await store.write(put([`kept-${batch}`, bytes(10)]));
      const kept = await store.list('');
      const files = await disk.files(name);
      disk.beforeFlush = (file) => {
        if (file === files.get('table-0') || file === files.get('table-1'))
          throw new DOMException('full', 'QuotaExceededError');
      };
      await expect(store.write(put(['b', bytes(10)]))).rejects.toMatchObject({ code: 'quota' });
      disk.beforeFlush = () => undefined;
      expect(await store.list('')).toEqual(kept);
      await disk.kill(name);
      const again = opfsStore(name);
      expect(await again.list('')).toEqual(kept);
      for (const blob of kept) expect(await again.read(blob)).toEqual(bytes(10));
      await again.write(put(['c', bytes(10)]));
      expect(await again.read('c')).toEqual(bytes(10));
    }
  });

  it('is empty where the very first list was torn, and takes the next batch', async () => {
    const name = freshName();
    const store = opfsStore(name);
    await store.write(put(['a', bytes(10)]));
    const slot = (await disk.files(name)).get('table-1');
    if (slot === undefined) throw new Error('no list');
    slot.bytes = slot.bytes.slice(0, -1);
    await disk.kill(name);
    const again = opfsStore(name);
    expect(await again.list('')).toEqual([]);
    await again.write(put(['b', bytes(10)]));
    expect(await again.list('')).toEqual(['b']);
    expect((await disk.files(name)).size).toBe(3);
  });

  it('tells which blob is damaged: changed bytes, a file cut off, a file gone', async () => {
    const name = freshName();
    const store = opfsStore(name);
    await store.write(put(['good', bytes(10)], ['flipped', bytes(20_000)]));
    await store.write(put(['short', bytes(20_000)]));
    await store.write(put(['gone', bytes(10)]));
    const files = await disk.files(name);
    const [first, second, third] = [...files].filter(([file]) => file.startsWith('batch')).map(([file]) => file);
    const flipped = files.get(first ?? '');
    const short = files.get(second ?? '');
    if (flipped === undefined || short === undefined) throw new Error('no files');
    flipped.bytes[14 + 4100 + 7] = 9;
    short.bytes = short.bytes.slice(0, 9000);
    files.delete(third ?? '');
    const damaged = (blob: string) => ({ code: 'corrupt', message: expect.stringContaining(`'${blob}'`) });
    for (const blob of ['flipped', 'short', 'gone'])
      await expect(store.read(blob)).rejects.toMatchObject(damaged(blob));
    expect(await store.read('flipped', { offset: 0, length: 50 })).toEqual(bytes(50));
    expect(await store.read('short', { offset: 8000, length: 100 })).toEqual(bytes(100));
    expect(await store.read('good')).toEqual(bytes(10));
  });

  it('begins anew where the site’s data was cleared under it', async () => {
    const name = freshName();
    const first = opfsStore(name);
    await first.write(put(['a', bytes(100_000)]));
    // One that was opened by what was found ahead of it, which leads nowhere then.
    const stores = [first, opfsStore(name, await findOpfsFolder(name))];
    for (const store of stores) expect(await store.read('a')).toEqual(bytes(100_000));
    disk.clear();
    for (const store of stores)
      expect(await Promise.all([store.read('a'), store.list(''), store.read('a')])).toEqual([undefined, [], undefined]);
    disk.clear();
    await first.write(put(['b', bytes(10)]));
    for (const store of [...stores, opfsStore(name)]) expect(await store.read('b')).toEqual(bytes(10));
  });

  it('begins anew where another has begun anew before it, or another read of its own has', async () => {
    const name = freshName();
    const [one, two] = [opfsStore(name), opfsStore(name)];
    await one.write(put(['a', bytes(100_000)]));
    expect(await two.read('a')).toEqual(bytes(100_000));
    disk.clear();
    await one.write(put(['b', bytes(10)]));
    const asked = ['b', 'a', 'b'].map(async (blob, turn) => {
      for (let wait = 0; wait < turn * 3; wait += 1) await Promise.resolve();
      return two.read(blob);
    });
    expect(await Promise.all(asked)).toEqual([bytes(10), undefined, bytes(10)]);
    expect(await two.list('')).toEqual(['b']);
  });

  it('says so when both of its lists are damaged', async () => {
    const name = freshName();
    const store = opfsStore(name);
    await store.write(put(['a', bytes(10)]));
    await store.write(put(['b', bytes(10)]));
    for (const [file, { bytes: own }] of await disk.files(name))
      if (file.startsWith('table')) own[17] = 1 + (own[17] ?? 0);
    await expect(opfsStore(name).read('a')).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('sealed blobs', () => {
  it('give back any range, and notice any changed bit of what it touches', () => {
    const property = fc.property(fc.nat(20_000), fc.nat(), fc.nat(), fc.nat(), (size, a, b, flip) => {
      const blob = Uint8Array.from({ length: size }, (_, at) => (at * 31) ^ (at >> 8));
      const sealed = seal(blob);
      expect(sealed.length).toBe(sealedSize(size));
      const [offset = 0, end = 0] = [a % (size + 1), b % (size + 1)].sort((x, y) => x - y);
      const load = (from: Uint8Array) => (into: Uint8Array, at: number) => {
        const found = from.subarray(at, at + into.length);
        into.set(found);
        return found.length;
      };
      const range = { offset, length: end - offset };
      expect(unseal('x', size, range, load(sealed))).toEqual(blob.slice(offset, end));
      if (size === 0) return;
      const bit = flip % (sealed.length * 8);
      sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => unseal('x', size, { offset: 0, length: size }, load(sealed))).toThrow('damaged');
    });
    fc.assert(property, { numRuns: 60 });
  });
});
