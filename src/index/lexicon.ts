import { crc32 } from '../core/checksum.ts';
import type { ByteRange, Store } from '../core/ports.ts';
import { type BlockFile, blockOfKey, type Directory, lastNotAfter, openBlocks } from './blocks.ts';
import type { Cache } from './cache.ts';
import { ByteReader, corrupt } from './codec.ts';
import { type CompletionsBlock, type CountedTerm, complete, readCompletions } from './completions.ts';
import { finder, type Misspelt } from './edits.ts';
import { documentFrequency, type PostingsBounds, readPostings } from './postings.ts';
import { readRanges } from './ranges.ts';
import type { FieldPostings } from './terms.ts';

/** A prefix or first letter whose terms fill more blocks than this is cut off there. */
const MOST_BLOCKS = 2048;
const MOST_BLOCKS_EXPANDED = 128;
/** Decoded terms take about this many times the room of a stored block. */
const DECODED_WEIGHT = 6;

export interface LexiconBlock {
  readonly texts: readonly string[];
  readonly shared: Uint32Array;
  readonly frequencies: Uint32Array;
  readonly sizes: Uint32Array;
  /** Where each term's postings start: in `inline`, or in the postings file. */
  readonly starts: Float64Array;
  readonly payloads: Uint8Array;
  readonly inline: Uint8Array;
}

export interface LexiconFiles {
  readonly store: Store;
  readonly cache: Cache;
  /** Blob names. */
  readonly lexicon: string;
  readonly postings: string;
  readonly completions: string;
  readonly lexiconDirectory: Directory;
  readonly completionsDirectory: Directory;
  readonly payloadBytes: number;
}

export interface DistantTerm extends CountedTerm {
  readonly distance: number;
}

export interface Lexicon {
  /** Undefined where no passage, or no live one, holds the term. */
  postings(
    terms: readonly string[],
    bounds: PostingsBounds,
    signal?: AbortSignal,
  ): Promise<readonly (readonly FieldPostings[] | undefined)[]>;
  /** The terms kept for a prefix of one or two letters, those of removed passages among them. */
  complete(prefix: string, signal?: AbortSignal): Promise<readonly CountedTerm[]>;
  /** All terms that begin with the prefix. */
  expand(prefix: string, bounds: PostingsBounds, signal?: AbortSignal): Promise<readonly CountedTerm[]>;
  similar(misspelt: Misspelt, bounds: PostingsBounds, signal?: AbortSignal): Promise<readonly DistantTerm[]>;
  /** Payloads of terms (zero bytes long where the segment has none); undefined for unknown terms. */
  payloads(terms: readonly string[], signal?: AbortSignal): Promise<readonly (Uint8Array | undefined)[]>;
  /** Every term that has postings, in order, a block of terms at a time. */
  scan(bounds: PostingsBounds, signal?: AbortSignal): AsyncGenerator<readonly ScannedTerm[]>;
}

export interface ScannedTerm {
  readonly term: string;
  readonly fields: readonly FieldPostings[];
  readonly payload: Uint8Array;
}

interface Place {
  readonly block: LexiconBlock;
  readonly index: number;
}

