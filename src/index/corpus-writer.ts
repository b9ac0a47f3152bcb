import { once, throwIfAborted } from '../core/cancellation.ts';
import type { DocumentId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { TermAnalyzer } from './collecting.ts';
import type { CorpusState } from './corpus-state.ts';
import { type Manifest, manifestName, type SegmentRecord, segmentPath, writeManifest } from './manifest.ts';
import { mergeSegments } from './merge.ts';
import { pace } from './pace.ts';
import { removeFrom } from './removal.ts';
import { createSegmentBuilder, type IndexedDocument } from './segment-builder.ts';
import { type BuiltSegment, SEGMENT_PARTS, type SegmentOptions } from './segment-format.ts';
import { nextMerge, type TierOptions } from './tiers.ts';
import { verifyCorpus } from './verify.ts';

export interface CorpusBatch {
  /** A document whose id is known replaces the old one. Of two with one id the later counts. */
  readonly add?: readonly IndexedDocument[];
  /** Unknown ids are passed over. */
  readonly remove?: readonly DocumentId[];
}

export interface WriterOptions {
  analyzer(language: string): Promise<TermAnalyzer>;
  readonly segments?: SegmentOptions;
  readonly tiers?: TierOptions;
  clock(): number;
}

/** Changes a corpus. One call at a time: the caller queues them, and holds a lock across tabs. */
export interface CorpusWriter {
  apply(batch: CorpusBatch, signal?: AbortSignal): Promise<void>;
  /** One merge; false where there was none to do. */
  mergeOnce(signal?: AbortSignal): Promise<boolean>;
  /** Deletes the garbage that commits before have left; false where there is none. */
  sweep(): Promise<boolean>;
  /** Reads everything that is stored; SearchError('corrupt') at the first thing that is not what was written. */
  verify(): Promise<void>;
}

export function createWriter(state: CorpusState, options: WriterOptions): CorpusWriter {
  const { store, prefix } = state;
  const analyzers = new Map<string, () => Promise<TermAnalyzer>>();
  const nextGeneration = () => Math.max(state.manifest().generation + 1, options.clock());
  let swept = false;

  /** Switches to other segments in one write, with the garbage of the write before removed. */
  const commit = async (segments: readonly SegmentRecord[], blobs: ReadonlyMap<string, Uint8Array> = new Map()) => {
    const before = state.manifest();
    const { fingerprint } = state;
    const garbage = blobsOfLost(prefix, before.segments, segments);
    const next: Manifest = { generation: nextGeneration(), fingerprint, segments, garbage };
    const put = new Map(blobs).set(manifestName(prefix), writeManifest(next));
    const kept = new Set([...put.keys(), ...garbage, ...segments.flatMap(({ name }) => blobNames(prefix, name))]);
    // Once per writer: blobs that a killed merge left behind.
    const orphans = swept ? [] : await store.list(`${prefix}segments/`);
    const remove = [...new Set([...before.garbage, ...orphans])].filter((name) => !kept.has(name));
    await store.write({ put, remove });
    swept = true;
    await state.adopt(next);
  };
  const analyzerOf = (language: string) => {
    const analyzer = analyzers.get(language) ?? once(() => options.analyzer(language));
    analyzers.set(language, analyzer);
    return analyzer();
  };
  const record = (built: BuiltSegment): SegmentRecord => newRecord(built, nextGeneration());

  return {
    async apply({ add = [], remove = [] }, signal) {
      await state.refresh(signal);
      const entries = [...new Map(add.map((entry) => [entry.document.id, entry])).values()];
      const gone = [...new Set([...remove, ...entries.map(({ document }) => document.id)])];
      const { records, removed } = await removeDocuments(state, gone, signal);
      if (entries.length === 0 && removed === 0) return;
      const blobs = new Map<string, Uint8Array>();
      const kept = records.filter(({ live }) => live.documents > 0);
      if (entries.length > 0) {
        const built = await build(entries, analyzerOf, options.segments, signal);
        checkDimensions(kept, built.dimensions);
        const added = record(built);
        for (const [part, bytes] of built.blobs) blobs.set(segmentPath(prefix, added.name) + part, bytes);
        kept.push(added);
      }
      throwIfAborted(signal);
      await commit(kept, blobs);
    },
    async mergeOnce(signal) {
      await state.refresh(signal);
      const { segments } = state.manifest();
      const chosen = nextMerge(segments, options.tiers);
      const [first] = chosen;
      if (first === undefined) return false;
      const sources = chosen.flatMap((index) => sourceOf(state, segments[index]));
      const built = await mergeSegments(sources, options.segments, signal);
      const merged = record(built);
      swept = false;
      // Blob by blob, for memory's sake: until the manifest names them they are orphans, swept by the next commit.
      try {
        for (const [part, bytes] of built.blobs)
          await store.write({ put: new Map([[segmentPath(prefix, merged.name) + part, bytes]]) });
      } catch (error) {
        // Most likely there is no room, and these would take what is left of it until then.
        await store.write({ remove: blobNames(prefix, merged.name) }).catch(() => undefined);
        throw error;
      }
      throwIfAborted(signal);
      await commit(
        segments.flatMap((each, index) => (index === first ? [merged] : chosen.includes(index) ? [] : [each])),
      );
      return true;
    },
    verify: () => verifyCorpus(state),
    async sweep() {
      await state.refresh();
      const { segments, garbage } = state.manifest();
      if (garbage.length === 0) return false;
      await commit(segments);
      return true;
    },
  };
}

async function build(
  entries: readonly IndexedDocument[],
  analyzerOf: (language: string) => Promise<TermAnalyzer>,
  options?: SegmentOptions,
  signal?: AbortSignal,
): Promise<BuiltSegment> {
  const builder = createSegmentBuilder(options);
  const { due, rest } = pace(signal);
  for (const entry of entries) {
    builder.add(entry, await analyzerOf(entry.document.language));
    if (due()) await rest();
  }
  return builder.finish(signal);
}

/** The records as they are without these documents, and how many of them there were. */
async function removeDocuments(state: CorpusState, ids: readonly DocumentId[], signal?: AbortSignal) {
  const found = (await state.view().locate(ids, signal)).filter((each) => each !== undefined);
  const records = await Promise.all(
    state.manifest().segments.map((record, index) => {
      const segment = state.segment(record.name);
      const places = found.filter((each) => each.segment === index).map(({ place }) => place);
      return segment === undefined ? record : removeFrom(record, segment, places, signal);
    }),
  );
  return { records, removed: found.length };
}

function sourceOf(state: CorpusState, record: SegmentRecord | undefined) {
  const segment = record && state.segment(record.name);
  return segment ? [{ segment, removed: new Set(record.removed.map(({ document }) => document)) }] : [];
}

/** The name holds the generation, so that none is used twice, and a checksum, so that it says what is in it. */
function newRecord({ counts, dimensions, headBytes, headChecksum, bytes }: BuiltSegment, generation: number) {
  const name = `${generation.toString(36)}-${headChecksum.toString(16)}`;
  return { name, passages: counts.passages, dimensions, headBytes, headChecksum, bytes, live: counts, removed: [] };
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
