import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../store/memory.ts';
import { createBlockWriter, openBlocks, readDirectory } from './blocks.ts';
import { createCache } from './cache.ts';
import { ByteReader, ByteWriter } from './codec.ts';
import { fingerprint } from './fingerprint.ts';
import { readLengths, writeLengths } from './lengths.ts';
import { documentFrequency, readPostings, writePostings } from './postings.ts';
import { readRanges } from './ranges.ts';

const integers = fc.oneof(fc.nat({ max: 300 }), fc.nat(), fc.maxSafeNat());
const wellFormed = fc.string({ unit: 'binary' });

describe('codec', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(
        integers,
        fc.integer(),
        fc.array(wellFormed),
        fc.array(fc.float({ noNaN: true })),
        (n, z, texts, floats) => {
          const writer = new ByteWriter(1);
          writer.varint(n);
          writer.zigzag(z);
          writer.strings(texts);
          writer.frontCoded([...texts].sort());
          writer.f32s(Float32Array.from(floats));
          writer.i8s(Int8Array.of(-128, 127));
          writer.u32(0xfffffffe);
          const reader = new ByteReader(writer.finish(), 'blob');
          expect(reader.varint()).toBe(n);
          expect(reader.zigzag()).toBe(z === 0 ? 0 : z);
          expect(reader.strings()).toEqual(texts);
          expect(reader.frontCoded().texts).toEqual([...texts].sort());
          expect(reader.f32s(floats.length)).toEqual(Float32Array.from(floats));
          expect(reader.i8s(2)).toEqual(Int8Array.of(-128, 127));
          expect(reader.u32()).toBe(0xfffffffe);
          reader.end();
        },
      ),
    );
  });

  it('keeps a byte-order mark that is a letter of a string', () => {
    const writer = new ByteWriter();
    writer.strings(['\ufeffone', '\ufeff', 'two']);
    writer.string('\ufeffthree');
    const reader = new ByteReader(writer.finish(), 'blob');
    expect(reader.strings()).toEqual(['\ufeffone', '\ufeff', 'two']);
    expect(reader.string()).toBe('\ufeffthree');
  });

  it('reads any bytes as something or as corrupt, never beyond the end', () => {
    const readers: ((reader: ByteReader) => unknown)[] = [
      (reader) => reader.varint(),
      (reader) => reader.strings(),
      (reader) => reader.frontCoded(),
      (reader) => reader.f32s(2),
      readDirectory,
      (reader) => readPostings(reader, { passages: 50, base: 0, dead: undefined }),
      (reader) => readLengths(reader.raw(reader.remaining), 5, 'blob'),
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...readers), (bytes, read) => {
        const reader = new ByteReader(bytes, 'blob');
        try {
          read(reader);
          expect(reader.offset).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toMatchObject({ code: 'corrupt', message: expect.stringContaining("'blob'") });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('postings', () => {
  const field = fc
    .uniqueArray(fc.tuple(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 65_535 })), {
      selector: ([passage]) => passage,
    })
    .map((pairs) => pairs.sort(([a], [b]) => a - b))
    .map((pairs) => ({
      passages: Uint32Array.from(pairs, ([passage]) => passage),
      frequencies: Uint16Array.from(pairs, ([, frequency]) => (frequency > 30_000 ? 1 : frequency)),
    }));

  it('give back what was written, without the removed and with the base added', () => {
    fc.assert(
      fc.property(field, field, field, fc.uint8Array({ min: 0, max: 1, minLength: 61, maxLength: 61 }), (...args) => {
        const [title, heading, body, dead] = args;
        const fields = [title, heading, body];
        const writer = new ByteWriter();
        writePostings(writer, fields);
        const bytes = writer.finish();
        const read = (base: number, dead?: Uint8Array) =>
          readPostings(new ByteReader(bytes, 'blob'), { passages: 61, base, dead });
        expect(read(0)).toEqual(fields);
        const kept = read(7, dead);
        fields.forEach((field, at) => {
          const expected = [...field.passages].flatMap((passage, index) =>
            dead[passage] === 1 ? [] : [[passage + 7, field.frequencies[index]]],
          );
          expect(
            [...(kept[at]?.passages ?? [])].map((passage, index) => [passage, kept[at]?.frequencies[index]]),
          ).toEqual(expected);
        });
        expect(documentFrequency(fields)).toBe(new Set(fields.flatMap(({ passages }) => [...passages])).size);
      }),
    );
  });
});

describe('lengths', () => {
  it('give back what was written', () => {
    const column = fc.array(fc.nat({ max: 3 }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(column, column, column, column, (title, heading, body, weights) => {
        const columns = {
          fields: [title, heading, body.map((length) => length * 20_000)].map((each) => Uint16Array.from(each)),
          weights: Float32Array.from(weights, (weight) => weight / 2),
        };
        const heaviest = Math.max(...columns.weights);
        expect(readLengths(writeLengths(columns), 20, 'blob')).toEqual({ ...columns, heaviest });
      }),
    );
  });
});

describe('blocks', () => {
  it('read together what lies together, and from the cache what was read', async () => {
    const writer = createBlockWriter('deflate');
    for (let block = 0; block < 9; block += 1) writer.add(new Uint8Array(50).fill(block), { ordinal: block * 10 });
    const { blob, directory } = await writer.finish();
    const store = memoryStore();
    await store.write({ put: new Map([['blob', blob]]) });
    let reads = 0;
    const file = openBlocks({
      store: {
        ...store,
        read: (...args) => {
          reads += 1;
          return store.read(...args);
        },
      },
      name: 'blob',
      directory: readDirectory(new ByteReader(directory, 'directory')),
      cache: createCache(10_000),
      decode: (bytes) => [...new Set(bytes)],
    });
    expect(await file.read([7, 0, 3, 3])).toEqual([[7], [0], [3], [3]]);
    expect(reads).toBe(1);
    expect(await file.read([3, 0])).toEqual([[3], [0]]);
    expect(reads).toBe(1);
    await expect(file.read([1], AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    const all = [];
    for await (const block of file.scan()) all.push(...block);
    expect(all).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('ranges come back in the order asked for, however they are joined', async () => {
    const store = memoryStore();
    const blob = Uint8Array.from({ length: 200 }, (_, index) => index);
    await store.write({ put: new Map([['blob', blob]]) });
    const range = fc.tuple(fc.nat({ max: 150 }), fc.nat({ max: 50 })).map(([offset, length]) => ({ offset, length }));
    await fc.assert(
      fc.asyncProperty(fc.array(range), fc.nat({ max: 40 }), async (ranges, gap) => {
        expect(await readRanges(store, 'blob', ranges, undefined, gap)).toEqual(
          ranges.map(({ offset, length }) => blob.subarray(offset, offset + length)),
        );
      }),
    );
  });
});

describe('cache', () => {
  it('forgets the least recently used, and never holds more than it may', () => {
    const cache = createCache(10);
    cache.set('a', 1, 5);
    cache.set('b', 2, 5);
    cache.get('a');
    cache.set('c', 3, 5);
    cache.set('huge', 4, 11);
    expect(['a', 'b', 'c', 'huge'].map((key) => cache.get(key))).toEqual([1, undefined, 3, undefined]);
  });
});

describe('fingerprint', () => {
  it('differs wherever a part does', () => {
    const parts = {
      model: 'm',
      revision: 'r',
      dtype: 'd',
      pooling: 'p',
      prefixes: ['q', ''],
      chunker: 'c',
      tokenizer: 't',
      format: 1,
    };
    const changed = [
      ...(['model', 'revision', 'dtype', 'pooling', 'chunker', 'tokenizer'] as const).map((key) => ({
        ...parts,
        [key]: 'x',
      })),
      { ...parts, prefixes: ['q'] },
      { ...parts, format: 2 },
    ];
    const all = [parts, ...changed].map(fingerprint);
    expect(new Set(all).size).toBe(all.length);
  });
});
