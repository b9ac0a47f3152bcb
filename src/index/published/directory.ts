import { lastNotAfter } from '../blocks.ts';
import type { ByteReader, ByteWriter } from '../codec.ts';

/** Where a block lies: `offset` counts over all parts of the index, frame included. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** What stands first in a block: a key (terms) or an ordinal (passages). Both ascend from block to block. */
export interface First {
  readonly key?: string;
  readonly ordinal?: number;
}

/** A run of neighbouring blocks of one region, as the directory knows them. */
export interface DirectoryPage {
  /** Offsets over all parts; one more than blocks. */
  readonly offsets: Float64Array;
  readonly ordinals: Uint32Array;
  readonly keys: readonly string[];
}

export interface PageEntry extends First {
  readonly length: number;
}

/** Writes the blocks of a page; they lie one after another from `start` on. */
export function writePage(writer: ByteWriter, start: number, entries: readonly PageEntry[]): void {
  writer.varint(entries.length);
  writer.varint(start);
  // Column by column, low bytes apart: lengths vary in their low byte only, and deflate likes the rest.
  for (const { length } of entries) writer.u8(length & 0xff);
  for (const { length } of entries) writer.varint(length >>> 8);
  writer.deltas(entries.map(({ ordinal }) => ordinal ?? 0));
  writer.frontCoded(entries.map(({ key }) => key ?? ''));
}

export function readPage(reader: ByteReader): DirectoryPage {
  const count = reader.count();
  const start = reader.varint();
  const low = reader.raw(count);
  const high = reader.varints(count);
  const offsets = new Float64Array(count + 1);
  offsets[0] = start;
  for (let block = 0; block < count; block += 1)
    offsets[block + 1] = (offsets[block] ?? 0) + (high[block] ?? 0) * 256 + (low[block] ?? 0);
  const ordinals = reader.deltas(count);
  const { texts: keys } = reader.frontCoded();
  if (keys.length !== count) throw reader.corrupt('a block without a key');
  return { offsets, ordinals, keys };
}

export function placeAt({ offsets }: DirectoryPage, block: number): Place | undefined {
  const [start, end] = [offsets[block], offsets[block + 1]];
  return start === undefined || end === undefined ? undefined : { offset: start, length: end - start };
}

/** A region's directory: one page in the manifest, or many pages of which the manifest has the first entries. */
export interface Directory {
  /** Of the whole region. */
  readonly blocks: number;
  /** The first entry of each page. */
  readonly firsts: { readonly keys: readonly string[]; readonly ordinals: Uint32Array };
  readonly page: (number: number, signal?: AbortSignal) => Promise<DirectoryPage>;
}

export interface Found {
  readonly place: Place;
  /** First ordinal of the block. */
  readonly ordinal: number;
}

/** The block that holds `key` if any does. */
export async function findKey(directory: Directory, key: string, signal?: AbortSignal): Promise<Found | undefined> {
  const { keys } = directory.firsts;
  const number = lastNotAfter(keys.length, (page) => (keys[page] ?? '') <= key);
  if (number < 0) return undefined;
  const page = await directory.page(number, signal);
  return foundAt(
    page,
    lastNotAfter(page.keys.length, (block) => (page.keys[block] ?? '') <= key),
  );
}

/** The block that holds `ordinal`. */
export async function findOrdinal(directory: Directory, ordinal: number, signal?: AbortSignal) {
  const { ordinals } = directory.firsts;
  const number = lastNotAfter(ordinals.length, (page) => (ordinals[page] ?? 0) <= ordinal);
  if (number < 0) return undefined;
  const page = await directory.page(number, signal);
  return foundAt(
    page,
    lastNotAfter(page.ordinals.length, (block) => (page.ordinals[block] ?? 0) <= ordinal),
  );
}

/** At most `most` blocks that may hold keys beginning with `prefix`, in order. */
export async function findPrefix(
  directory: Directory,
  prefix: string,
  most: number,
  signal?: AbortSignal,
): Promise<readonly Place[]> {
  const { keys } = directory.firsts;
  const places: Place[] = [];
  let number = Math.max(
    0,
    lastNotAfter(keys.length, (page) => (keys[page] ?? '') <= prefix),
  );
  for (; number < keys.length && places.length < most; number += 1) {
    const page = await directory.page(number, signal);
    let block = Math.max(
      0,
      lastNotAfter(page.keys.length, (each) => (page.keys[each] ?? '') <= prefix),
    );
    for (; block < page.keys.length && places.length < most; block += 1) {
      const key = page.keys[block] ?? '';
      if (key > prefix && !key.startsWith(prefix)) return places;
      const place = placeAt(page, block);
      if (place !== undefined) places.push(place);
    }
  }
  return places;
}

function foundAt(page: DirectoryPage, block: number): Found | undefined {
  const place = placeAt(page, block);
  return place === undefined ? undefined : { place, ordinal: page.ordinals[block] ?? 0 };
}
