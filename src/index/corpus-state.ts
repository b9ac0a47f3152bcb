import { SearchError } from '../core/errors.ts';
import type { Cache } from './cache.ts';
import { checkFingerprint } from './fingerprint.ts';
import { KNOWN_POSTINGS } from './known-postings.ts';
import { loadManifest, type Manifest, segmentPath } from './manifest.ts';
import type { ResidentStore } from './resident.ts';
import { openSegment, type Segment } from './segment.ts';
import { type CorpusView, createView } from './view.ts';

const RENEW = 'Open it with `renew: true`, which removes it, and add the documents again.';

/** What an opened corpus knows of its store: the newest manifest seen, its segments opened, and the view over them. */
export interface CorpusState {
  readonly store: ResidentStore;
  readonly prefix: string;
  readonly fingerprint: string;
  manifest(): Manifest;
  view(): CorpusView;
  segment(name: string): Segment | undefined;
  /** Takes a manifest as the newest. */
  adopt(next: Manifest, signal?: AbortSignal): Promise<void>;
  /** Reads the manifest again; true where it had changed. */
  refresh(signal?: AbortSignal): Promise<boolean>;
  /** Brings what questions read most into memory. */
  hold(): Promise<void>;
  /** Runs `job` on the view; once more on a fresh one where the first was merged away under it. */
  read<T>(job: (view: CorpusView) => Promise<T>): Promise<T>;
}

export interface StateOptions {
  readonly store: ResidentStore;
  readonly prefix: string;
  readonly fingerprint: string;
  readonly cache: Cache;
}

/** Attempts to open what another tab keeps merging away. */
const ATTEMPTS = 3;

/** Begins empty; nothing is read before the first refresh(). */
export function createState({ store, prefix, fingerprint, cache }: StateOptions): CorpusState {
  let manifest: Manifest = { generation: 0, fingerprint, segments: [], garbage: [] };
  let segments: ReadonlyMap<string, Segment> = new Map();
  let view = createView(manifest, []);
  let holding: Promise<void> | undefined;

  const adopt = async (next: Manifest, signal?: AbortSignal) => {
    const open = ({ name, headBytes, headChecksum }: Manifest['segments'][number]) =>
      openSegment(store, { name, path: segmentPath(prefix, name), headBytes, headChecksum }, cache, signal);
    const opened = await Promise.all(
      next.segments.map(async (record) => segments.get(record.name) ?? (await open(record))),
    );
    const kept = new Map(opened.map((segment) => [segment.name, segment]));
    for (const name of segments.keys())
      if (!kept.has(name)) {
        cache.drop(segmentPath(prefix, name));
        store.release(segmentPath(prefix, name));
      }
    segments = kept;
    manifest = next;
    cache.drop(KNOWN_POSTINGS);
    view = createView(next, opened, cache);
  };
  const refresh = async (signal?: AbortSignal): Promise<boolean> => {
    for (let attempt = 1; ; attempt += 1) {
      const stored = await loadManifest(store, prefix, signal);
      const next = stored ?? { generation: 0, fingerprint, segments: [], garbage: [] };
      checkFingerprint(next.fingerprint, fingerprint, RENEW);
      if (next.generation === manifest.generation) return false;
      try {
        await adopt(next, signal);
        return true;
      } catch (error) {
        // Another tab may have merged the segments away between the two reads.
        if (!isGone(error)) throw error;
        if (attempt === ATTEMPTS) throw missing(error);
      }
    }
  };
  const holdAll = async () => {
    for (const { name, hot } of segments.values()) {
      try {
        await store.hold(hot);
      } finally {
        // Merged away meanwhile: nobody would let go of it.
        if (!segments.has(name)) store.release(segmentPath(prefix, name));
      }
    }
  };
  return {
    store,
    prefix,
    fingerprint,
    manifest: () => manifest,
    view: () => view,
    segment: (name) => segments.get(name),
    adopt,
    refresh,
    hold() {
      holding ??= holdAll().finally(() => {
        holding = undefined;
      });
      return holding;
    },
    async read(job) {
      const used = view;
      try {
        return await job(used);
      } catch (error) {
        if (!isGone(error)) throw error;
        await refresh();
        if (view.generation === used.generation) throw missing(error);
        return job(view);
      }
    },
  };
}

function isGone(error: unknown): error is SearchError {
  return error instanceof SearchError && error.code === 'not-found';
}

function missing(error: SearchError): SearchError {
  return new SearchError('corrupt', `Part of the index is missing. ${error.message} Rebuild the index.`, {
    cause: error,
  });
}
