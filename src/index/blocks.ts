import { abortable, throwIfAborted } from '../core/cancellation.ts';
import { crc32 } from '../core/checksum.ts';
import type { Store } from '../core/ports.ts';
import type { Cache } from './cache.ts';
import { type ByteReader, ByteWriter, corrupt } from './codec.ts';
import { readRanges } from './ranges.ts';

/**
 * A block file is a run of blocks, each with a checksum and compressed by itself, beside a directory small
 * enough to be read first: the first key and first ordinal of every block, its length and its CRC-32.
 */
export interface Directory {
  /** Byte offsets; one more than blocks. */
  readonly offsets: Float64Array;
  readonly checksums: Uint32Array;
  /** First ordinal (a passage number, say) of each block. */
  readonly ordinals: Uint32Array;
  /** First key of each block, ascending; empty strings where the file has no keys. */
  readonly keys: readonly string[];
  readonly codec: BlockCodec;
}

export type BlockCodec = 'raw' | 'deflate';
const CODECS: readonly BlockCodec[] = ['raw', 'deflate'];

export interface BlockWriter {
  /** Takes a finished block. Keys and ordinals must ascend. */
  add(block: Uint8Array<ArrayBuffer>, first: { readonly key?: string; readonly ordinal?: number }): void;
  /** The file's bytes, and its directory as openDirectory reads it. */
  finish(): Promise<{ readonly blob: Uint8Array<ArrayBuffer>; readonly directory: Uint8Array<ArrayBuffer> }>;
}

export function createBlockWriter(codec: BlockCodec = 'raw'): BlockWriter {
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  const keys: string[] = [];
  const ordinals: number[] = [];
  return {
    add(block, { key = '', ordinal = 0 }) {
      blocks.push(block);
      keys.push(key);
      ordinals.push(ordinal);
    },
    async finish() {
      const stored = codec === 'raw' ? blocks : await Promise.all(blocks.map((block) => deflate(block)));
      const directory = new ByteWriter();
      directory.u8(CODECS.indexOf(codec));
      directory.varint(stored.length);
      for (const block of stored) {
        directory.varint(block.length);
        directory.u32(crc32(block));
      }
      directory.deltas(ordinals);
      directory.frontCoded(keys);
      return { blob: concatenate(stored), directory: directory.finish() };
    },
  };
}

/** Reads a directory as createBlockWriter wrote it. */
export function readDirectory(reader: ByteReader): Directory {
  const codec = CODECS[reader.u8()];
  if (codec === undefined) throw reader.corrupt('an unknown block codec');
  const count = reader.count();
  const offsets = new Float64Array(count + 1);
  const checksums = new Uint32Array(count);
  for (let block = 0; block < count; block += 1) {
    offsets[block + 1] = (offsets[block] ?? 0) + reader.varint();
    checksums[block] = reader.u32();
  }
  const ordinals = reader.deltas(count);
  const { texts: keys } = reader.frontCoded();
  if (keys.length !== count) throw reader.corrupt('a block without a key');
  return { offsets, checksums, ordinals, keys, codec };
}

export interface BlockFile<T> {
  readonly directory: Directory;
  /** Bytes of all blocks as stored. */
  readonly length: number;
  /** Decoded blocks in the order asked for, from the cache where they are; the rest is read at once, neighbours together. */
  read(blocks: readonly number[], signal?: AbortSignal): Promise<readonly T[]>;
  /** All blocks in order, past the cache: for merges and listings. */
  scan(signal?: AbortSignal): AsyncGenerator<T>;
}

export interface BlockFileOptions<T> {
  readonly store: Store;
  readonly name: string;
  readonly directory: Directory;
  readonly cache: Cache;
  /** Called once a block, with bytes whose checksum is right. */
  decode(bytes: Uint8Array, block: number): T;
  /** Memory of a decoded block, as a multiple of its raw bytes; 2 by default. */
  readonly weight?: number;
}

export function openBlocks<T>(options: BlockFileOptions<T>): BlockFile<T> {
  const { store, name, directory, cache, decode, weight = 2 } = options;
  type Opened = { readonly value: T; readonly bytes: number };
  const count = directory.checksums.length;
  const loading = new Map<number, Promise<T>>();
  const range = (block: number) => {
    const offset = directory.offsets[block] ?? 0;
    return { offset, length: (directory.offsets[block + 1] ?? 0) - offset };
  };
  const open = async (stored: Uint8Array, block: number) => {
    if (crc32(stored) !== directory.checksums[block]) throw corrupt(name, `block ${block} fails its checksum`);
    const bytes = directory.codec === 'raw' ? stored : await inflate(stored, name);
    return { value: decode(bytes, block), bytes: bytes.length };
  };
  const load = async (blocks: readonly number[], signal?: AbortSignal) => {
    const stored = await readRanges(store, name, blocks.map(range), signal);
    return Promise.all(stored.map((bytes, index) => open(bytes, blocks[index] ?? 0)));
  };
  /** For everybody who waits for these blocks: whoever is cancelled stops waiting, not loading. */
  const loadShared = (blocks: readonly number[]): ReadonlyMap<number, Promise<T>> => {
    const loaded = load(blocks).then((found) => {
      for (const [index, { value, bytes }] of found.entries())
        cache.set(`${name}@${blocks[index]}`, { value }, bytes * weight);
      return found;
    });
    const each = new Map(blocks.map((block, index) => [block, loaded.then((found) => (found[index] as Opened).value)]));
    for (const [block, one] of each) {
      loading.set(block, one);
      one.catch(() => undefined).finally(() => loading.delete(block));
    }
    return each;
  };
  return {
    directory,
    length: blocksLength(directory),
    async read(blocks, signal) {
      throwIfAborted(signal);
      const wanted = new Map<number, T | Promise<T>>();
      const missing: number[] = [];
      for (const block of new Set(blocks)) {
        const cached = cache.get<{ value: T }>(`${name}@${block}`);
        const known = cached === undefined ? loading.get(block) : cached.value;
        if (known === undefined) missing.push(block);
        else wanted.set(block, known);
      }
      if (missing.length > 0) for (const [block, one] of loadShared(missing)) wanted.set(block, one);
      return abortable(Promise.all(blocks.map((block) => wanted.get(block) as T | Promise<T>)), signal);
    },
    async *scan(signal) {
      const group = 32;
      for (let from = 0; from < count; from += group) {
        throwIfAborted(signal);
        const blocks = Array.from({ length: Math.min(group, count - from) }, (_, index) => from + index);
        for (const { value } of await load(blocks, signal)) yield value;
      }
    },
  };
}

/** Bytes of all blocks as stored. */
export function blocksLength({ offsets }: Directory): number {
  return offsets.at(-1) ?? 0;
}

/** The block that holds `ordinal`, or the last one; -1 where there are no blocks. */
export function blockOfOrdinal({ ordinals }: Directory, ordinal: number): number {
  return lastNotAfter(ordinals.length, (block) => (ordinals[block] ?? 0) <= ordinal);
}

/** The block that holds `key` if the file does; -1 where the key comes before all. */
export function blockOfKey({ keys }: Directory, key: string): number {
  return lastNotAfter(keys.length, (block) => (keys[block] ?? '') <= key);
}

/** The last index below `count` for which `holds` is true, given that it is true up to some point and false after; or -1. */
export function lastNotAfter(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function inflate(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw corrupt(name, `a block does not decompress (${String(error)})`);
  }
}
