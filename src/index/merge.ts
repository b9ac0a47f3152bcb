import { throwIfAborted } from '../core/cancellation.ts';
import { type StoredPassage, splitPassageId } from '../core/document.ts';
import type { DocumentEntry } from './documents.ts';
import { emptyColumns } from './lengths.ts';
import type { ScannedTerm } from './lexicon.ts';
import { createLexiconWriter, type LexiconWriter } from './lexicon-writer.ts';
import { type Pace, pace } from './pace.ts';
import type { PostingsBounds } from './postings.ts';
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
  const streams = sources.map(({ segment }) => segment.lexicon.scan(allOf(segment), signal));
  const heads = await Promise.all(streams.map((stream) => nextOf(stream)));
  for (;;) {
    const [least] = heads.flatMap((head) => (head === undefined ? [] : [head.term])).sort();
    if (least === undefined) return;
    const parts: { fields: readonly FieldPostings[]; renumbering: Renumbering }[] = [];
    let payload: Uint8Array | undefined;
    for (const [index, head] of heads.entries()) {
      const renumbering = renumberings[index];
      const stream = streams[index];
      if (head?.term !== least || renumbering === undefined || stream === undefined) continue;
      parts.push({ fields: head.fields, renumbering });
      payload ??= head.payload;
      heads[index] = await nextOf(stream);
    }
    const fields = FIELDS.map((_, field) =>
      mergeField(parts.map(({ fields, renumbering }) => ({ postings: fields[field], renumbering }))),
    );
    if (fields.some(({ passages }) => passages.length > 0)) lexicon.add(least, fields, payload);
    if (working.due()) await working.rest();
    throwIfAborted(signal);
  }
}

/** Removed documents are left out by the renumbering, so that each source is read as a whole. */
function allOf(segment: Segment): PostingsBounds {
  return { passages: segment.passages, base: 0, dead: undefined };
}

async function nextOf(stream: AsyncGenerator<ScannedTerm>): Promise<ScannedTerm | undefined> {
  const next = await stream.next();
  return next.done ? undefined : next.value;
}

function mergeField(
  parts: readonly { readonly postings: FieldPostings | undefined; readonly renumbering: Renumbering }[],
): FieldPostings {
  const pairs: { passage: number; frequency: number }[] = [];
  let ascending = true;
  for (const { postings, renumbering } of parts)
    postings?.passages.forEach((old, index) => {
      const passage = renumbering[old] ?? REMOVED;
      if (passage === REMOVED) return;
      ascending &&= passage > (pairs.at(-1)?.passage ?? -1);
      pairs.push({ passage, frequency: postings.frequencies[index] ?? 1 });
    });
  if (!ascending) pairs.sort((a, b) => a.passage - b.passage);
  return {
    passages: Uint32Array.from(pairs, ({ passage }) => passage),
    frequencies: Uint16Array.from(pairs, ({ frequency }) => frequency),
  };
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
