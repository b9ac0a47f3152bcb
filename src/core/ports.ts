import type { PassageId, StoredPassage } from './document.ts';
import type { SearchErrorCode } from './errors.ts';
import type { Ranking } from './ranking.ts';

/** A question, read once (index/lexical/query.ts) and given to every stage. */
export interface Query {
  /** As typed. */
  readonly text: string;
  /** What a model should read: the text without operators and excluded words. */
  readonly plain: string;
  /** Words that every stage may match. */
  readonly words: readonly string[];
  /** Each must occur, as consecutive words. */
  readonly phrases: readonly string[];
  /** No result holds any of these. */
  readonly excluded: readonly string[];
  /** Each must occur in that field. */
  readonly fielded: readonly { readonly field: FieldName; readonly word: string }[];
  /** The last word is still being typed: it matches as a prefix. */
  readonly typing: boolean;
  /** The last word is the last of `fielded`, not of `words`. */
  readonly endsFielded?: boolean;
}

export type FieldName = 'title' | 'heading' | 'body';

export type StageEvent =
  | {
      readonly kind: 'ranked';
      readonly stage: string;
      readonly ranking: Ranking;
      /** Milliseconds since the stage began. */
      readonly ms: number;
      /** False while a stage still improves its list (the reranker streams). */
      readonly complete: boolean;
    }
  | { readonly kind: 'skipped'; readonly stage: string; readonly code: SearchErrorCode; readonly reason: string };

/** What travels with a query through all stages. */
export interface Context {
  readonly signal: AbortSignal;
  onStage(event: StageEvent): void;
}

/** Finds the `depth` best passages for a query. */
export interface Retriever {
  readonly name: string;
  retrieve(query: Query, depth: number, context: Context): Promise<Ranking>;
}

/** Makes one ranking of several; pure, and independent of the rankings' order unless weighted. */
export type Fusion = (rankings: readonly Ranking[]) => Ranking;

/** Puts given passages into a better order. Scores rank within this call only. */
export interface Reranker {
  readonly name: string;
  /** The share of its order in a blend with the fused one that suits this model, 0 to 1; known once it has reranked. */
  readonly blend?: number | undefined;
  rerank(query: Query, passages: readonly StoredPassage[], context: Context): Promise<Ranking>;
}

/** Gives texts back for ids. Ids that the corpus no longer holds are left out. */
export interface PassageSource {
  passages(ids: readonly PassageId[], signal?: AbortSignal): Promise<readonly StoredPassage[]>;
}

/** How much words of a question count, folded as models/wordpiece.ts cuts them; 1 for all others. */
export type WordWeights = ReadonlyMap<string, number>;

/** A passage's text, and what stands above it. */
export interface HeadedText {
  /** Title and headings; may be empty. */
  readonly head: string;
  readonly text: string;
}

/** Texts in, L2-normalised float vectors out (row-major, `texts.length × dimensions`). */
export interface Embedder {
  /** Models that read a text as a whole do not ask for `weights`; those that sum words wait for them while rows are read. */
  embedQuery(text: string, signal?: AbortSignal, weights?: () => Promise<WordWeights>): Promise<Float32Array>;
  embedPassages(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array>;
  /**
   * The unit vectors of each text's overlapping windows of words (row-major, `windows × dimensions`), its head in each.
   * Undefined, or absent, where a model reads a text as a whole.
   */
  embedWindows?(texts: readonly HeadedText[], signal?: AbortSignal): Promise<readonly Float32Array[] | undefined>;
}

/** Reads query and text together. One raw logit a text: no probability, comparable for one query only. */
export interface CrossEncoder {
  score(query: string, texts: readonly string[], signal?: AbortSignal): Promise<Float32Array>;
}

/**
 * Named byte strings with ranged reads and atomic batches. Names are `/`-separated paths.
 * Implementations: memory, IndexedDB, HTTP (read only), Node files; all pass store/contract.ts.
 */
export interface Store {
  /**
   * The bytes [offset, offset + length) of a blob, or the whole of it; undefined where there is no such blob.
   * A range that does not lie inside the blob is SearchError('corrupt').
   */
  read(name: string, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** Puts and removes blobs, all or nothing: after a crash at any moment either every change is there or none. */
  write(changes: StoreChanges): Promise<void>;
  /** Names that begin with `prefix`, sorted. */
  list(prefix: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface StoreChanges {
  readonly put?: ReadonlyMap<string, Uint8Array>;
  readonly remove?: readonly string[];
}
