import type { DocumentId } from '../core/document.ts';
import { type BlockCodec, createBlockWriter } from './blocks.ts';
import { type ByteReader, ByteWriter } from './codec.ts';
import type { DocumentHead } from './texts.ts';

/** A document of a segment: what the indexer compares to know whether it changed. */
export interface DocumentEntry extends DocumentHead {
  /** Hash of the document's content, as the indexer gave it. */
  readonly hash: string;
  /** How many passages it has. */
  readonly passages: number;
}

export interface WrittenDocuments {
  /** Ids and passage counts alone: a query reads these blocks, so they are kept small. */
  readonly ids: Uint8Array<ArrayBuffer>;
  /** Urls, titles, languages and hashes: read for listings only. */
  readonly documents: Uint8Array<ArrayBuffer>;
  readonly idsDirectory: Uint8Array<ArrayBuffer>;
  readonly documentsDirectory: Uint8Array<ArrayBuffer>;
}

const DOCUMENTS_PER_BLOCK = 512;
/** Document ids are sorted and share long beginnings, so that a block of 512 is some 8 kB. */
const LONGEST_BLOCK = 32 * 1024;

/** Documents must be in ascending order of ids (UTF-16). */
export async function writeDocuments(
  entries: readonly DocumentEntry[],
  codec: BlockCodec = 'raw',
): Promise<WrittenDocuments> {
  const ids = createBlockWriter(codec);
  const documents = createBlockWriter(codec);
  let passage = 0;
  for (let from = 0; from < entries.length; ) {
    const count = blockLength(entries, from);
    const block = entries.slice(from, from + count);
    const writer = new ByteWriter();
    writer.varint(from);
    writer.varint(passage);
    writer.frontCoded(block.map(({ id }) => id));
    for (const entry of block) writer.varint(entry.passages);
    ids.add(writer.finish(), { key: block[0]?.id ?? '', ordinal: passage });
    const rest = new ByteWriter();
    rest.strings(
      block.flatMap(({ id, url, title, language, hash }) => [url === id ? '' : `=${url}`, title, language, hash]),
    );
    documents.add(rest.finish(), { ordinal: from });
    passage += block.reduce((sum, entry) => sum + entry.passages, 0);
    from += count;
  }
  const [first, second] = [await ids.finish(), await documents.finish()];
  return {
    ids: first.blob,
    idsDirectory: first.directory,
    documents: second.blob,
    documentsDirectory: second.directory,
  };
}

function blockLength(entries: readonly DocumentEntry[], from: number): number {
  let bytes = 0;
  let count = 0;
  for (const entry of entries.slice(from, from + DOCUMENTS_PER_BLOCK)) {
    bytes += entry.id.length + entry.url.length + entry.title.length + entry.hash.length;
    if (count > 0 && bytes > LONGEST_BLOCK) break;
    count += 1;
  }
  return count;
}

export interface IdsBlock {
  readonly ids: readonly DocumentId[];
  /** Ordinal of the block's first document in the segment. */
  readonly firstDocument: number;
  /** First passage number of each document, and one more for the end; numbers count within the segment. */
  readonly starts: Uint32Array;
}

export function readIds(reader: ByteReader): IdsBlock {
  const firstDocument = reader.varint();
  let passage = reader.varint();
  const { texts } = reader.frontCoded();
  const counts = reader.varints(texts.length);
  reader.end();
  const starts = new Uint32Array(texts.length + 1);
  counts.forEach((count, index) => {
    starts[index] = passage;
    passage += count;
  });
  starts[texts.length] = passage;
  return { ids: texts as readonly string[] as readonly DocumentId[], firstDocument, starts };
}

export interface DocumentRest {
  /** Undefined: the same as the id. */
  readonly url: string | undefined;
  readonly title: string;
  readonly language: string;
  readonly hash: string;
}

export function readDocuments(reader: ByteReader): readonly DocumentRest[] {
  const strings = reader.strings();
  reader.end();
  if (strings.length % 4 !== 0) throw reader.corrupt('a document without all its strings');
  return Array.from({ length: strings.length / 4 }, (_, index) => {
    const [url = '', title = '', language = '', hash = ''] = strings.slice(index * 4, index * 4 + 4);
    return { url: url === '' ? undefined : url.slice(1), title, language, hash };
  });
}
