import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Store } from '../core/ports.ts';

/** What a driver gives the suite: a fresh, empty store each time. */
export type OpenStore = () => Promise<Store>;
/** A read-only driver is given the blobs that it must hold. */
export type OpenReadOnlyStore = (blobs: ReadonlyMap<string, Uint8Array>) => Promise<Store>;

const text = (value: string) => new TextEncoder().encode(value);
const pattern = (length: number, seed = 1) =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 255);
/** `toEqual` takes seconds for large arrays; this names the first difference at once. */
function expectBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  expect(actual?.length).toBe(expected.length);
  const different = expected.findIndex((byte, i) => byte !== actual?.[i]);
  expect(different, 'the first byte that differs').toBe(-1);
}
const put = (entries: readonly (readonly [string, Uint8Array])[]) => ({ put: new Map(entries) });

/** The reading half of the Store port, for every driver. */
export function testStoreReads(name: string, openWith: OpenReadOnlyStore): void {
  describe(`${name}: reads`, () => {
    const stores: Store[] = [];
    const opened = async (entries: readonly (readonly [string, Uint8Array])[]) => {
      const store = await openWith(new Map(entries));
      stores.push(store);
      return store;
    };
    afterEach(async () => {
      await Promise.all(stores.splice(0).map((store) => store.close()));
    });

    it('gives back whole blobs, empty ones too, and undefined for others', async () => {
      const big = pattern(300_001);
      const store = await opened([
        ['a/one', text('hello')],
        ['a/empty', new Uint8Array(0)],
        ['big.bin', big],
      ]);
      expectBytes(await store.read('a/one'), text('hello'));
      expectBytes(await store.read('a/empty'), new Uint8Array(0));
      expectBytes(await store.read('big.bin'), big);
      expect(await store.read('a')).toBeUndefined();
      expect(await store.read('nothing.bin')).toBeUndefined();
      expect(await store.read('nothing.bin', { offset: 0, length: 1 })).toBeUndefined();
    });

    it('gives back any range', async () => {
      const big = pattern(200_000);
      const store = await opened([['big.bin', big]]);
      const property = fc.asyncProperty(fc.nat(big.length), fc.nat(big.length), async (a, b) => {
        const [offset, end] = a < b ? [a, b] : [b, a];
        expectBytes(await store.read('big.bin', { offset, length: end - offset }), big.slice(offset, end));
      });
      await fc.assert(property, { numRuns: 30 });
      for (const offset of [65_535, 65_536, 131_072, 199_999])
        expectBytes(await store.read('big.bin', { offset, length: 1 }), big.slice(offset, offset + 1));
    });

    it('answers many ranges asked for at once', async () => {
      const big = pattern(200_000);
      const store = await opened([
        ['big.bin', big],
        ['other.bin', pattern(50, 3)],
      ]);
      const ranges = [0, 10, 5, 70_000, 70_010, 199_990, 0].map((offset) => ({ offset, length: 10 }));
      const answers = await Promise.all(ranges.map((range) => store.read('big.bin', range)));
      for (const [i, { offset }] of ranges.entries()) expectBytes(answers[i], big.slice(offset, offset + 10));
    });

    it("refuses a range outside the blob with 'corrupt'", async () => {
      const store = await opened([
        ['ten.bin', pattern(10)],
        ['empty.bin', new Uint8Array(0)],
      ]);
      const wrong = [
        { offset: 0, length: 11 },
        { offset: 10, length: 1 },
        { offset: 9, length: 2 },
        { offset: 11, length: 0 },
        { offset: 1_000_000, length: 5 },
        { offset: -1, length: 2 },
        { offset: 0, length: -1 },
        { offset: 0.5, length: 1 },
        { offset: Number.NaN, length: 1 },
        { offset: 0, length: Number.POSITIVE_INFINITY },
      ];
      for (const range of wrong) await expect(store.read('ten.bin', range)).rejects.toMatchObject({ code: 'corrupt' });
      await expect(store.read('empty.bin', { offset: 0, length: 1 })).rejects.toMatchObject({ code: 'corrupt' });
      expectBytes(await store.read('ten.bin', { offset: 10, length: 0 }), new Uint8Array(0));
      expectBytes(await store.read('empty.bin', { offset: 0, length: 0 }), new Uint8Array(0));
    });

    it('gives bytes that are the caller’s own', async () => {
      const store = await opened([['a.bin', pattern(100)]]);
      for (const range of [undefined, { offset: 10, length: 20 }]) {
        const mine = await store.read('a.bin', range);
        mine?.fill(0);
        expectBytes(await store.read('a.bin'), pattern(100));
        expect(mine?.byteLength).toBe(mine?.buffer.byteLength);
      }
    });

    it('reads nothing for a signal that has fired', async () => {
      const store = await opened([['a.bin', pattern(100)]]);
      const fired = AbortSignal.abort();
      await expect(store.read('a.bin', undefined, fired)).rejects.toMatchObject({ code: 'aborted' });
      await expect(store.read('a.bin', { offset: 0, length: 1 }, fired)).rejects.toMatchObject({ code: 'aborted' });
      const controller = new AbortController();
      const reading = store.read('a.bin', undefined, controller.signal);
      controller.abort();
      // A driver that has the bytes already may give them.
      const outcome = await reading.catch((error: unknown) => error);
      if (outcome instanceof Uint8Array) expect(outcome).toEqual(pattern(100));
      else expect(outcome).toMatchObject({ code: 'aborted' });
      expectBytes(await store.read('a.bin'), pattern(100));
    });

    it('refuses names that not every driver could hold', async () => {
      const store = await opened([]);
      for (const wrong of ['', '/a', 'a/', 'a//b', '.', '../a', 'a/../b', 'a\\b', 'a\nb', 'a?b', '%2e%2e/a'])
        await expect(store.read(wrong)).rejects.toMatchObject({ code: 'bad-input' });
    });

    it('is of no use once closed', async () => {
      const store = await opened([['a.bin', pattern(100)]]);
      await store.close();
      await expect(store.read('a.bin')).rejects.toMatchObject({ code: 'internal' });
    });
  });
}

