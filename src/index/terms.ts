import type { PassageId } from '../core/document.ts';
import type { FieldName } from '../core/ports.ts';

/** The order of fields everywhere in the index. */
export const FIELDS = ['title', 'heading', 'body'] as const satisfies readonly FieldName[];

/**
 * A passage's number inside one opened corpus: segments one after another, removed passages keep theirs.
 * Numbers are not stable across writes; ids are.
 */
export type PassageNumber = number;

/** Where a term occurs in one field: ascending passage numbers, live ones only, and how often in each. */
export interface FieldPostings {
  readonly passages: Uint32Array;
  readonly frequencies: Uint16Array;
}

export interface TermPostings {
  readonly term: string;
  /** In the order of FIELDS; a field without the term has empty arrays. */
  readonly fields: readonly FieldPostings[];
}

export interface TermMatch {
  readonly term: string;
  /** Passages that hold the term in any field (an upper bound is enough). */
  readonly frequency: number;
  /** Letters added after the prefix, or edits. */
  readonly distance: number;
}

/** What BM25 must know of a corpus as a whole. Live passages only. */
export interface CorpusStatistics {
  readonly passages: number;
  /** Mean number of terms, in the order of FIELDS. */
  readonly averageLengths: readonly number[];
  /** Languages (BCP 47 primary tags) of the documents, commonest first. */
  readonly languages: readonly string[];
}

/** Terms a passage has, per field, by number: `lengths.of(passage, field)`. */
export interface FieldLengths {
  of(passage: PassageNumber, field: number): number;
  /** Score multiplier of a passage's section, 1 by default. */
  weight(passage: PassageNumber): number;
}

/** The lexical index as the scorer reads it: term by term, so that it never has to be loaded whole. */
export interface TermSource {
  statistics(): CorpusStatistics;
  lengths(signal?: AbortSignal): Promise<FieldLengths>;
  /** One entry a term asked for, undefined where no live passage holds it. Reads go out together. */
  postings(terms: readonly string[], signal?: AbortSignal): Promise<readonly (TermPostings | undefined)[]>;
  /** At most `limit` terms that begin with `prefix` (the prefix itself too), commonest first. Reads a bounded number of blocks. */
  expand(prefix: string, limit: number, signal?: AbortSignal): Promise<readonly TermMatch[]>;
  /** At most `limit` terms within `maxEdits` (insert, delete, replace, swap) that share the first letter; nearest, then commonest first. */
  similar(term: string, maxEdits: number, limit: number, signal?: AbortSignal): Promise<readonly TermMatch[]>;
}

/** From numbers to ids. */
export interface PassageNumbers {
  idsOf(numbers: readonly PassageNumber[], signal?: AbortSignal): Promise<readonly PassageId[]>;
}

export interface ScoredNumber {
  readonly passage: PassageNumber;
  readonly score: number;
}

/** Nearest vectors by inner product. Exact over a local corpus; clustered over a published index. */
export interface VectorIndex {
  readonly dimensions: number;
  search(query: Float32Array, depth: number, signal?: AbortSignal): Promise<readonly ScoredNumber[]>;
}

/** Vectors as stored: int8 rows, each with its scale: value = row[i] × scale. */
export interface QuantisedVectors {
  readonly dimensions: number;
  readonly count: number;
  /** count × dimensions, row-major. */
  readonly rows: Int8Array;
  readonly scales: Float32Array;
}

/** Where an exact scan gets its vectors: one part a segment, in the order of passage numbers. */
export interface VectorSource {
  readonly dimensions: number;
  load(signal?: AbortSignal): Promise<readonly QuantisedVectors[]>;
  /** False for removed passages. */
  isLive(passage: PassageNumber): boolean;
}
