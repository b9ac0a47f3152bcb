import type { GivenSource, PassageId } from '../core/document.ts';
import type { SearchErrorCode } from '../core/errors.ts';
import type { GivenFilters } from '../core/filters.ts';
import type { TransformersSpec } from '../models/transformers-spec.ts';
import type { FoundFolder } from '../store/opfs-folder.ts';
import type { Percentiles } from './timings.ts';

export type PipelineName = 'lexical' | 'dense' | 'hybrid' | 'reranked';

export type FusionOption =
  | {
      readonly method: 'rrf';
      readonly rankConstant?: number;
      readonly weights?: readonly [lexical: number, dense: number];
    }
  | { readonly method: 'min-max'; readonly weights?: readonly [lexical: number, dense: number] };

export interface SearchOptions {
  /** How far to go; the stages before it are shown on the way. `reranked` where a reranker was named, else `hybrid`. */
  readonly pipeline?: PipelineName;
  /** Results shown, 10 by default: of each section the best passage. Without headings, as in a text file, each passage counts. */
  readonly limit?: number;
  /** Candidates each retriever gives, 100 by default, or twice as many as are shown. */
  readonly depth?: number;
  /** Passages the reranker reads, 50 by default; POOLS names others. */
  readonly candidates?: number;
  readonly fusion?: FusionOption;
  /** What a word counts by where it stands: title 1.5, heading 1.5 and body 1 by default; `findling tune` finds others. */
  readonly fields?: Readonly<Partial<Record<'title' | 'heading' | 'body', number>>>;
  /** Only documents that have, of each filter named here, one of the values. A filter without values narrows nothing. */
  readonly filters?: GivenFilters;
  /**
   * Best passages of the first fusion, towards which the question's embedding moves for a second search by meaning; 0 for none. 3 by
   * default, and 0 where a published index is searched: there it costs bytes.
   */
  readonly feedback?: number;
  /** How much more a question's rare words count for the static embedder: the power of their idf, .7 by default; 0 for none. */
  readonly rarity?: number;
  /**
   * Passages at the top of the dense list whose best window of words counts beside the whole; 0 for none. 100 by default, and 0 where a
   * published index is searched: there are no rows for its texts.
   */
  readonly windows?: number;
  /** Weight of the reranker against the fused order, 0 to 1; by default what suits the model (catalog.json), else .3. */
  readonly blend?: number;
  /** Milliseconds the reranker may take; its pool is fitted to them. */
  readonly budgetMs?: number;
  /** The last word is unfinished; guessed from the text if absent. */
  readonly typing?: boolean;
  /** Gives each result its rank and score at each stage. */
  readonly explain?: boolean;
  /** Characters of an excerpt, 240 by default. */
  readonly excerptLength?: number;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Result {
  /** Of the passage; another stage may show another one of the same section. */
  readonly id: PassageId;
  readonly documentId: string;
  readonly url: string;
  /** Fragment of the passage's heading, without `#`; may be empty. */
  readonly anchor: string;
  readonly title: string;
  readonly heading: readonly string[];
  /** Plain text, to be shown as text; spans are offsets into it, ascending and disjoint. */
  readonly excerpt: { readonly text: string; readonly highlights: readonly Span[] };
  /** Of the stage the answer shows; comparable inside this answer only. */
  readonly score: number;
  readonly explain?: Readonly<Record<string, { readonly rank: number; readonly score: number }>>;
}

export interface SkippedStage {
  readonly stage: string;
  readonly code: SearchErrorCode;
  readonly reason: string;
}

/** The best order so far. */
export interface Answer {
  readonly query: string;
  readonly results: readonly Result[];
  /** The stage that gave the order: bm25, dense, hybrid or reranked. */
  readonly stage: string;
  /** True for the last answer of a search. */
  readonly complete: boolean;
  readonly skipped: readonly SkippedStage[];
  /** Milliseconds since the search began, for each stage that has finished. */
  readonly ms: Readonly<Record<string, number>>;
}

export interface IndexProgress {
  readonly documents: number;
  readonly of: number;
  readonly passages: number;
  /** Documents a second since this run began. */
  readonly rate: number;
  /** Name of the document just done. */
  readonly current: string;
}

/** Of a call's own documents; of a call with none, of those that a closed tab left undone. `failed` names both. */
export interface IndexReport {
  readonly added: number;
  readonly unchanged: number;
  readonly passages: number;
  readonly failed: readonly { readonly id: string; readonly code: SearchErrorCode; readonly reason: string }[];
}

export interface DocumentSummary {
  readonly id: string;
  readonly url: string;
  readonly title: string;
  readonly passages: number;
}

/** Filter → value → how many documents have it. */
export type FilterCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface EngineStatus {
  readonly documents: number;
  readonly passages: number;
  /** Stored bytes of the local corpus. */
  readonly bytes: number;
  /** Documents given but not indexed yet. */
  readonly pending: number;
  readonly timings: Readonly<Record<string, Percentiles>>;
  /** What the reranker runs on, once it has been loaded. */
  readonly reranker?: {
    readonly model: string;
    readonly backend: string;
    readonly threads: number;
    readonly msPerPair: number;
  };
}

/** `semantic` embeds queries and holds the vectors; `reranked` has the cross-encoder ready. */
export type Tier = 'lexical' | 'semantic' | 'reranked';

/** Undefined where it could not be had: the engine then asks for it itself, and says what is wrong. */
export type FetchedCatalog = Promise<Uint8Array | undefined>;

/** An engine as a page or a worker's owner sees it: async methods only, so that a remote one is one too. */
export interface EngineHost {
  /** `catalog` gives the bytes of catalog.json where the owner fetches it, `folder` where the corpus lies in files. */
  open(options: OpenOptions, catalog?: FetchedCatalog, folder?: Promise<FoundFolder | undefined>): Promise<void>;
  /** Gives the last answer, and `onAnswer` those before it: an answer crosses a worker's boundary once. */
  search(
    text: string,
    options: SearchOptions,
    signal: AbortSignal,
    onAnswer: (answer: Answer) => void,
  ): Promise<Answer>;
  /** Indexes `sources`, and whatever an earlier run left undone. */
  add(
    sources: readonly GivenSource[],
    signal: AbortSignal,
    onProgress: (progress: IndexProgress) => void,
  ): Promise<IndexReport>;
  remove(ids: readonly string[]): Promise<number>;
  documents(): Promise<readonly DocumentSummary[]>;
  filters(signal: AbortSignal): Promise<FilterCounts>;
  status(): Promise<EngineStatus>;
  warm(tier: Tier): Promise<void>;
}

export type BackendName = 'wasm' | 'webgpu';

export interface OpenOptions {
  /** Name of the local corpus: documents that are added are kept in this browser under it. */
  readonly name: string;
  /** URLs of published indexes, searched beside the local corpus. */
  readonly published?: readonly string[];
  /** URL of the folder with catalog.json and the weights. */
  readonly models: string;
  /**
   * Id of a cross-encoder in the catalog (`findling-rerank-tiny`), or a transformers.js model. None by default: name one
   * once `findling eval` says that it helps your readers.
   */
  readonly reranker?: string | TransformersSpec;
  /** A transformers.js feature-extraction model instead of the static embedder. */
  readonly embedder?: TransformersSpec;
  /**
   * Removes the local corpus where it is damaged or was made by another version of model or tokenizer, and indexes what still waits. Otherwise
   * such a corpus stays as it is: searches go on without it and name it as skipped, and nothing can be added.
   */
  readonly renew?: boolean;
  /** Tries only this backend; otherwise a canary chooses. */
  readonly backend?: BackendName;
  /** Accepts a software WebGPU adapter: right for tests, far too slow for people. */
  readonly allowFallbackAdapter?: boolean;
  /** BCP 47 language of questions; the corpus's languages by default. */
  readonly language?: string;
}
