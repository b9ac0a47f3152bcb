import { queue } from '../core/cancellation.ts';
import type { PassageSource, Store } from '../core/ports.ts';
import { createCache } from './cache.ts';
import type { TermAnalyzer } from './collecting.ts';
import { type CorpusState, createState } from './corpus-state.ts';
import { type CorpusBatch, createWriter } from './corpus-writer.ts';
import { manifestName } from './manifest.ts';
import { residentStore } from './resident.ts';
import type { SegmentOptions } from './segment-format.ts';
import type { CorpusStatistics, KnownNumbers, TermSource, VectorSource } from './terms.ts';
import type { TierOptions } from './tiers.ts';
import type { CorpusDocument, CorpusView } from './view.ts';

export interface CorpusOptions {
  /** What the names of this corpus's blobs begin with, so that one store can hold several; '' by default. */
  readonly prefix?: string;
  /** Made by fingerprint(); an index made with another one is refused with SearchError('mismatch'). */
  readonly fingerprint: string;
  /** Analyser for a language (BCP 47 primary tag); asked once a language. Needed for adding only. */
  analyzer(language: string): Promise<TermAnalyzer>;
  /** Room for decoded blocks in bytes; 32 MB by default. */
  readonly cacheBytes?: number;
  /** Room for what warm() keeps in memory as it is stored; 32 MB by default, and 8 MB are enough for 100,000 passages. */
  readonly residentBytes?: number;
  readonly segments?: SegmentOptions;
  readonly tiers?: TierOptions;
  /** Milliseconds; new generations are numbered by it so that they never repeat. Date.now by default. */
  clock?(): number;
}

export interface CorpusSize extends CorpusStatistics {
  readonly documents: number;
  readonly segments: number;
  /** Bytes of all blobs in use. */
  readonly bytes: number;
  readonly generation: number;
}

type Sources = TermSource & KnownNumbers & PassageSource & VectorSource;

/**
 * Documents, passages, terms and vectors over a Store. A corpus is a manifest and immutable segments: one batch
 * makes one segment in one atomic write. Only one corpus may write at a time (the caller holds a lock across
 * tabs); any number may read.
 *
 * The sources answer from the newest view known. Whatever scores and then asks for ids must hold on to one
 * `view()`, because passage numbers change with every write; `read` does that.
 */
export interface Corpus extends Sources {
  statistics(): CorpusSize;
  /** The corpus as it is now. It stays readable after at least one further write. */
  view(): CorpusView;
  /** Runs `job` on one view; once more on a fresh one where the first was merged away under it. */
  read<T>(job: (view: CorpusView) => Promise<T>): Promise<T>;
  documents(signal?: AbortSignal): Promise<readonly CorpusDocument[]>;
  /** Adds and removes in one atomic write: all of it or nothing. */
  apply(batch: CorpusBatch, signal?: AbortSignal): Promise<void>;
  /** Merges small or half-empty segments until there is nothing left to merge. Readers are not held up. */
  compact(signal?: AbortSignal): Promise<void>;
  /** Removes what merges and removals have left for readers of the moment before; false where there was nothing. */
  sweep(): Promise<boolean>;
  /** Reads everything; SearchError('corrupt') where something is damaged. */
  verify(): Promise<void>;
  /** Looks whether another tab has written; true where it had. */
  refresh(signal?: AbortSignal): Promise<boolean>;
  /** Brings what most questions read into memory: words, postings and ids, not texts or vectors. */
  warm(): Promise<void>;
}

/** SearchError('mismatch') where the stored index was made with another fingerprint or format, 'corrupt' where it is damaged. */
export async function openCorpus(store: Store, options: CorpusOptions, signal?: AbortSignal): Promise<Corpus> {
  const { prefix = '', fingerprint, clock = Date.now } = options;
  const cache = createCache(options.cacheBytes ?? 32 * 1024 * 1024);
  const resident = residentStore(store, options.residentBytes ?? 32 * 1024 * 1024);
  const state = createState({ store: resident, prefix, fingerprint, cache });
  // Not imported when it is needed: a script more is waited for (docs/decisions/0009).
  const writer = createWriter(state, { ...options, clock });
  const turn = queue();

  await state.refresh(signal);
  return {
    ...sourcesOf(state),
    get dimensions() {
      return state.view().dimensions;
    },
    statistics: () => sizeOf(state),
    view: () => state.view(),
    read: (job) => state.read(job),
    documents: (signal) => state.read((view) => view.documents(signal)),
    refresh: (signal) => turn(() => state.refresh(signal), signal),
    apply: (batch, signal) => turn(() => writer.apply(batch, signal), signal),
    async compact(signal) {
      while (await turn(() => writer.mergeOnce(signal), signal));
    },
    sweep: () => turn(() => writer.sweep()),
    verify: () => writer.verify(),
    warm: () => state.hold(),
  };
}

/** The sources over whatever view is newest when they are asked. */
function sourcesOf(state: CorpusState): Omit<Sources, 'dimensions' | 'statistics'> {
  return {
    isLive: (passage) => state.view().isLive(passage),
    lengths: (signal) => state.read((view) => view.lengths(signal)),
    postings: (terms, signal) => state.read((view) => view.postings(terms, signal)),
    expand: (prefix, limit, signal) => state.read((view) => view.expand(prefix, limit, signal)),
    similar: (misspelt, limit, signal) => state.read((view) => view.similar(misspelt, limit, signal)),
    // On no other view would the numbers mean the same.
    idsOf: (numbers, signal) => state.view().idsOf(numbers, signal),
    passages: (ids, signal) => state.read((view) => view.passages(ids, signal)),
    load: (signal) => state.read((view) => view.load(signal)),
  };
}

function sizeOf(state: CorpusState): CorpusSize {
  const { segments, generation } = state.manifest();
  return {
    ...state.view().statistics(),
    documents: segments.reduce((sum, { live }) => sum + live.documents, 0),
    segments: segments.length,
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    generation,
  };
}

/** Removes a corpus that cannot be opened, because it is damaged or made with another fingerprint. */
export async function eraseCorpus(store: Store, prefix = ''): Promise<void> {
  const names = await store.list(`${prefix}segments/`);
  await store.write({ remove: [...names, manifestName(prefix)] });
}
