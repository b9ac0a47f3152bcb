import { type StoredPassage, splitPassageId } from '../core/document.ts';
import type { DocumentEntry } from './documents.ts';
import { emptyColumns } from './lengths.ts';
import type { ScannedTerm } from './lexicon.ts';
import { createLexiconWriter, type LexiconWriter } from './lexicon-writer.ts';
import { type Pace, pace } from './pace.ts';
import { NO_POSTINGS, type PostingsBounds } from './postings.ts';
import type { Segment } from './segment.ts';
import { assembleSegment, type BuiltSegment, type SegmentOptions } from './segment-format.ts';
import { FIELDS, type FieldPostings, type QuantisedVectors } from './terms.ts';
import { createTextsWriter, type TextsWriter } from './texts.ts';

/** A segment to be merged, without the documents removed from it. */
export interface MergeSource {
  readonly segment: Segment;
  /** Ordinals of removed documents. */
  readonly removed: ReadonlySet<number>;
}

interface LiveDocument {
  readonly entry: DocumentEntry;
  readonly source: number;
  readonly firstPassage: number;
}

/** Number that a source's passage gets in the merged segment. */
type Renumbering = Uint32Array;
const REMOVED = 0xffffffff;

/**
 * One segment of several, equal byte for byte to one built afresh from the same documents. Sources are read
 * through once, block by block; what grows in memory is the merged segment alone.
 */
export async function mergeSegments(
  sources: readonly MergeSource[],
  options: SegmentOptions = {},
  signal?: AbortSignal,
): Promise<BuiltSegment> {
  const working = pace(signal);
  const documents = await liveDocuments(sources, signal);
  const { renumberings, passages } = renumber(sources, documents);
  const texts = createTextsWriter({ ...(options.codec && { codec: options.codec }), ...options.texts });
  await copyTexts(texts, sources, documents, working, signal);
  const lengths = emptyColumns(passages);
  for (const [index, { segment }] of sources.entries()) {
    const columns = await segment.lengths();
    renumberings[index]?.forEach((number, passage) => {
      if (number === REMOVED) return;
      lengths.fields.forEach((field, at) => {
        field[number] = columns.fields[at]?.[passage] ?? 0;
      });
      lengths.weights[number] = columns.weights[passage] ?? 1;
    });
  }
  const lexicon = createLexiconWriter({ ...(options.codec && { codec: options.codec }), ...options.lexicon });
  await mergeTerms(lexicon, sources, renumberings, working, signal);
  const vectors = await mergeVectors(sources, renumberings, passages, signal);
  const entries = documents.map(({ entry }) => entry);
  return assembleSegment({ documents: entries, texts, lexicon, lengths, vectors }, options);
}

/** Live documents of all sources in the order of ids; each id is live in one source only. */
async function liveDocuments(sources: readonly MergeSource[], signal?: AbortSignal): Promise<readonly LiveDocument[]> {
  const found: LiveDocument[] = [];
  for (const [source, { segment, removed }] of sources.entries()) {
    const rests = [];
    for await (const block of segment.documentTable.scan(signal)) rests.push(...block);
    for await (const { ids, firstDocument, starts } of segment.ids.scan(signal))
      for (const [index, id] of ids.entries()) {
        const rest = rests[firstDocument + index];
        if (rest === undefined || removed.has(firstDocument + index)) continue;
        const firstPassage = starts[index] ?? 0;
        const passages = (starts[index + 1] ?? 0) - firstPassage;
        found.push({ entry: { ...rest, id, url: rest.url ?? id, passages }, source, firstPassage });
      }
  }
  return found.sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1));
}

function renumber(sources: readonly MergeSource[], documents: readonly LiveDocument[]) {
  const renumberings: readonly Renumbering[] = sources.map(({ segment }) =>
    new Uint32Array(segment.passages).fill(REMOVED),
  );
  let passages = 0;
  for (const { entry, source, firstPassage } of documents)
    for (let ordinal = 0; ordinal < entry.passages; ordinal += 1) {
      const renumbering = renumberings[source];
      if (renumbering !== undefined) renumbering[firstPassage + ordinal] = passages;
      passages += 1;
    }
  return { renumberings, passages };
}

async function copyTexts(
  texts: TextsWriter,
  sources: readonly MergeSource[],
  documents: readonly LiveDocument[],
  working: Pace,
  signal?: AbortSignal,
): Promise<void> {
  const streams = sources.map(({ segment }) => passageStream(segment.texts.scan(signal)));
  for (const { entry, source, firstPassage } of documents)
    for (let ordinal = 0; ordinal < entry.passages; ordinal += 1) {
      const passage = await streams[source]?.(firstPassage + ordinal);
      if (passage === undefined) continue;
      texts.add(entry, { ...passage, ordinal: splitPassageId(passage.id).ordinal });
      if (working.due()) await working.rest();
    }
}

/** Passages by ascending number; those between two asked for are passed over. */
function passageStream(blocks: AsyncGenerator<readonly StoredPassage[]>) {
  let block: readonly StoredPassage[] = [];
  let first = 0;
  return async (number: number): Promise<StoredPassage | undefined> => {
    while (number >= first + block.length) {
      first += block.length;
      const next = await blocks.next();
      if (next.done) return undefined;
      block = next.value;
    }
    return block[number - first];
  };
}