/** The Store port, for every driver that writes. */
export function testStore(name: string, open: OpenStore): void {
  testStoreReads(name, async (blobs) => {
    const store = await open();
    await store.write({ put: blobs });
    return store;
  });

  describe(`${name}: writes`, () => {
    const stores: Store[] = [];
    const opened = async () => {
      const store = await open();
      stores.push(store);
      return store;
    };
    afterEach(async () => {
      await Promise.all(stores.splice(0).map((store) => store.close()));
    });

    it('begins empty', async () => {
      expect(await (await opened()).list('')).toEqual([]);
    });

    it('replaces a blob by a shorter, a longer and an empty one', async () => {
      const store = await opened();
      for (const [turn, size] of [200_000, 70_000, 10, 131_072, 0, 5].entries()) {
        await store.write(put([['x/a.bin', pattern(size, turn)]]));
        expectBytes(await store.read('x/a.bin'), pattern(size, turn));
      }
      expect(await store.list('')).toEqual(['x/a.bin']);
    });

    it('puts and removes in one batch; what is in both is put', async () => {
      const store = await opened();
      await store.write(
        put([
          ['a', text('1')],
          ['b', text('2')],
          ['c', text('3')],
        ]),
      );
      await store.write({
        put: new Map([
          ['c', text('4')],
          ['d', text('5')],
        ]),
        remove: ['a', 'c', 'never-there'],
      });
      expect(await store.list('')).toEqual(['b', 'c', 'd']);
      expect(await store.read('a')).toBeUndefined();
      expectBytes(await store.read('c'), text('4'));
      await store.write({});
      expect(await store.list('')).toEqual(['b', 'c', 'd']);
    });

    it('lists by prefix, sorted', async () => {
      const store = await opened();
      const names = ['s/10', 's/2', 't/1', 's-x', 'a', 's/sub/z', 'é/ü', 'Z'];
      await store.write({ put: new Map(names.map((each) => [each, text(each)])) });
      expect(await store.list('')).toEqual([...names].sort());
      expect(await store.list('s/')).toEqual(['s/10', 's/2', 's/sub/z']);
      expect(await store.list('s/1')).toEqual(['s/10']);
      expect(await store.list('é/')).toEqual(['é/ü']);
      expect(await store.list('nothing')).toEqual([]);
    });

    it('keeps the bytes as they were when written', async () => {
      const store = await opened();
      const buffer = pattern(1_000);
      const view = buffer.subarray(100, 200);
      const writing = store.write(put([['a', view]]));
      const expected = view.slice();
      await writing;
      buffer.fill(9);
      expectBytes(await store.read('a'), expected);
    });

    it('writes nothing of a batch with a bad name', async () => {
      const store = await opened();
      await store.write(put([['a', text('1')]]));
      const batch = {
        put: new Map([
          ['a', text('2')],
          ['../b', text('3')],
        ]),
      };
      await expect(store.write(batch)).rejects.toMatchObject({ code: 'bad-input' });
      await expect(store.write({ remove: ['a', '/'] })).rejects.toMatchObject({ code: 'bad-input' });
      expectBytes(await store.read('a'), text('1'));
    });

    it('takes overlapping batches one after another', async () => {
      const store = await opened();
      const writes = Array.from({ length: 8 }, (_, turn) =>
        store.write(
          put([
            ['a', pattern(70_000, turn)],
            ['b', pattern(70_000, turn)],
            [`only/${turn}`, text('x')],
          ]),
        ),
      );
      await Promise.all(writes);
      expectBytes(await store.read('a'), pattern(70_000, 7));
      expectBytes(await store.read('b'), pattern(70_000, 7));
      expect(await store.list('only/')).toHaveLength(8);
    });

    it('never shows a half-written blob to a reader', async () => {
      const store = await opened();
      await store.write(put([['a', pattern(150_000, 0)]]));
      const writing = Promise.all([1, 2, 3].map((turn) => store.write(put([['a', pattern(150_000, turn)]]))));
      const wholes = [0, 1, 2, 3].map((turn) => pattern(150_000, turn)[5]);
      for (let i = 0; i < 5; i += 1) {
        const seen = await store.read('a');
        const turn = wholes.indexOf(seen?.[5]);
        expect(turn).toBeGreaterThanOrEqual(0);
        expectBytes(seen, pattern(150_000, turn));
      }
      await writing;
    });

    it('equals a map after any batches', async () => {
      const names = fc.constantFrom('a', 'b', 'dir/a', 'dir/b', 'dir/sub/c');
      const batches = fc.array(
        fc.record({ put: fc.array(fc.tuple(names, fc.uint8Array({ maxLength: 20 }))), remove: fc.array(names) }),
        { maxLength: 6 },
      );
      const property = fc.asyncProperty(batches, async (all) => {
        const store = await opened();
        const model = new Map<string, Uint8Array>();
        for (const batch of all) {
          await store.write({ put: new Map(batch.put), remove: batch.remove });
          for (const each of batch.remove) model.delete(each);
          for (const [each, bytes] of batch.put) model.set(each, bytes);
        }
        expect(await store.list('')).toEqual([...model.keys()].sort());
        for (const [each, bytes] of model) expectBytes(await store.read(each), Uint8Array.from(bytes));
      });
      await fc.assert(property, { numRuns: 20 });
    });

    it('takes no writes once closed', async () => {
      const store = await opened();
      await store.close();
      await expect(store.write(put([['a', text('1')]]))).rejects.toMatchObject({ code: 'internal' });
      await expect(store.list('')).rejects.toMatchObject({ code: 'internal' });
    });
  });
}
