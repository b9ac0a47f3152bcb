import { throwIfAborted } from '../../core/cancellation.ts';
import type { Passage } from '../../core/document.ts';
import { SearchError } from '../../core/errors.ts';
import { contentHash } from '../../core/hash.ts';
import { readDirectory } from '../blocks.ts';
import { ByteReader } from '../codec.ts';
import { type CountedTerm, collectCompletions } from '../completions.ts';
import { pace } from '../pace.ts';
import { documentFrequency } from '../postings.ts';
import type { TermAnalyzer } from '../segment-builder.ts';
import { createTermCollector, type TermCollector } from '../term-collector.ts';
import { FIELDS, type QuantisedVectors } from '../terms.ts';
import { createTextsWriter, type DocumentHead } from '../texts.ts';
import type { First } from './directory.ts';
import { frame, withChecksum } from './frame.ts';
import { createTermBlocks, type RawBlock, vocabularyBlocks } from './lexicon.ts';
import { MANIFEST_NAME, type WeightRun, writeManifest } from './manifest.ts';
import { type PackOptions, packRegions, type RegionName } from './packing.ts';
import { rowBuckets } from './rows.ts';
import { vectorBudget, writeVectorClusters } from './vectors.ts';
import { pieceBlocks, type TokenTable, wordRows } from './word-table.ts';

/** A document as a published index takes it. */
export interface PublishedDocument {
  readonly document: DocumentHead;
  readonly passages: readonly Passage[];
  /** One row a passage; all documents have them or none. */
  readonly vectors?: QuantisedVectors;
}

export interface PublishOptions extends PackOptions {
  readonly fingerprint: string;
  readonly analyzer: (language: string) => Promise<TermAnalyzer>;
  /** The static model that made the vectors. */
  readonly table?: TokenTable;
  /** Cuts a text into the words that rows belong to. */
  readonly words?: (text: string) => readonly string[];
  /** Clusters beyond which their centroids are grouped. */
  readonly mostUngrouped?: number;
  readonly onStep?: (step: string) => void;
  readonly signal?: AbortSignal;
}

/** A block of texts is closed at this size before compression: about 2 kB on the wire. */
const TEXTS_BYTES = 4 * 1024;
/** Names are hashes of contents: two builds of one site share what has not changed, and caches may keep them for ever. */
const PART_PREFIX = 'findling-';

/**
 * The files of a published index by name, the manifest last. The same documents give the same bytes, in whatever order
 * they come. SearchError('bad-input') where one document is given twice.
 */
export async function buildPublishedIndex(
  given: readonly PublishedDocument[],
  options: PublishOptions,
): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const { signal, onStep = () => undefined } = options;
  const documents = [...given].sort((a, b) => (a.document.id < b.document.id ? -1 : 1));
  documents.forEach(({ document }, at) => {
    if (at > 0 && documents[at - 1]?.document.id === document.id)
      throw new SearchError('bad-input', `Document '${document.id}' was given twice.`);
  });
  const regions = new Map<RegionName, readonly (First & { readonly stored: Uint8Array })[]>();
  onStep('terms');
  const collector = await collectTerms(documents, options);
  await writeTerms(collector, regions, signal);
  onStep('texts');
  regions.set('texts', await deflated(await textBlocks(documents)));
  const vectors = joinVectors(documents);
  if (vectors !== undefined && vectors.count > 0) {
    onStep('vectors');
    await writeSemantic(documents, vectors, regions, options);
  }
  onStep('files');
  const packed = await packRegions(regions, options);
  const parts = packed.parts.map((bytes) => ({ name: `${PART_PREFIX}${contentHash(bytes)}.bin`, bytes }));
  const facts = {
    fingerprint: options.fingerprint,
    build: contentHash(options.fingerprint, ...parts.map(({ name }) => name)).slice(0, 10),
    languages: languagesOf(documents),
    documents: documents.length,
    passages: collector.passages,
    totals: FIELDS.map((_, field) => total(collector, field)),
    weights: weightRuns(documents),
    dimensions: vectors?.dimensions ?? 0,
    probes: vectorBudget(collector.passages).probes,
    parts: parts.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
  };
  const manifest = await writeManifest({ ...facts, regions: packed.regions });
  return new Map([...parts.map(({ name, bytes }) => [name, bytes] as const), [MANIFEST_NAME, manifest]]);
}

async function collectTerms(documents: readonly PublishedDocument[], options: PublishOptions): Promise<TermCollector> {
  const collector = createTermCollector();
  const { due, rest } = pace(options.signal);
  for (const { document, passages } of documents) {
    const analyzer = await options.analyzer(document.language);
    const title = analyzer.analyze(document.title);
    let heading: readonly string[] = [];
    let headingTerms: readonly string[] = [];
    for (const passage of passages) {
      if (passage.heading !== heading) headingTerms = analyzer.analyze(passage.heading.join('\n'));
      heading = passage.heading;
      collector.add([title, headingTerms, analyzer.analyze(passage.text)]);
      if (due()) await rest();
    }
  }
  return collector;
}