async function mergeTerms(
  lexicon: LexiconWriter,
  sources: readonly MergeSource[],
  renumberings: readonly Renumbering[],
  working: Pace,
  signal?: AbortSignal,
): Promise<void> {
  const cursors = await Promise.all(
    sources.map(async ({ segment }, index) => {
      const cursor: TermCursor = {
        blocks: segment.lexicon.scan(allOf(segment), signal),
        terms: [],
        at: 0,
        renumbering: renumberings[index] ?? new Uint32Array(0),
      };
      await fill(cursor);
      return cursor;
    }),
  );
  for (;;) {
    const least = leastTerm(cursors);
    if (least === undefined) return;
    const same = cursors.filter((cursor) => cursor.terms[cursor.at]?.term === least);
    const fields = FIELDS.map((_, field) => mergeField(same, field));
    const payload = same[0]?.terms[same[0].at]?.payload;
    if (fields.some(({ passages }) => passages.length > 0)) lexicon.add(least, fields, payload);
    for (const cursor of same) {
      cursor.at += 1;
      if (cursor.at === cursor.terms.length) await fill(cursor);
    }
    if (working.due()) await working.rest();
  }
}

/** A walk over one source's terms, a block at a time. */
interface TermCursor {
  readonly blocks: AsyncGenerator<readonly ScannedTerm[]>;
  terms: readonly ScannedTerm[];
  at: number;
  readonly renumbering: Renumbering;
}

async function fill(cursor: TermCursor): Promise<void> {
  cursor.at = 0;
  do {
    const next = await cursor.blocks.next();
    cursor.terms = next.done ? [] : next.value;
    if (next.done) return;
  } while (cursor.terms.length === 0);
}

function leastTerm(cursors: readonly TermCursor[]): string | undefined {
  let least: string | undefined;
  for (const { terms, at } of cursors) {
    const term = terms[at]?.term;
    if (term !== undefined && (least === undefined || term < least)) least = term;
  }
  return least;
}

/** Removed documents are left out by the renumbering, so that each source is read as a whole. */
function allOf(segment: Segment): PostingsBounds {
  return { passages: segment.passages, base: 0, dead: undefined };
}

function mergeField(cursors: readonly TermCursor[], field: number): FieldPostings {
  let merged = NO_POSTINGS;
  for (const { terms, at, renumbering } of cursors) {
    const postings = terms[at]?.fields[field];
    if (postings === undefined || postings.passages.length === 0) continue;
    const live = renumbered(postings, renumbering);
    merged = merged === NO_POSTINGS ? live : mergeTwo(merged, live);
  }
  return merged;
}

/** Live postings under their new numbers; sources and result are in the order of ids, so these ascend too. */
function renumbered({ passages, frequencies }: FieldPostings, renumbering: Renumbering): FieldPostings {
  const kept = { passages: new Uint32Array(passages.length), frequencies: new Uint16Array(passages.length) };
  let count = 0;
  for (let index = 0; index < passages.length; index += 1) {
    const passage = renumbering[passages[index] ?? 0] ?? REMOVED;
    if (passage === REMOVED) continue;
    kept.passages[count] = passage;
    kept.frequencies[count] = frequencies[index] ?? 1;
    count += 1;
  }
  return { passages: kept.passages.subarray(0, count), frequencies: kept.frequencies.subarray(0, count) };
}

function mergeTwo(a: FieldPostings, b: FieldPostings): FieldPostings {
  const length = a.passages.length + b.passages.length;
  const merged = { passages: new Uint32Array(length), frequencies: new Uint16Array(length) };
  let i = 0;
  let j = 0;
  for (let at = 0; at < length; at += 1) {
    const left = i < a.passages.length ? (a.passages[i] ?? 0) : REMOVED;
    const right = j < b.passages.length ? (b.passages[j] ?? 0) : REMOVED;
    if (left < right) {
      merged.passages[at] = left;
      merged.frequencies[at] = a.frequencies[i] ?? 0;
      i += 1;
    } else {
      merged.passages[at] = right;
      merged.frequencies[at] = b.frequencies[j] ?? 0;
      j += 1;
    }
  }
  return merged;
}

async function mergeVectors(
  sources: readonly MergeSource[],
  renumberings: readonly Renumbering[],
  count: number,
  signal?: AbortSignal,
): Promise<QuantisedVectors | undefined> {
  const dimensions = Math.max(0, ...sources.map(({ segment }) => segment.dimensions));
  if (dimensions === 0) return undefined;
  const rows = new Int8Array(count * dimensions);
  const scales = new Float32Array(count);
  for (const [index, { segment }] of sources.entries()) {
    const vectors = await segment.vectors(signal);
    if (vectors === undefined) continue;
    renumberings[index]?.forEach((number, passage) => {
      if (number === REMOVED) return;
      rows.set(vectors.rows.subarray(passage * dimensions, (passage + 1) * dimensions), number * dimensions);
      scales[number] = vectors.scales[passage] ?? 0;
    });
  }
  return { dimensions, count, rows, scales };
}
