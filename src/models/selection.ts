import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import type { AbilityOptions } from './abilities.ts';
import { type Backend, backendCandidates, chooseBackend, type RerankerInfo } from './backend.ts';
import type { CrossEncoderEntry } from './catalog.ts';
import type { ModelHost, ProgressListener } from './host.ts';
import type { Device } from './session.ts';
import { failureVerdict, readVerdicts, rememberVerdict, type VerdictStorage } from './verdicts.ts';

/** A model host in a worker of its own, and how to end it. */
export interface SpawnedHost {
  readonly host: ModelHost;
  terminate(): void;
}

export interface SelectionOptions extends AbilityOptions {
  /** Starts a fresh worker. Called once for every backend tried. */
  readonly spawn: () => Promise<SpawnedHost>;
  readonly verdicts: VerdictStorage;
  readonly entry: CrossEncoderEntry;
  /** URL of the folder with catalog.json, as the worker sees it. */
  readonly models: string;
  /** Tries this device only. */
  readonly device?: Device;
  /** Tries what was never tried, though something else works: for an idle moment. */
  readonly explore?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

export interface SelectedReranker extends SpawnedHost {
  readonly info: RerankerInfo;
  /** A backend that may be faster and was never tried here. */
  readonly unexplored: Backend | undefined;
  /** Remembers that the backend has failed after all: the next selection tries others first. */
  distrust?(cause: unknown): Promise<void>;
}

/**
 * A loaded reranker on the best backend known here: backends are tried one after another, each in a fresh worker,
 * and what each did is remembered. SearchError of the last one where none works; causes that are not the backend's
 * fault (network, missing or corrupt files, cancelling) end the search for one at once.
 */
export async function selectReranker(options: SelectionOptions): Promise<SelectedReranker> {
  const { entry, verdicts: storage } = options;
  const tried = new Set<Backend>();
  let last: SearchError | undefined;
  for (;;) {
    throwIfAborted(options.signal);
    const worker = await options.spawn();
    try {
      const abilities = await worker.host.abilities(
        options.allowFallbackAdapter === undefined ? {} : { allowFallbackAdapter: options.allowFallbackAdapter },
      );
      const candidates = backendCandidates(entry, abilities).filter(
        (each) => !tried.has(each) && (options.device === undefined || each.startsWith(`${options.device}/`)),
      );
      const decision = chooseBackend(candidates, await readVerdicts(storage, entry, candidates, abilities));
      // An exploration ends where nothing is left to try: what works already is loaded elsewhere.
      const backend = options.explore === true ? decision.explore : decision.use;
      if (backend === undefined) throw last ?? noBackend(entry, abilities.webgpu.usable ? '' : abilities.webgpu.reason);
      tried.add(backend);
      const info = await tryBackend(worker.host, backend, options).catch(async (error) => {
        const verdict = failureVerdict(error);
        if (verdict === undefined) throw error;
        await rememberVerdict(storage, entry, backend, abilities, verdict);
        last = toSearchError(error);
        return undefined;
      });
      if (info === undefined) {
        worker.terminate();
        continue;
      }
      const verdict = { state: 'passed', msPerPair: info.msPerPair, error: info.error, at: Date.now() } as const;
      await rememberVerdict(storage, entry, backend, abilities, verdict);
      const after = chooseBackend(candidates, await readVerdicts(storage, entry, candidates, abilities));
      const distrust = async (cause: unknown) => {
        const failed = failureVerdict(cause);
        if (failed !== undefined) await rememberVerdict(storage, entry, backend, abilities, failed);
      };
      return { ...worker, info, unexplored: after.explore, distrust };
    } catch (error) {
      worker.terminate();
      throw toSearchError(error);
    }
  }
}

function tryBackend(host: ModelHost, backend: Backend, options: SelectionOptions): Promise<RerankerInfo> {
  const spec = { source: 'catalog', models: options.models, model: options.entry.id, backend } as const;
  return host.loadReranker(spec, options.signal, options.onProgress);
}

function noBackend(entry: CrossEncoderEntry, reason: string): SearchError {
  return new SearchError('unsupported', `No backend here runs ${entry.id}. ${reason}`.trim());
}
