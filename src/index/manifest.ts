import { crc32 } from '../core/checksum.ts';
import { SearchError } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import { ByteReader, ByteWriter, corrupt } from './codec.ts';
import type { Counts } from './segment-format.ts';
import { FIELDS } from './terms.ts';

/** The one blob that is ever replaced: which segments there are, and what of them is removed. */
export interface Manifest {
  /** Raised by every write, so that another tab's change is seen. */
  readonly generation: number;
  readonly fingerprint: string;
  readonly segments: readonly SegmentRecord[];
  /** Blobs of segments merged away by the last write; the next write deletes them, so that readers can finish. */
  readonly garbage: readonly string[];
}

export interface SegmentRecord {
  /** Part of its blobs' names; never used twice. */
  readonly name: string;
  /** Passages with the removed ones. */
  readonly passages: number;
  readonly dimensions: number;
  readonly headBytes: number;
  readonly headChecksum: number;
  /** Of all its blobs. */
  readonly bytes: number;
  /** Without the removed documents. */
  readonly live: Counts;
  /** Removed documents, ascending. */
  readonly removed: readonly Tombstone[];
}

export interface Tombstone {
  /** Ordinal in the segment. */
  readonly document: number;
  readonly firstPassage: number;
  readonly passages: number;
}

const MAGIC = 0x4c444e46; // "FNDL"
/** Version of the manifest's own layout. Old ones are read as long as a fixture of them is kept. */
export const MANIFEST_FORMAT = 1;

export function manifestName(prefix: string): string {
  return `${prefix}manifest`;
}

/** The names of the segment's blobs begin with this. */
export function segmentPath(prefix: string, name: string): string {
  return `${prefix}segments/${name}/`;
}

export function writeManifest(manifest: Manifest): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  writer.u32(MAGIC);
  writer.u8(MANIFEST_FORMAT);
  writer.varint(manifest.generation);
  writer.string(manifest.fingerprint);
  writer.strings(manifest.garbage);
  writer.varint(manifest.segments.length);
  for (const segment of manifest.segments) writeSegment(writer, segment);
  writer.u32(crc32(writer.finish()));
  return writer.finish();
}

function writeSegment(writer: ByteWriter, segment: SegmentRecord): void {
  writer.string(segment.name);
  writer.varint(segment.passages);
  writer.varint(segment.dimensions);
  writer.varint(segment.headBytes);
  writer.u32(segment.headChecksum);
  writer.varint(segment.bytes);
  writer.varint(segment.live.passages);
  writer.varint(segment.live.documents);
  for (const total of segment.live.totals) writer.varint(total);
  const languages = [...segment.live.languages].sort(([a], [b]) => (a < b ? -1 : 1));
  writer.strings(languages.map(([language]) => language));
  for (const [, documents] of languages) writer.varint(documents);
  writer.varint(segment.removed.length);
  writer.deltas(segment.removed.map(({ document }) => document));
  writer.deltas(segment.removed.map(({ firstPassage }) => firstPassage));
  for (const { passages } of segment.removed) writer.varint(passages);
}

/** SearchError('corrupt') where bytes were damaged, SearchError('mismatch') where another version wrote them. */
export function readManifest(bytes: Uint8Array, name: string): Manifest {
  if (bytes.length < 9) throw corrupt(name, 'it is too short');
  const body = bytes.subarray(0, bytes.length - 4);
  if (new ByteReader(bytes.subarray(bytes.length - 4), name).u32() !== crc32(body))
    throw corrupt(name, 'it fails its checksum');
  const reader = new ByteReader(body, name);
  if (reader.u32() !== MAGIC) throw reader.corrupt('it is no manifest');
  const format = reader.u8();
  if (format !== MANIFEST_FORMAT)
    throw new SearchError(
      'mismatch',
      `The index '${name}' has format ${format}; this version reads ${MANIFEST_FORMAT}. Rebuild it.`,
    );
  const manifest = {
    generation: reader.varint(),
    fingerprint: reader.string(),
    garbage: reader.strings(),
    segments: Array.from({ length: reader.count() }, () => readSegment(reader)),
  };
  reader.end();
  return manifest;
}

function readSegment(reader: ByteReader): SegmentRecord {
  const record = {
    name: reader.string(),
    passages: reader.varint(),
    dimensions: reader.varint(),
    headBytes: reader.varint(),
    headChecksum: reader.u32(),
    bytes: reader.varint(),
  };
  const passages = reader.varint();
  const documents = reader.varint();
  const totals = FIELDS.map(() => reader.varint());
  const names = reader.strings();
  const counts = reader.varints(names.length);
  const languages = new Map(names.map((language, index) => [language, counts[index] ?? 0]));
  const removed = reader.count();
  const ordinals = reader.deltas(removed);
  const firsts = reader.deltas(removed);
  const sizes = reader.varints(removed);
  return {
    ...record,
    live: { passages, documents, totals, languages },
    removed: Array.from(ordinals, (document, index) => ({
      document,
      firstPassage: firsts[index] ?? 0,
      passages: sizes[index] ?? 0,
    })),
  };
}

/** The stored manifest, undefined where there is no index yet. */
export async function loadManifest(store: Store, prefix: string, signal?: AbortSignal): Promise<Manifest | undefined> {
  const name = manifestName(prefix);
  const bytes = await store.read(name, undefined, signal);
  return bytes === undefined ? undefined : readManifest(bytes, name);
}
