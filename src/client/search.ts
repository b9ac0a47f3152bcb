import type { GivenSource } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type {
  Answer,
  DocumentSummary,
  EngineHost,
  EngineStatus,
  FilterCounts,
  IndexProgress,
  IndexReport,
  OpenOptions,
  SearchOptions,
  Tier,
} from '../engine/types.ts';
import { fetchAhead } from '../store/fetched.ts';
import { onCorpusChanged } from '../store/locks.ts';
import { findFolderAhead } from '../store/opfs-folder.ts';
import { type Connection, connect } from './glue.ts';
import { localName } from './local-name.ts';
import { createRun, type SearchRun } from './run.ts';

export interface Search {
  /** Starts a search. A newer one cancels it unless `parallel` is set. */
  search(
    text: string,
    options?: SearchOptions & { readonly signal?: AbortSignal; readonly parallel?: boolean },
  ): SearchRun;
  /**
   * Indexes documents in the background, and those that a closed tab left undone; `sources` may be empty. A call that is aborted
   * keeps what it has stored, and gives up the rest.
   */
  add(
    sources: readonly GivenSource[],
    options?: { readonly signal?: AbortSignal; onProgress?(progress: IndexProgress): void },
  ): Promise<IndexReport>;
  /** Number of documents removed. */
  remove(ids: readonly string[]): Promise<number>;
  documents(): Promise<readonly DocumentSummary[]>;
  /** What searches may be narrowed to: filter → value → documents that have it, in the local corpus and the published indexes. */
  filters(signal?: AbortSignal): Promise<FilterCounts>;
  status(): Promise<EngineStatus>;
  /** Loads what a tier needs ahead of the first question. */
  warm(tier: Tier): Promise<void>;
  /** Calls back when documents have come or gone, here or in another tab: what is shown may be old. Returns what ends it. */
  onChange(callback: () => void): () => void;
  close(): Promise<void>;
}

function catalogUrl(models: string): string {
  return `${models.replace(/\/*$/, '/')}catalog.json`;
}

/**
 * Search for a page. Starts the engine worker and opens the corpora; nothing else is downloaded until it is needed.
 *
 * `worker` makes the engine worker: a bundler must see `new Worker(new URL('./engine.worker.ts', import.meta.url))`
 * in the caller's own build, or use findling's built file. A worker that dies is replaced at the next call.
 */
export async function createSearch(worker: () => Worker, given: OpenOptions): Promise<Search> {
  // Without any at all the engine still says which are needed.
  const options: OpenOptions = { ...given };
  let connection: Promise<Connection<EngineHost>> | undefined;
  let current: SearchRun | undefined;
  const running = new Set<SearchRun>();
  const listening = new Set<() => void>();
  let closed = false;
  const engine = async (): Promise<EngineHost> => {
    if (closed) throw new SearchError('bad-input', 'This search was closed. Open it again.');
    connection ??= start();
    return (await connection).remote;
  };
  const start = async () => {
    const made = connect<EngineHost>(worker(), 'engine');
    // While the engine's script is loaded: the models that it must know before it opens a corpus, and where that lies.
    const folder = findFolderAhead(localName(options.name));
    const { models, embedder } = options;
    // The engine says what is wrong with it.
    const isThere = embedder === undefined && typeof models === 'string';
    const catalog = isThere ? fetchAhead(catalogUrl(models)) : undefined;
    const forget = () => {
      connection = undefined;
    };
    made.lost.then(forget);
    await made.remote.open(options, catalog, folder).catch((error) => {
      forget();
      made.close();
      throw error;
    });
    return made;
  };
  await engine();
  return {
    search(text, { signal, parallel = false, ...rest } = {}) {
      if (!parallel) current?.cancel();
      const run = createRun(
        async (inner, onAnswer: (answer: Answer) => void) => (await engine()).search(text, rest, inner, onAnswer),
        signal,
      );
      if (!parallel) current = run;
      running.add(run);
      const forget = () => running.delete(run);
      run.done.then(forget, forget);
      return run;
    },
    // A signal of its own for each call: one for all would collect what the calls hang on it.
    add: async (sources, { signal = new AbortController().signal, onProgress = () => undefined } = {}) =>
      (await engine()).add(sources, signal, onProgress),
    remove: async (ids) => (await engine()).remove(ids),
    documents: async () => (await engine()).documents(),
    filters: async (signal = new AbortController().signal) => (await engine()).filters(signal),
    status: async () => (await engine()).status(),
    warm: async (tier) => (await engine()).warm(tier),
    onChange(callback) {
      const end = onCorpusChanged(options.name, callback);
      listening.add(end);
      return () => {
        listening.delete(end);
        end();
      };
    },
    async close() {
      closed = true;
      for (const end of listening) end();
      for (const run of running) run.cancel();
      (await connection)?.close();
    },
  };
}