export function openLexicon(files: LexiconFiles): Lexicon {
  const { store, cache } = files;
  const lexicon = openBlocks({
    store,
    cache,
    name: files.lexicon,
    directory: files.lexiconDirectory,
    decode: (bytes) => readBlock(new ByteReader(bytes, files.lexicon), files.payloadBytes),
    weight: DECODED_WEIGHT,
  });
  const completions: BlockFile<CompletionsBlock> = openBlocks({
    store,
    cache,
    name: files.completions,
    directory: files.completionsDirectory,
    decode: (bytes) => readCompletions(new ByteReader(bytes, files.completions)),
    weight: DECODED_WEIGHT,
  });

  const find = async (terms: readonly string[], signal?: AbortSignal): Promise<readonly (Place | undefined)[]> => {
    const numbers = terms.map((term) => blockOfKey(lexicon.directory, term));
    const wanted = [...new Set(numbers)].filter((number) => number >= 0);
    const blocks = await lexicon.read(wanted, signal);
    const byNumber = new Map(wanted.map((number, index) => [number, blocks[index]]));
    return terms.map((term, at) => {
      const block = byNumber.get(numbers[at] ?? -1);
      if (block === undefined) return undefined;
      const index = lastNotAfter(block.texts.length, (each) => (block.texts[each] ?? '') <= term);
      return block.texts[index] === term ? { block, index } : undefined;
    });
  };
  const load = (places: readonly (Place | undefined)[], bounds: PostingsBounds, signal?: AbortSignal) =>
    loadPostings(files, places, bounds, signal);

  return {
    async postings(terms, bounds, signal) {
      return load(await find(terms, signal), bounds, signal);
    },
    async payloads(terms, signal) {
      const places = await find(terms, signal);
      return places.map((place) => place && payloadAt(place, files.payloadBytes));
    },
    complete: (prefix, signal) => complete(completions, prefix, signal),
    async expand(prefix, bounds, signal) {
      if (prefix === '') return [];
      const blocks = await lexicon.read(blocksWith(lexicon.directory, prefix, MOST_BLOCKS_EXPANDED), signal);
      const found: CountedTerm[] = [];
      for (const block of blocks) {
        const before = lastNotAfter(block.texts.length, (index) => (block.texts[index] ?? '') < prefix);
        for (let index = before + 1; block.texts[index]?.startsWith(prefix); index += 1) {
          const frequency = liveFrequency({ block, index }, bounds, files.lexicon);
          if (frequency > 0) found.push({ term: block.texts[index] ?? '', frequency });
        }
      }
      return found;
    },
    async similar(misspelt, bounds, signal) {
      const { word } = misspelt;
      if (word === '') return [];
      const letter = word.slice(0, (word.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
      const blocks = await lexicon.read(blocksWith(lexicon.directory, letter, MOST_BLOCKS), signal);
      const found: DistantTerm[] = [];
      const find = finder(misspelt);
      for (const block of blocks)
        find(block, (index, distance) => {
          const text = block.texts[index] ?? '';
          if (!text.startsWith(letter)) return;
          const frequency = liveFrequency({ block, index }, bounds, files.lexicon);
          if (frequency > 0) found.push({ term: text, frequency, distance });
        });
      return found;
    },
    async *scan(bounds, signal) {
      for await (const block of lexicon.scan(signal)) {
        const places = block.texts.map((_, index) => ({ block, index }));
        const postings = await load(places, bounds, signal);
        yield postings.flatMap((fields, index) =>
          fields === undefined
            ? []
            : [{ term: block.texts[index] ?? '', fields, payload: payloadAt({ block, index }, files.payloadBytes) }],
        );
      }
    },
  };
}

/** Blocks that may hold terms beginning with `prefix`. */
function blocksWith(directory: Directory, prefix: string, most: number): readonly number[] {
  const first = Math.max(0, blockOfKey(directory, prefix));
  const end = lastNotAfter(directory.keys.length, (block) => {
    const key = directory.keys[block] ?? '';
    return key < prefix || key.startsWith(prefix);
  });
  return Array.from({ length: Math.max(0, Math.min(end - first + 1, most)) }, (_, index) => first + index);
}

function readBlock(reader: ByteReader, payloadBytes: number): LexiconBlock {
  const { texts, shared } = reader.frontCoded();
  const frequencies = reader.varints(texts.length);
  const sizes = reader.varints(texts.length);
  let external = reader.varint();
  let inline = 0;
  const starts = new Float64Array(texts.length);
  sizes.forEach((code, index) => {
    const size = code >>> 1;
    starts[index] = code & 1 ? external : inline;
    if (code & 1) external += size + 4;
    else inline += size;
  });
  const payloads = reader.raw(payloadBytes * texts.length);
  const block = { texts, shared, frequencies, sizes, starts, payloads, inline: reader.raw(inline) };
  reader.end();
  return block;
}

/** Postings of terms: those in their own block at once, the long ones in one round of reads. */
async function loadPostings(
  { store, postings: name, lexicon }: LexiconFiles,
  places: readonly (Place | undefined)[],
  bounds: PostingsBounds,
  signal?: AbortSignal,
): Promise<readonly (readonly FieldPostings[] | undefined)[]> {
  const ranges: ByteRange[] = [];
  const members: number[] = [];
  const found = places.map((place, at) => {
    if (place === undefined || place.block.frequencies[place.index] === 0) return undefined;
    const { start, size, external } = extent(place);
    if (!external) return inlinePostings(place, bounds, lexicon);
    ranges.push({ offset: start, length: size + 4 });
    members.push(at);
    return undefined;
  });
  const stored = ranges.length > 0 ? await readRanges(store, name, ranges, signal) : [];
  for (const [index, bytes] of stored.entries()) {
    const list = bytes.subarray(4);
    if (new ByteReader(bytes, name).u32() !== crc32(list)) throw corrupt(name, 'a posting list fails its checksum');
    const reader = new ByteReader(list, name);
    found[members[index] ?? 0] = readPostings(reader, bounds);
    reader.end();
  }
  return found.map((fields) => (fields?.some(({ passages }) => passages.length > 0) ? fields : undefined));
}

function extent({ block, index }: Place) {
  const code = block.sizes[index] ?? 0;
  return { start: block.starts[index] ?? 0, size: code >>> 1, external: (code & 1) === 1 };
}

function inlinePostings(place: Place, bounds: PostingsBounds, name: string): readonly FieldPostings[] {
  const { start, size } = extent(place);
  const reader = new ByteReader(place.block.inline.subarray(start, start + size), name);
  const fields = readPostings(reader, bounds);
  reader.end();
  return fields;
}

/** Exact where the postings are at hand, else with the removed passages still counted: an upper bound. */
function liveFrequency(place: Place, bounds: PostingsBounds, name: string): number {
  const stored = place.block.frequencies[place.index] ?? 0;
  if (bounds.dead === undefined || stored === 0 || extent(place).external) return stored;
  return documentFrequency(inlinePostings(place, bounds, name));
}

function payloadAt({ block, index }: Place, payloadBytes: number): Uint8Array {
  return block.payloads.subarray(index * payloadBytes, (index + 1) * payloadBytes);
}
