import { SearchError } from '../../core/errors.ts';
import { contentHash } from '../../core/hash.ts';
import { type CountedTerm, collectCompletions } from '../completions.ts';
import { isFilterTerm, isListed } from '../filter-terms.ts';
import { isNameTerm } from '../lexical/names.ts';
import { pace } from '../pace.ts';
import { documentFrequency } from '../postings.ts';
import type { TermCollector } from '../term-collector.ts';
import { FIELDS, type QuantisedVectors } from '../terms.ts';
import { blocksOf, deflated, type StoredBlock } from './block-list.ts';
import { type CommonSizes, collectCommon, commonSizes } from './common-writer.ts';
import type { DocumentSource, PublishedDocument, PublishOptions } from './documents.ts';
import { fitFine, withFineCodes } from './fine-codes.ts';
import { withChecksum } from './frame.ts';
import { type Gathered, gather } from './gathering.ts';
import { createTermBlocks, vocabularyBlocks } from './lexicon.ts';
import { MANIFEST_NAME, writeManifest } from './manifest.ts';
import { packRegions, type RegionName } from './packing.ts';
import { rowBuckets } from './rows.ts';
import { vectorBudget, writeVectorClusters } from './vectors.ts';
import { pieceBlocks, wordRows } from './word-table.ts';

export type { DocumentSource, PublishedDocument, PublishOptions };

/** Names are hashes of contents: two builds of one site share what has not changed, and caches may keep them for ever. */
const PART_PREFIX = 'findling-';

/**
 * The files of a published index by name, the manifest last. The same documents give the same bytes, in whatever order
 * they come. SearchError('bad-input') where one document is given twice.
 */
export async function buildPublishedIndex(
  given: readonly PublishedDocument[] | DocumentSource,
  options: PublishOptions,
): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const { signal, onStep = () => undefined } = options;
  onStep('terms and texts');
  const gathered = await gather('read' in given ? given : sourceOf(given), options);
  const { collector, vectors } = gathered;
  const totals = FIELDS.map((_, field) => total(collector, field));
  const sizes = options.sizes ?? commonSizes(collector.passages);
  const regions = new Map<RegionName, readonly StoredBlock[]>();
  onStep('postings');
  const hasCommon = await writeTerms({ collector, totals, sizes }, regions, signal);
  if (vectors !== undefined && vectors.count > 0) {
    onStep('vectors');
    await writeSemantic(gathered, vectors, regions, options);
  } else regions.set('texts', withFineCodes(gathered.texts, undefined));
  onStep('files');
  const packed = await packRegions(regions, options);
  const parts = packed.parts.map((bytes) => ({ name: `${PART_PREFIX}${contentHash(bytes)}.bin`, bytes }));
  const facts = {
    fingerprint: options.fingerprint,
    build: contentHash(options.fingerprint, ...parts.map(({ name }) => name)).slice(0, 10),
    languages: gathered.languages,
    documents: gathered.documents,
    passages: collector.passages,
    totals,
    weights: gathered.weights,
    dimensions: vectors?.dimensions ?? 0,
    probes: vectorBudget(collector.passages).probes,
    tallied: hasCommon ? sizes.tallied : 0,
    tallies: sizes.tallies,
    parts: parts.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
  };
  const manifest = await writeManifest({ ...facts, regions: packed.regions });
  return new Map([...parts.map(({ name, bytes }) => [name, bytes] as const), [MANIFEST_NAME, manifest]]);
}

function sourceOf(documents: readonly PublishedDocument[]): DocumentSource {
  return {
    ids: documents.map(({ document }) => document.id),
    passages: documents.reduce((sum, { passages }) => sum + passages.length, 0),
    read(at) {
      const document = documents[at];
      if (document === undefined) throw new SearchError('internal', `There is no document ${at}.`);
      return document;
    },
  };
}

interface TermsToWrite {
  readonly collector: TermCollector;
  /** Sums of field lengths. */
  readonly totals: readonly number[];
  readonly sizes: CommonSizes;
}

/** Writes the regions of words; true where terms are common. */
async function writeTerms(
  { collector, totals, sizes }: TermsToWrite,
  regions: Map<RegionName, readonly StoredBlock[]>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const order = Uint32Array.from({ length: collector.passages }, (_, at) => at);
  const lengthOf = (passage: number, field: number) => Math.min(0xffff, collector.length(passage, field));
  const terms = createTermBlocks(lengthOf);
  const averageLengths = totals.map((sum) => sum / Math.max(1, collector.passages));
  const common = collectCommon({ passages: collector.passages, averageLengths, languages: [] }, lengthOf, sizes);
  const completions = collectCompletions();
  const vocabulary: CountedTerm[] = [];
  const { due, rest } = pace(signal);
  for (const { term, fields } of collector.postings(order)) {
    const frequency = documentFrequency(fields);
    if (frequency > sizes.common && !isFilterTerm(term)) terms.addOutline(term, await common.add(fields));
    else terms.add(term, fields);
    completions.add(term, frequency, fields);
    if (!isNameTerm(term) || isListed(term)) vocabulary.push({ term, frequency });
    if (due()) await rest();
  }
  regions.set('terms', await deflated(terms.finish()));
  regions.set('lists', common.lists);
  regions.set('tallies', await deflated(common.tallies()));
  regions.set('vocabulary', await deflated(vocabularyBlocks(vocabulary)));
  regions.set('completions', await deflated(blocksOf(await completions.finish('raw'))));
  return common.lists.length > 0;
}

async function writeSemantic(
  { frequencies, texts }: Gathered,
  vectors: QuantisedVectors,
  regions: Map<RegionName, readonly StoredBlock[]>,
  { table, mostUngrouped, signal }: PublishOptions,
): Promise<void> {
  if (table === undefined || table.dimensions !== vectors.dimensions)
    throw new SearchError('bad-input', 'An index with vectors needs the word rows of the model that made them.');
  const quantiser = fitFine(vectors);
  regions.set('texts', withFineCodes(texts, { vectors, quantiser }));
  const { centroids, clusters } = await writeVectorClusters(vectors, quantiser, {
    ...(signal === undefined ? {} : { signal }),
    ...(mostUngrouped === undefined ? {} : { mostUngrouped }),
  });
  const raw = (all: readonly Uint8Array[]) => all.map((bytes, ordinal) => ({ ordinal, stored: withChecksum(bytes) }));
  regions.set('centroids', raw(centroids));
  regions.set('clusters', raw(clusters));
  regions.set('rows', raw(rowBuckets(wordRows(table, frequencies))));
  regions.set('pieces', await deflated(pieceBlocks(table)));
}

function total(collector: TermCollector, field: number): number {
  let sum = 0;
  for (let passage = 0; passage < collector.passages; passage += 1) sum += collector.length(passage, field);
  return sum;
}
