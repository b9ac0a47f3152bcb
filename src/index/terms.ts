import type { PassageId } from '../core/document.ts';
import type { FieldName } from '../core/ports.ts';
import type { Misspelt } from './edits.ts';

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
  /** How many passages hold it, where these are only some of them. */
  readonly total?: number;
}

export interface TermPostings {
  readonly term: string;
  /** In the order of FIELDS; a field without the term has empty arrays. */
  readonly fields: readonly FieldPostings[];
  /** Present where the term is so common that this is all that was read of it; its fields are empty then. */
  readonly outline?: Outline;
}

/** A very common term in short: the passages to which it adds most, and what it may add to the others. */
export interface Outline {
  /** Ascending. */
  readonly passages: Uint32Array;
  /** What it adds to the score of each, about. */
  readonly impacts: Float32Array;
  /** How many passages more hold it. */
  readonly rest: number;
  /** What it adds to these, on the mean. */
  readonly restImpact: number;
}

/** One way to read a concept. */
export interface Reading {
  readonly postings: TermPostings;
  /** 1 for exact hits, less for prefixes and typos. */
  readonly weight: number;
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
  /** The lengths of each field by passage number, where they are at hand as arrays: for loops that cannot afford calls. */
  readonly columns?: readonly Uint16Array[];
  /** No passage weighs more; absent where that is not known. */
  readonly heaviest?: number;
}

/** The lexical index as the scorer reads it: term by term, so that it never has to be loaded whole. */
export interface TermSource {
  statistics(): CorpusStatistics;
  lengths(signal?: AbortSignal): Promise<FieldLengths>;
  /** One entry a term asked for, undefined where no live passage holds it. Reads go out together. */
  postings(terms: readonly string[], signal?: AbortSignal): Promise<readonly (TermPostings | undefined)[]>;
  /**
   * The terms of a question's concepts, with postings in place of outlines: where `whole`, or where that is cheap, all of
   * them; else those in the passages where the concepts together promise most. Absent where there are no outlines.
   */
  settle?(
    concepts: readonly (readonly Reading[])[],
    whole: boolean,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, TermPostings>>;
  /** At most `limit` terms that begin with `prefix` (the prefix itself too), commonest first. Reads a bounded number of blocks. */
  expand(prefix: string, limit: number, signal?: AbortSignal): Promise<readonly TermMatch[]>;
  /** At most `limit` terms that a misspelt word may have been and that share its first letter; nearest, then commonest first. */
  similar(misspelt: Misspelt, limit: number, signal?: AbortSignal): Promise<readonly TermMatch[]>;
}

/** From numbers to ids. */
export interface PassageNumbers {
  /** One entry a number asked for, undefined where it cannot be told. */
  idsOf(numbers: readonly PassageNumber[], signal?: AbortSignal): Promise<readonly (PassageId | undefined)[]>;
  /** Begins to read the texts of passages that will probably be asked for next. */
  foresee?(numbers: readonly PassageNumber[]): void;
}

/** Those of one index, which can tell or fails. */
export interface KnownNumbers extends PassageNumbers {
  idsOf(numbers: readonly PassageNumber[], signal?: AbortSignal): Promise<readonly PassageId[]>;
}

export interface ScoredNumber {
  readonly passage: PassageNumber;
  readonly score: number;
}

export interface VectorSearchOptions {
  /** Where a clustered index looks, if not around the query itself. What was read for that needs no reading again. */
  readonly near?: Float32Array;
  /** Whether a passage may be found; all may if absent. */
  isAllowed?(passage: PassageNumber): boolean;
}

/** Nearest vectors by inner product. Exact over a local corpus; clustered over a published index. */
export interface VectorIndex {
  readonly dimensions: number;
  search(
    query: Float32Array,
    depth: number,
    signal?: AbortSignal,
    options?: VectorSearchOptions,
  ): Promise<readonly ScoredNumber[]>;
  /** The vectors of passages, as near as they are kept; ids of other corpora are left out. Absent where there are none to be had. */
  vectorsOf?(ids: readonly PassageId[], signal?: AbortSignal): Promise<ReadonlyMap<PassageId, Float32Array>>;
  /**
   * Better scores of some passages, those too that `search` did not find; ids of other corpora are left out. It reads what the texts of
   * these passages read, too. Absent where `search` is exact.
   */
  rescore?(
    query: Float32Array,
    ids: readonly PassageId[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<PassageId, number>>;
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
  /** Undefined for passages that are not here. Absent where passages have no ids. */
  numbersOf?(ids: readonly PassageId[], signal?: AbortSignal): Promise<readonly (PassageNumber | undefined)[]>;
  /** False for removed passages. */
  isLive(passage: PassageNumber): boolean;
}
