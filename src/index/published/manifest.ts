import { SearchError } from '../../core/errors.ts';
import { ByteReader, ByteWriter } from '../codec.ts';
import { FIELDS } from '../terms.ts';
import { type DirectoryPage, readPage } from './directory.ts';
import { frame, unframe } from './frame.ts';
import { type PackedRegion, REGIONS, type RegionName, SINCE_2 } from './packing.ts';

/** Raise it with any change of layout, and keep an old index in fixtures/. */
export const PUBLISHED_FORMAT = 4;
/**
 * Older formats are read as well: 1 has no common terms, and so neither lists nor tallies; up to 2 vectors are coded whole; up to 3
 * texts have no vectors beside them.
 */
const OLDEST_FORMAT = 1;
/** The one file whose name never changes; it names all others. */
export const MANIFEST_NAME = 'findling.bin';
/** Whether a file of an index never changes under its name. */
export function isPart(name: string): boolean {
  return /^findling-[0-9a-f]{14}\.bin$/.test(name);
}

const MAGIC = [0x46, 0x4e, 0x44, 0x4c] as const; // FNDL

/** A run of passages whose section has another weight than 1. */
export interface WeightRun {
  readonly start: number;
  readonly count: number;
  readonly weight: number;
}

export interface PublishedFacts {
  /** What the texts were cut, analysed and embedded with. */
  readonly fingerprint: string;
  /** Changes with any byte of the index. */
  readonly build: string;
  /** Primary tags, commonest first. */
  readonly languages: readonly string[];
  readonly documents: number;
  readonly passages: number;
  /** Sums of field lengths in terms, in the order of FIELDS. */
  readonly totals: readonly number[];
  readonly weights: readonly WeightRun[];
  /** Of the embedding; 0 for an index without vectors. */
  readonly dimensions: number;
  /** Vectors a query looks at, in the nearest clusters. */
  readonly probes: number;
  /** Passages a tally is of; 0 for an index without common terms. */
  readonly tallied: number;
  /** Tallies that a question reads at most. */
  readonly tallies: number;
  readonly parts: readonly { readonly name: string; readonly bytes: number }[];
}

export interface PublishedManifest extends PublishedFacts {
  readonly format: number;
  readonly regions: ReadonlyMap<RegionName, RegionRecord>;
}

export interface RegionRecord {
  readonly blocks: number;
  readonly inline: DirectoryPage | undefined;
  /** Entries of a directory that is kept outside. */
  readonly pages: DirectoryPage;
}

export async function writeManifest(
  facts: PublishedFacts & { readonly regions: ReadonlyMap<RegionName, PackedRegion> },
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ByteWriter(64 * 1024);
  writer.string(facts.fingerprint);
  writer.string(facts.build);
  writer.strings(facts.languages);
  for (const number of [
    facts.documents,
    facts.passages,
    ...facts.totals,
    facts.dimensions,
    facts.probes,
    facts.tallied,
    facts.tallies,
  ])
    writer.varint(number);
  writer.varint(facts.weights.length);
  for (const { start, count, weight } of facts.weights) {
    writer.varint(start);
    writer.varint(count);
    writer.f32(weight);
  }
  writer.varint(facts.parts.length);
  for (const { name, bytes } of facts.parts) {
    writer.string(name);
    writer.varint(bytes);
  }
  for (const name of REGIONS) writeRegion(writer, facts.regions.get(name));
  const body = await frame(writer.finish());
  const file = new Uint8Array(MAGIC.length + 1 + body.length);
  file.set([...MAGIC, PUBLISHED_FORMAT]);
  file.set(body, MAGIC.length + 1);
  return file;
}

function writeRegion(writer: ByteWriter, region: PackedRegion | undefined): void {
  const { blocks, inline, pages } = region ?? { blocks: 0, inline: new Uint8Array(0), pages: [] };
  writer.varint(blocks);
  writer.u8(inline === undefined ? 1 : 0);
  if (inline !== undefined) {
    writer.varint(inline.length);
    writer.raw(inline);
    return;
  }
  writer.varint(pages.length);
  for (const { offset, length, key, ordinal } of pages) {
    writer.varint(offset);
    writer.varint(length);
    writer.varint(ordinal ?? 0);
    writer.string(key ?? '');
  }
}

/**
 * Reads a manifest. SearchError('mismatch') for another version of the format, which says which side is older;
 * 'corrupt' for bytes that are no manifest.
 */
export async function readManifest(bytes: Uint8Array): Promise<PublishedManifest> {
  if (bytes.length < MAGIC.length + 1 || MAGIC.some((byte, at) => bytes[at] !== byte))
    throw new SearchError(
      'corrupt',
      `${MANIFEST_NAME} is no findling index. Run \`findling index\` and publish again.`,
    );
  const format = bytes[MAGIC.length] ?? 0;
  if (format < OLDEST_FORMAT || format > PUBLISHED_FORMAT)
    throw new SearchError(
      'mismatch',
      format > PUBLISHED_FORMAT
        ? `The index is of format ${format}, this page reads ${PUBLISHED_FORMAT}. Reload the page, or update findling in it.`
        : `The index is of the old format ${format}. Run \`findling index\` again.`,
    );
  const reader = new ByteReader(await unframe(bytes.subarray(MAGIC.length + 1), MANIFEST_NAME), MANIFEST_NAME);
  const manifest = readBody(reader, format);
  reader.end();
  return manifest;
}

function readBody(reader: ByteReader, format: number): PublishedManifest {
  const [fingerprint, build, languages] = [reader.string(), reader.string(), reader.strings()];
  const [documents, passages] = [reader.varint(), reader.varint()];
  const totals = FIELDS.map(() => reader.varint());
  const [dimensions, probes] = [reader.varint(), reader.varint()];
  const [tallied, tallies] = format === 1 ? [0, 0] : [reader.varint(), reader.varint()];
  const weights = Array.from({ length: reader.count() }, () => ({
    start: reader.varint(),
    count: reader.varint(),
    weight: reader.f32(),
  }));
  const parts = Array.from({ length: reader.count() }, () => ({ name: reader.string(), bytes: reader.varint() }));
  const written = REGIONS.filter((name) => format > 1 || !SINCE_2.has(name));
  const regions = new Map(written.map((name) => [name, readRegion(reader)]));
  return {
    ...{ fingerprint, build, languages, documents, passages, totals, dimensions, probes, tallied, tallies },
    ...{ format, weights, parts, regions },
  };
}

const NO_PAGES: DirectoryPage = { offsets: new Float64Array(1), ordinals: new Uint32Array(0), keys: [] };

function readRegion(reader: ByteReader): RegionRecord {
  const blocks = reader.varint();
  if (reader.u8() === 0) {
    const inner = new ByteReader(reader.raw(reader.count()), MANIFEST_NAME);
    return { blocks, inline: blocks === 0 ? NO_PAGES : readPage(inner), pages: NO_PAGES };
  }
  const count = reader.count();
  const offsets = new Float64Array(count + 1);
  const ordinals = new Uint32Array(count);
  const keys: string[] = [];
  for (let page = 0; page < count; page += 1) {
    offsets[page] = reader.varint();
    // Pages of one region lie one after another.
    offsets[page + 1] = (offsets[page] ?? 0) + reader.varint();
    ordinals[page] = reader.varint();
    keys.push(reader.string());
  }
  return { blocks, inline: undefined, pages: { offsets, ordinals, keys } };
}
