import { crc32 } from '../core/checksum.ts';
import { type BlockCodec, type Directory, readDirectory } from './blocks.ts';
import { ByteReader, ByteWriter } from './codec.ts';
import { type DocumentEntry, writeDocuments } from './documents.ts';
import { type LengthColumns, writeLengths } from './lengths.ts';
import type { LexiconOptions, LexiconWriter } from './lexicon-writer.ts';
import type { QuantisedVectors } from './terms.ts';
import type { TextsOptions, TextsWriter } from './texts.ts';
import { writeVectors } from './vector-blob.ts';

/**
 * A segment: an immutable index of some documents, sorted by id, as a handful of blobs. `head` is read first and
 * says where everything lies; no other blob is ever read whole to answer a query, `lengths` and `vectors` apart.
 */
export const SEGMENT_PARTS = [
  'head',
  'lexicon',
  'postings',
  'completions',
  'ids',
  'documents',
  'texts',
  'lengths',
  'vectors',
] as const;
export type SegmentPart = (typeof SEGMENT_PARTS)[number];

/** Whether a blob is one that is always read from its first byte to its last, and large. */
export function isVectorsBlob(name: string): boolean {
  return name.endsWith('/vectors' satisfies `/${SegmentPart}`);
}

/** Written into every head; raise it with any change of layout, and keep an old index in fixtures/. */
const SEGMENT_FORMAT = 1;

export interface SegmentOptions {
  readonly codec?: BlockCodec;
  readonly lexicon?: LexiconOptions;
  readonly texts?: TextsOptions;
}

/** What a corpus adds up over its segments. */
export interface Counts {
  readonly passages: number;
  readonly documents: number;
  /** Sums of field lengths in terms, in the order of FIELDS. */
  readonly totals: readonly number[];
  /** Documents per language. */
  readonly languages: ReadonlyMap<string, number>;
}

export interface BuiltSegment {
  readonly counts: Counts;
  /** 0 where it has no vectors. */
  readonly dimensions: number;
  readonly headBytes: number;
  readonly headChecksum: number;
  /** Bytes of all blobs. */
  readonly bytes: number;
  /** By part; `vectors` only where there are any. */
  readonly blobs: ReadonlyMap<SegmentPart, Uint8Array<ArrayBuffer>>;
}

export interface SegmentParts {
  /** Sorted by id. */
  readonly documents: readonly DocumentEntry[];
  readonly texts: TextsWriter;
  readonly lexicon: LexiconWriter;
  readonly lengths: LengthColumns;
  readonly vectors: QuantisedVectors | undefined;
}

/** The blobs of a segment whose parts are complete. The same parts give the same bytes. */
export async function assembleSegment(parts: SegmentParts, options: SegmentOptions = {}): Promise<BuiltSegment> {
  const { documents, lengths, vectors } = parts;
  const passages = lengths.weights.length;
  const terms = await parts.lexicon.finish();
  const texts = await parts.texts.finish();
  const table = await writeDocuments(documents, options.codec);
  const lengthsBlob = writeLengths(lengths);
  const vectorsBlob = vectors === undefined ? undefined : writeVectors(vectors);
  const dimensions = vectors?.dimensions ?? 0;

  const head = new ByteWriter();
  head.u8(SEGMENT_FORMAT);
  head.varint(passages);
  head.varint(documents.length);
  head.varint(dimensions);
  head.varint(options.lexicon?.payloadBytes ?? 0);
  for (const blob of [lengthsBlob, vectorsBlob ?? new Uint8Array(0)]) {
    head.varint(blob.length);
    head.u32(crc32(blob));
  }
  head.varint(terms.postings.length);
  for (const directory of [
    terms.lexiconDirectory,
    terms.completionsDirectory,
    table.idsDirectory,
    table.documentsDirectory,
    texts.directory,
  ])
    head.raw(directory);
  const headBlob = head.finish();

  const blobs = new Map<SegmentPart, Uint8Array<ArrayBuffer>>([
    ['head', headBlob],
    ['lexicon', terms.lexicon],
    ['postings', terms.postings],
    ['completions', terms.completions],
    ['ids', table.ids],
    ['documents', table.documents],
    ['texts', texts.blob],
    ['lengths', lengthsBlob],
  ]);
  if (vectorsBlob !== undefined) blobs.set('vectors', vectorsBlob);
  return {
    counts: countSegment(documents, lengths),
    dimensions,
    headBytes: headBlob.length,
    headChecksum: crc32(headBlob),
    bytes: [...blobs.values()].reduce((sum, blob) => sum + blob.length, 0),
    blobs,
  };
}

function countSegment(documents: readonly DocumentEntry[], { fields, weights }: LengthColumns): Counts {
  const languages = new Map<string, number>();
  for (const { language } of documents) languages.set(language, (languages.get(language) ?? 0) + 1);
  return {
    passages: weights.length,
    documents: documents.length,
    totals: fields.map((column) => column.reduce((sum, length) => sum + length, 0)),
    languages,
  };
}

export interface SegmentHead {
  readonly passages: number;
  readonly documents: number;
  readonly dimensions: number;
  readonly payloadBytes: number;
  readonly lengths: WholeBlob;
  readonly vectors: WholeBlob;
  readonly postingsBytes: number;
  readonly lexiconDirectory: Directory;
  readonly completionsDirectory: Directory;
  readonly idsDirectory: Directory;
  readonly documentsDirectory: Directory;
  readonly textsDirectory: Directory;
}

export interface WholeBlob {
  readonly length: number;
  readonly checksum: number;
}

/** Reads a head whose checksum is right. */
export function readSegmentHead(bytes: Uint8Array, name: string): SegmentHead {
  const reader = new ByteReader(bytes, name);
  const format = reader.u8();
  if (format !== SEGMENT_FORMAT) throw reader.corrupt(`an unknown segment format (${format})`);
  const head = {
    passages: reader.varint(),
    documents: reader.varint(),
    dimensions: reader.varint(),
    payloadBytes: reader.varint(),
    lengths: { length: reader.varint(), checksum: reader.u32() },
    vectors: { length: reader.varint(), checksum: reader.u32() },
    postingsBytes: reader.varint(),
    lexiconDirectory: readDirectory(reader),
    completionsDirectory: readDirectory(reader),
    idsDirectory: readDirectory(reader),
    documentsDirectory: readDirectory(reader),
    textsDirectory: readDirectory(reader),
  };
  reader.end();
  return head;
}
