import { once, queue, throwIfAborted } from '../core/cancellation.ts';
import type { DocumentId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { PassageSource, Store, StoreChanges } from '../core/ports.ts';
import { createCache } from './cache.ts';
import { checkFingerprint } from './fingerprint.ts';
import {
  loadManifest,
  type Manifest,
  manifestName,
  type SegmentRecord,
  segmentPath,
  writeManifest,
} from './manifest.ts';
import { mergeSegments } from './merge.ts';
import { pace } from './pace.ts';
import { removeFrom } from './removal.ts';
import { openSegment, type Segment } from './segment.ts';
import { createSegmentBuilder, type IndexedDocument, type TermAnalyzer } from './segment-builder.ts';
import { type BuiltSegment, SEGMENT_PARTS, type SegmentOptions } from './segment-format.ts';
import type { CorpusStatistics, PassageNumbers, TermSource, VectorSource } from './terms.ts';
import { nextMerge, type TierOptions } from './tiers.ts';
import { type CorpusDocument, type CorpusView, createView } from './view.ts';

export interface CorpusOptions {
  /** What the names of this corpus's blobs begin with, so that one store can hold several; '' by default. */
  readonly prefix?: string;
  /** Made by fingerprint(); an index made with another one is refused with SearchError('mismatch'). */
  readonly fingerprint: string;
  /** Analyser for a language (BCP 47 primary tag); asked once a language. Needed for adding only. */
  analyzer(language: string): Promise<TermAnalyzer>;
  /** Room for decoded blocks in bytes; 32 MB by default. */
  readonly cacheBytes?: number;
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

export interface CorpusBatch {
  /** A document whose id is known replaces the old one. Of two with one id the later counts. */
  readonly add?: readonly IndexedDocument[];
  /** Unknown ids are passed over. */
  readonly remove?: readonly DocumentId[];
}

/**
 * Documents, passages, terms and vectors over a Store. A corpus is a manifest and immutable segments: one batch
 * makes one segment in one atomic write. Only one corpus may write at a time (the caller holds a lock across
 * tabs); any number may read.
 *
 * The sources answer from the newest view known. Whatever scores and then asks for ids must hold on to one
 * `view()`, because passage numbers change with every write; `read` does that.
 */
export interface Corpus extends TermSource, PassageNumbers, PassageSource, VectorSource {
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
  /** Looks whether another tab has written; true where it had. */
  refresh(signal?: AbortSignal): Promise<boolean>;
  /** Removes every document. */
  clear(): Promise<void>;
  /** Lets go of what is cached; the store stays open. */
  close(): Promise<void>;
}

/** SearchError('mismatch') where the stored index was made with another fingerprint or format, 'corrupt' where it is damaged. */
export async function openCorpus(store: Store, options: CorpusOptions, signal?: AbortSignal): Promise<Corpus> {
  const { prefix = '', clock = Date.now } = options;
  const cache = createCache(options.cacheBytes ?? 32 * 1024 * 1024);
  const analyzers = new Map<string, () => Promise<TermAnalyzer>>();
  const turn = queue();
  let segments: ReadonlyMap<string, Segment> = new Map();
  let manifest: Manifest = { generation: 0, fingerprint: options.fingerprint, segments: [], garbage: [] };
  let view = createView(manifest, []);
  let swept = false;
  let closed = false;

  const openRecord = ({ name, headBytes, headChecksum }: SegmentRecord, signal?: AbortSignal) =>
    openSegment(store, { name, path: segmentPath(prefix, name), headBytes, headChecksum }, cache, signal);
  const adopt = async (next: Manifest, signal?: AbortSignal) => {
    const opened = await Promise.all(
      next.segments.map(async (record) => segments.get(record.name) ?? (await openRecord(record, signal))),
    );
    const kept = new Map(opened.map((segment) => [segment.name, segment]));
    for (const name of segments.keys()) if (!kept.has(name)) cache.drop(segmentPath(prefix, name));
    segments = kept;
    manifest = next;
    view = createView(next, opened);
  };
  const refresh = async (signal?: AbortSignal): Promise<boolean> => {
    for (let attempt = 1; ; attempt += 1) {
      const stored = await loadManifest(store, prefix, signal);
      const next = stored ?? { ...manifest, generation: 0, segments: [], garbage: [] };
      checkFingerprint(next.fingerprint, options.fingerprint);
      if (next.generation === manifest.generation) return false;
      try {
        await adopt(next, signal);
        return true;
      } catch (error) {
        // Another tab merged the segments away between the two reads.
        const gone = error instanceof SearchError && error.code === 'not-found';
        if (!gone || attempt === 3) throw gone ? missing(error) : error;
      }
    }
  };
  const read = async <T>(job: (view: CorpusView) => Promise<T>): Promise<T> => {
    const used = view;
    try {
      return await job(used);
    } catch (error) {
      if (!(error instanceof SearchError) || error.code !== 'not-found') throw error;
      await refresh();
      if (view.generation === used.generation) throw missing(error);
      return job(view);
    }
  };
  const write = async (next: Omit<Manifest, 'generation' | 'fingerprint'>, changes: StoreChanges = {}) => {
    const generation = Math.max(manifest.generation + 1, clock());
    const written: Manifest = { ...next, generation, fingerprint: options.fingerprint };
    const put = new Map(changes.put).set(manifestName(prefix), writeManifest(written));
    const inUse = new Set(next.segments.flatMap(({ name }) => blobNames(prefix, name)));
    const orphans = swept ? [] : await findOrphans(inUse, new Set([...next.garbage, ...put.keys()]));
    const remove = [...new Set([...manifest.garbage, ...orphans, ...(changes.remove ?? [])])];
    await store.write({ put, remove: remove.filter((name) => !put.has(name) && !inUse.has(name)) });
    swept = true;
    await adopt(written);
  };
  /** Blobs that a killed merge left behind. */
  const findOrphans = async (inUse: ReadonlySet<string>, kept: ReadonlySet<string>) =>
    (await store.list(`${prefix}segments/`)).filter((name) => !inUse.has(name) && !kept.has(name));

  const newRecord = (built: BuiltSegment): SegmentRecord => ({
    name: `${Math.max(manifest.generation + 1, clock()).toString(36)}-${built.headChecksum.toString(16)}`,
    passages: built.counts.passages,
    dimensions: built.dimensions,
    headBytes: built.headBytes,
    headChecksum: built.headChecksum,
    bytes: built.bytes,
    live: built.counts,
    removed: [],
  });
  const build = async (entries: readonly IndexedDocument[], signal?: AbortSignal): Promise<BuiltSegment> => {
    const builder = createSegmentBuilder(options.segments);
    const { due, rest } = pace(signal);
    for (const entry of entries) {
      const { language } = entry.document;
      const analyzer = analyzers.get(language) ?? once(() => options.analyzer(language));
      analyzers.set(language, analyzer);
      builder.add(entry, await analyzer());
      if (due()) await rest();
    }
    return builder.finish(signal);
  };
  const removeDocuments = async (ids: readonly DocumentId[], signal?: AbortSignal) => {
    const located = (await view.locate(ids, signal)).filter((each) => each !== undefined);
    const records = await Promise.all(
      manifest.segments.map((record, index) => {
        const segment = segments.get(record.name);
        const places = located.filter(({ segment }) => segment === index).map(({ place }) => place);
        return segment === undefined ? record : removeFrom(record, segment, places, signal);
      }),
    );
    return { records, removed: located.length };
  };
  const apply = async ({ add = [], remove = [] }: CorpusBatch, signal?: AbortSignal) => {
    checkOpen(closed);
    await refresh(signal);
    const entries = [...new Map(add.map((entry) => [entry.document.id, entry])).values()];
    const ids = [...new Set([...remove, ...entries.map(({ document }) => document.id)])];
    const { records, removed } = await removeDocuments(ids, signal);
    if (entries.length === 0 && removed === 0) return;
    const put = new Map<string, Uint8Array>();
    const kept = records.filter(({ live }) => live.documents > 0);
    if (entries.length > 0) {
      const built = await build(entries, signal);
      checkDimensions(kept, built.dimensions);
      const record = newRecord(built);
      for (const [part, bytes] of built.blobs) put.set(segmentPath(prefix, record.name) + part, bytes);
      kept.push(record);
    }
    throwIfAborted(signal);
    const garbage = blobsOfLost(prefix, manifest.segments, kept);
    await write({ segments: kept, garbage }, { put });
  };
  /** One merge; false where there was none to do. */
  const mergeOnce = async (signal?: AbortSignal): Promise<boolean> => {
    checkOpen(closed);
    await refresh(signal);
    const chosen = nextMerge(manifest.segments, options.tiers);
    const sources = chosen.flatMap((index) => {
      const record = manifest.segments[index];
      const segment = record && segments.get(record.name);
      return segment ? [{ segment, removed: new Set(record.removed.map(({ document }) => document)) }] : [];
    });
    if (sources.length === 0) return false;
    const built = await mergeSegments(sources, options.segments, signal);
    const record = newRecord(built);
    swept = false;
    // Blob by blob, for memory's sake: until the manifest names them they are orphans, swept by the next writer.
    for (const [part, bytes] of built.blobs)
      await store.write({ put: new Map([[segmentPath(prefix, record.name) + part, bytes]]) });
    const first = chosen[0] ?? 0;
    const kept = manifest.segments.flatMap((each, index) =>
      index === first ? [record] : chosen.includes(index) ? [] : [each],
    );
    throwIfAborted(signal);
    await write({ segments: kept, garbage: blobsOfLost(prefix, manifest.segments, kept) });
    return true;
  };

  await refresh(signal);
  return {
    get dimensions() {
      return view.dimensions;
    },
    isLive: (passage) => view.isLive(passage),
    statistics: () => ({
      ...view.statistics(),
      documents: manifest.segments.reduce((sum, { live }) => sum + live.documents, 0),
      segments: manifest.segments.length,
      bytes: manifest.segments.reduce((sum, { bytes }) => sum + bytes, 0),
      generation: manifest.generation,
    }),
    view: () => view,
    read,
    lengths: (signal) => read((view) => view.lengths(signal)),
    postings: (terms, signal) => read((view) => view.postings(terms, signal)),
    expand: (prefix, limit, signal) => read((view) => view.expand(prefix, limit, signal)),
    similar: (term, maxEdits, limit, signal) => read((view) => view.similar(term, maxEdits, limit, signal)),
    idsOf: (numbers, signal) => view.idsOf(numbers, signal),
    passages: (ids, signal) => read((view) => view.passages(ids, signal)),
    load: (signal) => read((view) => view.load(signal)),
    documents: (signal) => read((view) => view.documents(signal)),
    refresh: (signal) => turn(() => refresh(signal), signal),
    apply: (batch, signal) => turn(() => apply(batch, signal), signal),
    async compact(signal) {
      while (await turn(() => mergeOnce(signal), signal));
    },
    clear: () =>
      turn(async () => {
        checkOpen(closed);
        await refresh();
        await write({ segments: [], garbage: blobsOfLost(prefix, manifest.segments, []) });
      }),
    close: () =>
      turn(async () => {
        closed = true;
        cache.drop('');
      }),
  };
}

/** Removes a corpus that cannot be opened, because it is damaged or made with another fingerprint. */
export async function eraseCorpus(store: Store, prefix = ''): Promise<void> {
  const names = await store.list(`${prefix}segments/`);
  await store.write({ remove: [...names, manifestName(prefix)] });
}

function blobNames(prefix: string, segment: string): readonly string[] {
  return SEGMENT_PARTS.map((part) => segmentPath(prefix, segment) + part);
}

/** Blobs of segments that were there before and are no more. */
function blobsOfLost(
  prefix: string,
  before: readonly SegmentRecord[],
  after: readonly SegmentRecord[],
): readonly string[] {
  const kept = new Set(after.map(({ name }) => name));
  return before.filter(({ name }) => !kept.has(name)).flatMap(({ name }) => blobNames(prefix, name));
}

function checkDimensions(segments: readonly SegmentRecord[], dimensions: number): void {
  const other = segments.find((segment) => segment.dimensions > 0)?.dimensions ?? dimensions;
  if (dimensions > 0 && other !== dimensions)
    throw new SearchError(
      'bad-input',
      `The index holds vectors of ${other} dimensions, the batch brings ${dimensions}. Rebuild the index.`,
    );
}

function checkOpen(closed: boolean): void {
  if (closed) throw new SearchError('internal', 'The corpus was closed; open it again.');
}

function missing(error: SearchError): SearchError {
  return new SearchError('corrupt', `Part of the index is missing. ${error.message} Rebuild the index.`, {
    cause: error,
  });
}
