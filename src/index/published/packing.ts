import { concatenate } from '../blocks.ts';
import { ByteWriter } from '../codec.ts';
import { type First, type PageEntry, writePage } from './directory.ts';
import { frame } from './frame.ts';

/** The regions of an index, in the order in which they lie in its files. */
export const REGIONS = [
  'terms',
  'lists',
  'tallies',
  'completions',
  'vocabulary',
  'pieces',
  'centroids',
  'clusters',
  'rows',
  'texts',
] as const;
export type RegionName = (typeof REGIONS)[number];
/** Regions that format 1 has not. */
export const SINCE_2: ReadonlySet<RegionName> = new Set(['lists', 'tallies']);
/** Regions whose blocks are found by what other blocks say: the directory has the first one only. */
const UNLISTED: ReadonlySet<RegionName> = new Set(['lists']);

/** No file of an index is larger, unless there would be more than MOST_PARTS of them. Some hosts stop at 20 or 25 MiB. */
const PART_BYTES = 19 * 1024 * 1024;
const MOST_PARTS = 48;
/** A directory of more blocks is kept in pages outside the manifest, each read when it is needed: a kilobyte or less. */
const INLINE_BLOCKS = 16_384;
const PAGE_BLOCKS = 256;

interface Block extends First {
  readonly stored: Uint8Array;
}

/** Blocks of all regions, framed already. */
export type Regions = ReadonlyMap<RegionName, readonly Block[]>;

/** What the manifest says of a region. */
export interface PackedRegion {
  readonly blocks: number;
  /** The whole directory, where it is small. */
  readonly inline: Uint8Array | undefined;
  readonly pages: readonly (PageEntry & { readonly offset: number })[];
}

export interface Packed {
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
  readonly regions: ReadonlyMap<RegionName, PackedRegion>;
}

export interface PackOptions {
  readonly partBytes?: number;
  readonly inlineBlocks?: number;
  readonly pageBlocks?: number;
}

/** Lays all blocks out one after another and cuts the whole between blocks into parts of like size. */
export async function packRegions(regions: Regions, options: PackOptions = {}): Promise<Packed> {
  const { inlineBlocks = INLINE_BLOCKS, pageBlocks = PAGE_BLOCKS } = options;
  const stream: Uint8Array[] = [];
  let offset = 0;
  const append = (stored: Uint8Array): number => {
    stream.push(stored);
    offset += stored.length;
    return offset - stored.length;
  };
  const starts = new Map<RegionName, number>();
  for (const name of REGIONS) {
    starts.set(name, offset);
    for (const { stored } of regions.get(name) ?? []) append(stored);
  }
  const packed = new Map<RegionName, PackedRegion>();
  for (const name of REGIONS) {
    const all = regions.get(name) ?? [];
    const blocks = UNLISTED.has(name) ? all.slice(0, 1) : all;
    let start = starts.get(name) ?? 0;
    if (blocks.length <= inlineBlocks) {
      packed.set(name, { blocks: blocks.length, inline: directoryOf(blocks, start), pages: [] });
      continue;
    }
    const pages: (PageEntry & { offset: number })[] = [];
    for (let from = 0; from < blocks.length; from += pageBlocks) {
      const slice = blocks.slice(from, from + pageBlocks);
      const stored = await frame(directoryOf(slice, start));
      const { key, ordinal } = slice[0] ?? {};
      const first = { ...(key === undefined ? {} : { key }), ...(ordinal === undefined ? {} : { ordinal }) };
      pages.push({ ...first, length: stored.length, offset: append(stored) });
      start += slice.reduce((sum, block) => sum + block.stored.length, 0);
    }
    packed.set(name, { blocks: blocks.length, inline: undefined, pages });
  }
  return {
    parts: cut(stream, Math.max(options.partBytes ?? PART_BYTES, Math.ceil(offset / MOST_PARTS))),
    regions: packed,
  };
}

function directoryOf(blocks: readonly Block[], start: number): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(blocks.length * 6);
  writePage(
    writer,
    start,
    blocks.map(({ stored, ...first }) => ({ ...first, length: stored.length })),
  );
  return writer.finish();
}

function cut(blocks: readonly Uint8Array[], limit: number): readonly Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let open: Uint8Array[] = [];
  let bytes = 0;
  const close = () => {
    if (open.length > 0) parts.push(concatenate(open));
    open = [];
    bytes = 0;
  };
  for (const block of blocks) {
    if (bytes + block.length > limit) close();
    open.push(block);
    bytes += block.length;
  }
  close();
  return parts;
}