async function writeTerms(
  collector: TermCollector,
  regions: Map<RegionName, readonly (First & { readonly stored: Uint8Array })[]>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const order = Uint32Array.from({ length: collector.passages }, (_, at) => at);
  const terms = createTermBlocks((passage, field) => Math.min(0xffff, collector.length(passage, field)));
  const completions = collectCompletions();
  const vocabulary: CountedTerm[] = [];
  const { due, rest } = pace(signal);
  for (const { term, fields } of collector.postings(order)) {
    const frequency = documentFrequency(fields);
    terms.add(term, fields);
    completions.add(term, frequency, fields);
    vocabulary.push({ term, frequency });
    if (due()) await rest();
  }
  regions.set('terms', await deflated(terms.finish()));
  regions.set('vocabulary', await deflated(vocabularyBlocks(vocabulary)));
  regions.set('completions', await deflated(split(await completions.finish('raw'))));
}

async function textBlocks(documents: readonly PublishedDocument[]) {
  const texts = createTextsWriter({ blockBytes: TEXTS_BYTES });
  for (const { document, passages } of documents)
    for (const [ordinal, passage] of passages.entries()) texts.add(document, { ...passage, ordinal });
  return split(await texts.finish());
}

/** The blocks of a file that a writer of local segments made. */
function split(file: { readonly blob: Uint8Array; readonly directory: Uint8Array }): readonly (First & RawBytes)[] {
  const { offsets, keys, ordinals } = readDirectory(new ByteReader(file.directory, 'blocks'));
  return keys.map((key, block) => ({
    key,
    ordinal: ordinals[block] ?? 0,
    bytes: file.blob.slice(offsets[block], offsets[block + 1]) as Uint8Array<ArrayBuffer>,
  }));
}

type RawBytes = Pick<RawBlock, 'bytes'>;

async function deflated(blocks: readonly (First & RawBytes)[]) {
  const done: (First & { readonly stored: Uint8Array })[] = [];
  const together = 64;
  for (let from = 0; from < blocks.length; from += together)
    done.push(
      ...(await Promise.all(
        blocks
          .slice(from, from + together)
          .map(async ({ bytes, ...first }) => ({ ...first, stored: await frame(bytes) })),
      )),
    );
  return done;
}

async function writeSemantic(
  documents: readonly PublishedDocument[],
  vectors: QuantisedVectors,
  regions: Map<RegionName, readonly (First & { readonly stored: Uint8Array })[]>,
  { table, words, mostUngrouped, signal }: PublishOptions,
): Promise<void> {
  if (table === undefined || words === undefined || table.dimensions !== vectors.dimensions)
    throw new SearchError('bad-input', 'An index with vectors needs the word rows of the model that made them.');
  const { centroids, clusters } = await writeVectorClusters(vectors, {
    ...(signal === undefined ? {} : { signal }),
    ...(mostUngrouped === undefined ? {} : { mostUngrouped }),
  });
  const raw = (all: readonly Uint8Array[]) => all.map((bytes, ordinal) => ({ ordinal, stored: withChecksum(bytes) }));
  regions.set('centroids', raw(centroids));
  regions.set('clusters', raw(clusters));
  const frequencies = new Map<string, number>();
  for (const { document, passages } of documents) {
    throwIfAborted(signal);
    const seen = new Set(words([document.title, ...passages.map(({ text }) => text)].join('\n')));
    for (const word of seen) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
  }
  regions.set('rows', raw(rowBuckets(wordRows(table, frequencies))));
  regions.set('pieces', await deflated(pieceBlocks(table)));
}

function joinVectors(documents: readonly PublishedDocument[]): QuantisedVectors | undefined {
  const filled = documents.filter(({ passages }) => passages.length > 0);
  const given = filled.flatMap(({ vectors }) => vectors ?? []);
  const [first] = given;
  if (first === undefined) return undefined;
  const { dimensions } = first;
  const count = given.reduce((sum, each) => sum + each.count, 0);
  const rows = new Int8Array(count * dimensions);
  const scales = new Float32Array(count);
  let at = 0;
  filled.forEach(({ document, passages, vectors }) => {
    if (vectors?.count !== passages.length || vectors.dimensions !== dimensions)
      throw new SearchError(
        'bad-input',
        `Document '${document.id}' needs ${passages.length} vectors of ${dimensions}.`,
      );
    rows.set(vectors.rows, at * dimensions);
    scales.set(vectors.scales, at);
    at += vectors.count;
  });
  return { dimensions, count, rows, scales };
}

function languagesOf(documents: readonly PublishedDocument[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { document } of documents) counts.set(document.language, (counts.get(document.language) ?? 0) + 1);
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([language]) => language);
}

function total(collector: TermCollector, field: number): number {
  let sum = 0;
  for (let passage = 0; passage < collector.passages; passage += 1) sum += collector.length(passage, field);
  return sum;
}

function weightRuns(documents: readonly PublishedDocument[]): readonly WeightRun[] {
  const runs: { start: number; count: number; weight: number }[] = [];
  let number = 0;
  for (const { passages } of documents)
    for (const { weight } of passages) {
      const run = runs.at(-1);
      if (weight !== 1) {
        if (run && run.start + run.count === number && run.weight === weight) run.count += 1;
        else runs.push({ start: number, count: 1, weight });
      }
      number += 1;
    }
  return runs;
}
