import type { DocumentId, PassageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { PassageSource } from '../core/ports.ts';
import { lastNotAfter } from './blocks.ts';
import type { Cache } from './cache.ts';
import { COMPLETED_LETTERS, type CountedTerm, commonestFirst } from './completions.ts';
import type { DocumentEntry } from './documents.ts';
import { knownPostings } from './known-postings.ts';
import type { Manifest, SegmentRecord } from './manifest.ts';
import {
  type LocatedDocument,
  locateDocuments,
  locatePassages,
  type Part,
  readIdsOf,
  readTexts,
  recentPlaces,
} from './parts.ts';
import { joinPostings } from './postings.ts';
import type { Segment } from './segment.ts';
import {
  type CorpusStatistics,
  FIELDS,
  type FieldLengths,
  type KnownNumbers,
  type PassageNumber,
  type TermMatch,
  type TermPostings,
  type TermSource,
  type VectorSource,
} from './terms.ts';
import { zeroVectors } from './vector-blob.ts';

/** A document as a corpus lists it. */
export interface CorpusDocument extends DocumentEntry {
  /** Name of its segment. */
  readonly segment: string;
}

/**
 * A corpus at one moment. Passage numbers mean something within one view only, so that whatever scores and then
 * asks for ids must do both on the same view. Reads fail with SearchError('not-found') once its blobs are gone.
 */
export interface CorpusView extends TermSource, KnownNumbers, PassageSource, VectorSource {
  readonly generation: number;
  /** One above the highest passage number. */
  readonly size: number;
  numbersOf(ids: readonly PassageId[], signal?: AbortSignal): Promise<readonly (PassageNumber | undefined)[]>;
  /** Live documents, sorted by id. */
  documents(signal?: AbortSignal): Promise<readonly CorpusDocument[]>;
  /** Where each live document is; undefined for ids that are not there. */
  locate(ids: readonly DocumentId[], signal?: AbortSignal): Promise<readonly (LocatedDocument | undefined)[]>;
}

/** `cache` keeps the postings of terms that were asked for: the next keystroke asks for the same ones. */
export function createView(manifest: Manifest, segments: readonly Segment[], cache?: Cache): CorpusView {
  let size = 0;
  const parts: Part[] = segments.map((segment, index) => {
    const record = manifest.segments[index];
    if (record === undefined) throw new SearchError('internal', 'A segment without its record.');
    const bounds = { passages: segment.passages, base: size, dead: deadPassages(record) };
    size += segment.passages;
    return { segment, record, bounds, removed: new Set(record.removed.map(({ document }) => document)) };
  });
  const partOf = (passage: PassageNumber): Part | undefined =>
    parts[lastNotAfter(parts.length, (index) => (parts[index]?.bounds.base ?? 0) <= passage)];
  const isLive = (passage: PassageNumber): boolean => {
    const part = partOf(passage);
    return part !== undefined && passage < size && part.bounds.dead?.[passage - part.bounds.base] !== 1;
  };
  const dead = manifest.segments.flatMap(({ removed }) => removed).reduce((sum, { passages }) => sum + passages, 0);
  const dimensions = Math.max(0, ...parts.map(({ segment }) => segment.dimensions));
  let lengths: Promise<FieldLengths> | undefined;
  const places = recentPlaces();
  const numbersOf: CorpusView['numbersOf'] = async (ids, signal) => {
    const numbers = ids.map((id) => places.of(id));
    const unknown = ids.filter((_, at) => numbers[at] === undefined);
    const located = unknown.length === 0 ? [] : await locatePassages(parts, unknown, signal);
    let next = 0;
    return numbers.map((number) => number ?? located[next++]);
  };
  const postings: CorpusView['postings'] = (terms, signal) =>
    knownPostings(terms, (missing) => readTermPostings(parts, missing, signal), manifest.generation, cache);
  return {
    generation: manifest.generation,
    size,
    dimensions,
    isLive,
    locate: (ids, signal) => locateDocuments(parts, ids, signal),
    statistics: () => statisticsOf(manifest),
    lengths() {
      lengths ??= readFieldLengths(parts, size).catch((error: unknown) => {
        lengths = undefined;
        throw error;
      });
      return lengths;
    },
    postings,
    async expand(prefix, limit, signal) {
      const commonest = async (read: (part: Part) => Promise<readonly CountedTerm[]>) => {
        const found = (await Promise.all(parts.map(read))).flat();
        const first = await firstLive(sumByTerm(found).sort(commonestFirst), { limit, dead, postings }, signal);
        return first.map((each) => ({ ...each, distance: each.term.length - prefix.length }));
      };
      if (prefix.length <= COMPLETED_LETTERS) {
        const kept = await commonest(({ segment }) => segment.lexicon.complete(prefix, signal));
        // Those that were kept may have gone with their documents: then all are looked through.
        if (dead === 0 || kept.length >= limit) return kept;
      }
      return commonest(({ segment, bounds }) => segment.lexicon.expand(prefix, bounds, signal));
    },
    async similar(misspelt, limit, signal) {
      const found = await Promise.all(
        parts.map(({ segment, bounds }) => segment.lexicon.similar(misspelt, bounds, signal)),
      );
      const distances = new Map(found.flat().map((match) => [match.term, match.distance]));
      const nearest = sumByTerm(found.flat())
        .map((match): TermMatch => ({ ...match, distance: distances.get(match.term) ?? 0 }))
        .sort((a, b) => a.distance - b.distance || commonestFirst(a, b));
      return firstLive(nearest, { limit, dead, postings }, signal);
    },
    async idsOf(numbers, signal) {
      const ids = await readIdsOf(partOf, numbers, signal);
      places.remember(ids, numbers, isLive);
      return ids;
    },
    foresee(numbers) {
      readTexts(partOf, numbers).catch(() => undefined);
    },
    numbersOf,
    async passages(ids, signal) {
      const all = await numbersOf(ids, signal);
      const texts = await readTexts(
        partOf,
        all.filter((number) => number !== undefined),
        signal,
      );
      return texts.filter((each) => each !== undefined);
    },
    async load(signal) {
      return Promise.all(
        parts.map(async ({ segment }) => (await segment.vectors(signal)) ?? zeroVectors(segment.passages, dimensions)),
      );
    },
    async documents(signal) {
      const found = await Promise.all(parts.map((part) => listDocuments(part, signal)));
      return found.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
}

function deadPassages({ passages, removed }: SegmentRecord): Uint8Array | undefined {
  if (removed.length === 0) return undefined;
  const dead = new Uint8Array(passages);
  for (const each of removed) dead.fill(1, each.firstPassage, each.firstPassage + each.passages);
  return dead;
}

function statisticsOf({ segments }: Manifest): CorpusStatistics {
  const passages = segments.reduce((sum, { live }) => sum + live.passages, 0);
  const languages = new Map<string, number>();
  for (const { live } of segments)
    for (const [language, documents] of live.languages)
      languages.set(language, (languages.get(language) ?? 0) + documents);
  return {
    passages,
    averageLengths: FIELDS.map((_, field) => {
      const total = segments.reduce((sum, { live }) => sum + (live.totals[field] ?? 0), 0);
      return passages === 0 ? 0 : total / passages;
    }),
    languages: [...languages]
      .filter(([, documents]) => documents > 0)
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .map(([language]) => language),
  };
}

async function readFieldLengths(parts: readonly Part[], size: number): Promise<FieldLengths> {
  const columns = await Promise.all(parts.map(({ segment }) => segment.lengths()));
  const fields = FIELDS.map(() => new Uint16Array(size));
  const weights = new Float32Array(size);
  for (const [index, part] of parts.entries()) {
    const column = columns[index];
    if (column === undefined) continue;
    fields.forEach((field, at) => {
      field.set(column.fields[at] ?? [], part.bounds.base);
    });
    weights.set(column.weights, part.bounds.base);
  }
  return {
    of: (passage, field) => fields[field]?.[passage] ?? 0,
    weight: (passage) => weights[passage] ?? 1,
    columns: fields,
    heaviest: columns.reduce((most, { heaviest }) => Math.max(most, heaviest), 0),
  };
}

async function readTermPostings(
  parts: readonly Part[],
  terms: readonly string[],
  signal?: AbortSignal,
): Promise<readonly (TermPostings | undefined)[]> {
  const found = await Promise.all(parts.map(({ segment, bounds }) => segment.lexicon.postings(terms, bounds, signal)));
  return terms.map((term, index) => {
    const lists = found.flatMap((postings) => {
      const fields = postings[index];
      return fields === undefined ? [] : [fields];
    });
    return lists.length === 0 ? undefined : { term, fields: joinPostings(lists) };
  });
}

async function listDocuments({ segment, removed }: Part, signal?: AbortSignal): Promise<readonly CorpusDocument[]> {
  const found: CorpusDocument[] = [];
  const rests = [];
  for await (const block of segment.documentTable.scan(signal)) rests.push(...block);
  for await (const { ids, firstDocument, starts } of segment.ids.scan(signal))
    for (const [index, id] of ids.entries()) {
      const rest = rests[firstDocument + index];
      if (removed.has(firstDocument + index) || rest === undefined) continue;
      const passages = (starts[index + 1] ?? 0) - (starts[index] ?? 0);
      found.push({ ...rest, id, url: rest.url ?? id, passages, segment: segment.name });
    }
  return found;
}

function sumByTerm(matches: readonly CountedTerm[]): CountedTerm[] {
  const sums = new Map<string, number>();
  for (const { term, frequency } of matches) sums.set(term, (sums.get(term) ?? 0) + frequency);
  return [...sums].map(([term, frequency]) => ({ term, frequency }));
}

interface Living {
  readonly limit: number;
  /** Removed passages. */
  readonly dead: number;
  readonly postings: CorpusView['postings'];
}

/**
 * The first terms that live passages hold: those counted more often than passages were removed, and of the others those that have
 * postings, which are wanted next.
 */
async function firstLive<Term extends CountedTerm>(
  terms: readonly Term[],
  { limit, dead, postings }: Living,
  signal?: AbortSignal,
): Promise<readonly Term[]> {
  if (dead === 0) return terms.slice(0, limit);
  const live: Term[] = [];
  for (let from = 0; from < terms.length && live.length < limit; from += limit) {
    const next = terms.slice(from, from + limit);
    const unsure = next.flatMap(({ term, frequency }) => (frequency > dead ? [] : [term]));
    const found = await postings(unsure, signal);
    const gone = new Set(unsure.filter((_, at) => found[at] === undefined));
    live.push(...next.filter(({ term }) => !gone.has(term)));
  }
  return live.slice(0, limit);
}
