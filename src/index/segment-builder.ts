import { type Passage, passageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import { collectTerms, type IndexedHead, type TermAnalyzer } from './collecting.ts';
import { emptyColumns, type LengthColumns, LONGEST_FIELD } from './lengths.ts';
import { createLexiconWriter, type LexiconWriter } from './lexicon-writer.ts';
import { pace } from './pace.ts';
import { assembleSegment, type BuiltSegment, type SegmentOptions } from './segment-format.ts';
import { createTermCollector, type TermCollector } from './term-collector.ts';
import type { QuantisedVectors } from './terms.ts';
import { createTextsWriter } from './texts.ts';

/** A document as the index takes it. */
export interface IndexedDocument {
  /** A Document is one; of it only these fields are kept. */
  readonly document: IndexedHead;
  /** Hash of the content, for the indexer to know it again; any string. */
  readonly hash: string;
  /** All of the document's passages, ordinals ascending from 0. */
  readonly passages: readonly Passage[];
  /** One row a passage. Within one batch either every document brings them or none. */
  readonly vectors?: QuantisedVectors;
}

export interface SegmentBuilder {
  readonly passages: number;
  /** Analyses a document. SearchError('bad-input') where its passages do not belong to it, or it was added before. */
  add(entry: IndexedDocument, analyzer: TermAnalyzer): void;
  /** Makes the blobs; documents are sorted by id, so the order of adding does not matter. */
  finish(signal?: AbortSignal): Promise<BuiltSegment>;
}

interface Added {
  readonly entry: IndexedDocument;
  /** Number of its first passage in the order of adding. */
  readonly first: number;
}

export function createSegmentBuilder(options: SegmentOptions = {}): SegmentBuilder {
  const added = new Map<string, Added>();
  const collector = createTermCollector();
  return {
    get passages() {
      return collector.passages;
    },
    add(entry, analyzer) {
      checkDocument(entry);
      const { id } = entry.document;
      if (added.has(id)) throw new SearchError('bad-input', `Document '${id}' was given twice in one batch.`);
      added.set(id, { entry, first: collector.passages });
      collectTerms(entry.document, entry.passages, analyzer, collector);
    },
    async finish(signal) {
      const sorted = [...added.values()].sort((a, b) => (a.entry.document.id < b.entry.document.id ? -1 : 1));
      const order = passageOrder(sorted, collector.passages);
      const texts = createTextsWriter({ ...(options.codec && { codec: options.codec }), ...options.texts });
      const lengths = emptyColumns(collector.passages);
      let number = 0;
      for (const { entry } of sorted)
        for (const [ordinal, passage] of entry.passages.entries()) {
          texts.add(entry.document, { ...passage, ordinal });
          lengths.weights[number] = passage.weight;
          number += 1;
        }
      fillLengths(lengths, collector, order);
      const lexicon = createLexiconWriter({ ...(options.codec && { codec: options.codec }), ...options.lexicon });
      await writeTerms(lexicon, collector, order, signal);
      const documents = sorted.map(({ entry: { document, hash, passages } }) => {
        const { id, url, title, language } = document;
        return { id, url, title, language, hash, passages: passages.length };
      });
      const vectors = joinVectors(sorted.map(({ entry }) => entry));
      return assembleSegment({ documents, texts, lexicon, lengths, vectors }, options);
    },
  };
}

/** The passages in their final order, by their number in the order of adding. */
function passageOrder(sorted: readonly Added[], passages: number): Uint32Array {
  const order = new Uint32Array(passages);
  let at = 0;
  for (const { entry, first } of sorted)
    for (let ordinal = 0; ordinal < entry.passages.length; ordinal += 1) {
      order[at] = first + ordinal;
      at += 1;
    }
  return order;
}

function fillLengths(lengths: LengthColumns, collector: TermCollector, order: Uint32Array): void {
  lengths.fields.forEach((column, field) => {
    order.forEach((passage, number) => {
      column[number] = Math.min(LONGEST_FIELD, collector.length(passage, field));
    });
  });
}

async function writeTerms(
  lexicon: LexiconWriter,
  collector: TermCollector,
  order: Uint32Array,
  signal?: AbortSignal,
): Promise<void> {
  const { due, rest } = pace(signal);
  for (const { term, fields } of collector.postings(order)) {
    lexicon.add(term, fields);
    if (due()) await rest();
  }
}

function checkDocument({ document, passages, vectors }: IndexedDocument): void {
  const fail = (what: string) => new SearchError('bad-input', `Document '${document.id}' cannot be indexed: ${what}.`);
  if (/\p{Surrogate}/u.test(document.id)) throw fail('its id holds half a surrogate pair');
  passages.forEach((passage, ordinal) => {
    if (passage.id !== passageId(document.id, ordinal)) throw fail(`passage ${ordinal} has the id '${passage.id}'`);
    if (passage.end - passage.start !== passage.text.length)
      throw fail(`passage ${ordinal} does not have the length that its start and end say`);
    if (!(Number.isFinite(passage.weight) && passage.weight >= 0))
      throw fail(`passage ${ordinal} has the weight ${passage.weight}`);
  });
  if (vectors === undefined) return;
  const { count, dimensions, rows, scales } = vectors;
  if (count !== passages.length || rows.length !== count * dimensions || scales.length !== count)
    throw fail(
      `it has ${passages.length} passages, but ${count} vectors (${rows.length} numbers, ${scales.length} scales)`,
    );
}

function joinVectors(entries: readonly IndexedDocument[]): QuantisedVectors | undefined {
  const filled = entries.filter(({ passages }) => passages.length > 0);
  const given = filled.flatMap(({ vectors }) => vectors ?? []);
  const [first] = given;
  if (first === undefined) return undefined;
  const { dimensions } = first;
  if (given.length < filled.length || given.some((vectors) => vectors.dimensions !== dimensions))
    throw new SearchError('bad-input', `Every document of a batch needs vectors of ${dimensions} dimensions, or none.`);
  const count = given.reduce((sum, vectors) => sum + vectors.count, 0);
  const rows = new Int8Array(count * dimensions);
  const scales = new Float32Array(count);
  let at = 0;
  for (const vectors of given) {
    rows.set(vectors.rows, at * dimensions);
    scales.set(vectors.scales, at);
    at += vectors.count;
  }
  return { dimensions, count, rows, scales };
}
