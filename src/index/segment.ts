import { once } from '../core/cancellation.ts';
import { crc32 } from '../core/checksum.ts';
import type { DocumentId, StoredPassage } from '../core/document.ts';
import type { Store } from '../core/ports.ts';
import { type BlockFile, blockOfKey, blocksLength, lastNotAfter, openBlocks } from './blocks.ts';
import type { Cache } from './cache.ts';
import { ByteReader, corrupt } from './codec.ts';
import { type DocumentRest, type IdsBlock, readDocuments, readIds } from './documents.ts';
import { type ReadColumns, readLengths } from './lengths.ts';
import { type Lexicon, openLexicon } from './lexicon.ts';
import { readExactly } from './ranges.ts';
import type { SizedBlob } from './resident.ts';
import { readSegmentHead, type SegmentPart, type WholeBlob } from './segment-format.ts';
import type { QuantisedVectors } from './terms.ts';
import { readTexts } from './texts.ts';
import { readVectors } from './vector-blob.ts';

/** Where a document lies in its segment. */
export interface DocumentPlace {
  readonly ordinal: number;
  readonly firstPassage: number;
  readonly passages: number;
}

/** An opened segment. Immutable: what is removed from it the manifest knows, not the segment. */
export interface Segment {
  readonly name: string;
  readonly passages: number;
  readonly documents: number;
  readonly dimensions: number;
  readonly lexicon: Lexicon;
  readonly ids: BlockFile<IdsBlock>;
  readonly documentTable: BlockFile<readonly DocumentRest[]>;
  readonly texts: BlockFile<readonly StoredPassage[]>;
  /** What most questions read of it. */
  readonly hot: readonly SizedBlob[];
  /** Kept once read. */
  lengths(): Promise<ReadColumns>;
  /** Read anew each time: they are large, and the scan keeps its own copy. Undefined where it has none. */
  vectors(signal?: AbortSignal): Promise<QuantisedVectors | undefined>;
  /** The place of each document, removed ones too; undefined for unknown ids. */
  locate(ids: readonly DocumentId[], signal?: AbortSignal): Promise<readonly (DocumentPlace | undefined)[]>;
}

export interface SegmentPlace {
  readonly name: string;
  /** What its blobs' names begin with. */
  readonly path: string;
  readonly headBytes: number;
  readonly headChecksum: number;
}

/** Reads the head, and nothing else. */
export async function openSegment(
  store: Store,
  place: SegmentPlace,
  cache: Cache,
  signal?: AbortSignal,
): Promise<Segment> {
  const name = (part: SegmentPart) => place.path + part;
  const whole = async (part: SegmentPart, { length, checksum }: WholeBlob, signal?: AbortSignal) => {
    const bytes = await readExactly(store, name(part), { offset: 0, length }, signal);
    if (crc32(bytes) !== checksum) throw corrupt(name(part), 'it fails its checksum');
    return bytes;
  };
  const bytes = await whole('head', { length: place.headBytes, checksum: place.headChecksum }, signal);
  const head = readSegmentHead(bytes, name('head'));
  const ids = openBlocks({
    store,
    cache,
    name: name('ids'),
    directory: head.idsDirectory,
    decode: (block) => readIds(new ByteReader(block, name('ids'))),
    weight: 4,
  });
  return {
    name: place.name,
    hot: [
      { name: name('ids'), length: ids.length },
      { name: name('lexicon'), length: blocksLength(head.lexiconDirectory) },
      { name: name('postings'), length: head.postingsBytes },
      { name: name('completions'), length: blocksLength(head.completionsDirectory) },
    ],
    passages: head.passages,
    documents: head.documents,
    dimensions: head.dimensions,
    ids,
    lexicon: openLexicon({
      store,
      cache,
      lexicon: name('lexicon'),
      postings: name('postings'),
      completions: name('completions'),
      lexiconDirectory: head.lexiconDirectory,
      completionsDirectory: head.completionsDirectory,
      payloadBytes: head.payloadBytes,
    }),
    documentTable: openBlocks({
      store,
      cache,
      name: name('documents'),
      directory: head.documentsDirectory,
      decode: (block) => readDocuments(new ByteReader(block, name('documents'))),
    }),
    texts: openBlocks({
      store,
      cache,
      name: name('texts'),
      directory: head.textsDirectory,
      decode: (block) => readTexts(new ByteReader(block, name('texts'))),
    }),
    lengths: once(async () => readLengths(await whole('lengths', head.lengths), head.passages, name('lengths'))),
    async vectors(signal) {
      if (head.dimensions === 0) return undefined;
      return readVectors(await whole('vectors', head.vectors, signal), head.passages, head.dimensions, name('vectors'));
    },
    async locate(wanted, signal) {
      const numbers = wanted.map((id) => blockOfKey(ids.directory, id));
      const held = [...new Set(numbers)].filter((number) => number >= 0);
      const blocks = await ids.read(held, signal);
      const byNumber = new Map(held.map((number, index) => [number, blocks[index]]));
      return wanted.map((id, index) => {
        const block = byNumber.get(numbers[index] ?? -1);
        return block && placeIn(block, id);
      });
    },
  };
}

function placeIn({ ids, firstDocument, starts }: IdsBlock, id: DocumentId): DocumentPlace | undefined {
  const index = lastNotAfter(ids.length, (each) => (ids[each] ?? '') <= id);
  if (ids[index] !== id) return undefined;
  const firstPassage = starts[index] ?? 0;
  return { ordinal: firstDocument + index, firstPassage, passages: (starts[index + 1] ?? 0) - firstPassage };
}
