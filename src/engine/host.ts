import { abortable, once, within } from '../core/cancellation.ts';
import { SearchError, type SearchErrorCode, toSearchError } from '../core/errors.ts';
import type { Embedder, Reranker, Store } from '../core/ports.ts';
import { readAhead } from '../index/read-ahead.ts';
import type { FoundFolder } from '../store/opfs-folder.ts';
import { withoutNulls } from './checks.ts';
import { corpusFingerprint, type EmbeddingSpace } from './local-corpus.ts';
import type { SearchableCorpus } from './moments.ts';
import { checkOpen, checkTier } from './open-options.ts';
import { ownFirst } from './own-first.ts';
import { rehearse } from './rehearsal.ts';
import { openRenewable, type RenewableCorpus } from './renewal.ts';
import { createSearcher, type RerankChoice, type Searcher } from './searcher.ts';
import type { Answer, EngineHost, EngineStatus, FetchedCatalog, OpenOptions, PipelineName } from './types.ts';
import type { Reading } from './waiting.ts';

/** Tier 1 of an engine. */
export interface Semantic {
  readonly embedder: Embedder;
  readonly space: EmbeddingSpace;
}

/** Tier 2 of an engine: reranks, and can be asked what it runs on. */
export interface RerankTier {
  reranker(choice: RerankChoice): Reranker;
  /** Makes the model ready. */
  load(): Promise<void>;
  info(): EngineStatus['reranker'];
}

/** What an engine needs of where it runs; workers/engine.worker.ts gives the browser's, tests give fakes. */
export interface Surroundings {
  /** `folder` where the owner has looked for it. */
  localStore(name: string, folder?: Promise<FoundFolder | undefined>): Store;
  published(url: string, fingerprint: string): SearchableCorpus;
  semantic(options: OpenOptions, catalog?: FetchedCatalog): Promise<Semantic>;
  reranking(options: OpenOptions): RerankTier;
  readonly chunker: string;
  reading(): Promise<Reading>;
  lock<T>(name: string, job: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  announce(name: string): void;
  onChanged(name: string, callback: () => void): void;
  persist(): Promise<unknown>;
}

interface Opened {
  readonly local: RenewableCorpus;
  readonly searcher: Searcher;
  readonly semantic: Semantic;
  readonly reranking: RerankTier;
  readonly published: readonly SearchableCorpus[];
  /** Of searches that name none: as far as what was opened goes. */
  readonly pipeline: PipelineName;
}

/** The engine behind a worker boundary: opens once, then serves searches and changes. */
export function createEngineHost(surroundings: Surroundings): EngineHost {
  let opened: Promise<Opened> | undefined;
  const ready = (): Promise<Opened> => {
    if (opened === undefined) return Promise.reject(new SearchError('bad-input', 'Call open() before anything else.'));
    return opened;
  };
  return {
    async open(...given) {
      opened = open(surroundings, ...given);
      await opened;
    },
    async search(text, options, signal, onAnswer) {
      const { searcher, pipeline, local } = await ready();
      // The last is the result; until it is known to be the last, it waits.
      const early = (answer: Answer) => answer.complete || onAnswer(answer);
      const search = () => searcher.search(text, { pipeline, ...withoutNulls(options) }, signal, early);
      return searchSteadily(search, local, signal);
    },
    async add(sources, signal, onProgress) {
      const { local } = await ready();
      // Best effort: without it the browser may evict the corpus when space runs low.
      surroundings.persist().catch(() => undefined);
      return local.add(sources, signal, onProgress);
    },
    remove: async (ids) => (await ready()).local.remove(ids),
    async documents() {
      const { local } = await ready();
      const documents = await local.corpus.documents();
      return documents.map(({ id, url, title, passages }) => ({ id, url, title, passages }));
    },
    async filters(signal) {
      const { searcher, local } = await ready();
      return (await recovering(() => searcher.filters(signal), local, signal)).answer;
    },
    status: async () => status(await ready()),
    warm: async (tier) => warm(await ready(), tier),
  };
}

async function open(
  surroundings: Surroundings,
  given: OpenOptions,
  catalog?: FetchedCatalog,
  folder?: Promise<FoundFolder | undefined>,
): Promise<Opened> {
  checkOpen(given);
  const options = withoutNulls(given);
  // Opening a browser's database and reading what is in it takes tens of milliseconds: it goes on while the catalog is
  // fetched. What is wrong with it openLocalCorpus() will say.
  const store = readAhead(surroundings.localStore(options.name, folder));
  // What other tabs write while this one opens is what readAhead() has not seen.
  let changed = false;
  let noteChange = () => {
    changed = true;
  };
  surroundings.onChanged(options.name, () => noteChange());
  rehearse().catch(() => undefined);
  const reranking = surroundings.reranking(options);
  const semantic = await surroundings.semantic(options, catalog);
  const local = await openRenewable(options, {
    name: options.name,
    store,
    ...semantic,
    chunker: surroundings.chunker,
    reading: surroundings.reading,
    lock: (job, signal) => surroundings.lock(options.name, job, signal),
    announce: () => surroundings.announce(options.name),
  });
  const fingerprint = corpusFingerprint(semantic.space, surroundings.chunker);
  const published = (options.published ?? []).map((url) => surroundings.published(url, fingerprint));
  const searching = (corpora: readonly SearchableCorpus[]) =>
    createSearcher({
      corpora,
      embedder: semantic.embedder,
      reranker: (choice) => reranking.reranker(choice),
      ...(options.language === undefined ? {} : { language: options.language }),
    });
  const searcher =
    published.length === 0 ? searching([local]) : ownFirst(searching([local, ...published]), searching([local]));
  noteChange = () => void local.refresh().catch(() => undefined);
  if (changed) await local.refresh();
  const pipeline = options.reranker === undefined || options.reranker === 'none' ? 'hybrid' : 'reranked';
  return { local, searcher, semantic, reranking, published, pipeline };
}

/** Searches; once more where what was being read has been written anew twice meanwhile, or has turned out to be unreadable. */
async function searchSteadily(
  search: () => Promise<Answer>,
  local: RenewableCorpus,
  signal: AbortSignal,
): Promise<Answer> {
  const generation = () => local.corpus.statistics().generation;
  const before = generation();
  // Published indexes that fail are skipped: what fails a search is this corpus, or a model.
  const { answer, isSecond } = await recovering(search, local, signal);
  const isSkipped = (...codes: readonly SearchErrorCode[]) => answer.skipped.some(({ code }) => codes.includes(code));
  if (isSecond) return answer;
  if (isSkipped('corrupt') && (await local.heal())) return search();
  if (!isSkipped('not-found')) return answer;
  // Or a model or a published index was not found: that would be so again.
  await local.refresh().catch(() => undefined);
  return generation() === before ? answer : search().catch(() => answer);
}

/** Reads; once more where the visitor's own corpus could not be read, and another stands in its place now. */
async function recovering<T>(
  read: () => Promise<T>,
  local: RenewableCorpus,
  signal: AbortSignal,
): Promise<{ readonly answer: T; readonly isSecond: boolean }> {
  try {
    return { answer: await read(), isSecond: false };
  } catch (cause) {
    if (signal.aborted || !(await local.recover(toSearchError(cause)))) throw cause;
    return { answer: await read(), isSecond: true };
  }
}

/** What a host that does not answer holds is not counted. */
const STATUS_PATIENCE_MS = 5000;

async function status({ local, published, searcher, reranking }: Opened): Promise<EngineStatus> {
  const own = local.corpus.statistics();
  let [documents, passages] = [own.documents, own.passages];
  const openings = published.map((corpus) => {
    const opening = corpus.moment(new AbortController().signal);
    return within(opening, STATUS_PATIENCE_MS, 'No answer.').catch(() => undefined);
  });
  for (const moment of await Promise.all(openings)) {
    passages += moment?.terms.statistics().passages ?? 0;
    documents += moment?.documents ?? 0;
  }
  const reranker = reranking.info();
  return {
    documents,
    passages,
    bytes: own.bytes,
    pending: await local.pending(),
    timings: searcher.timings.read(),
    ...(reranker === undefined ? {} : { reranker }),
  };
}

async function warm(
  { local, searcher, semantic, reranking }: Opened,
  tier: 'lexical' | 'semantic' | 'reranked',
): Promise<void> {
  checkTier(tier);
  // A search for a word loads what its tier reads: directories and lengths, then vectors and rows.
  const pipeline = tier === 'lexical' ? 'lexical' : 'hybrid';
  await searcher.search('search', { pipeline, limit: 1 });
  await local.warm?.();
  if (tier !== 'lexical') await semantic.embedder.embedQuery('search');
  if (tier === 'reranked') await reranking.load();
}

/** A tier that says no to every question, in words. */
function noReranking(code: SearchError['code'], reason: string): RerankTier {
  const refuse = () => Promise.reject(new SearchError(code, reason));
  return {
    reranker: () => ({ name: 'none', rerank: refuse }),
    load: refuse,
    info: () => undefined,
  };
}

/** The tier of an engine that was opened without a reranker. */
export function unnamedReranking(): RerankTier {
  return noReranking('unsupported', 'No reranker was named: openSearch({ reranker: … }).');
}

/** A tier that is loaded at its first use; a failed load is tried again at the next, and fails no search meanwhile. */
export function lazyReranking(load: () => Promise<RerankTier>): RerankTier {
  let tier: RerankTier | undefined;
  const loaded = once(async () => {
    try {
      tier = await load();
      return tier;
    } catch (error) {
      throw toSearchError(error);
    }
  });
  return {
    reranker(choice) {
      let own = tier?.reranker(choice);
      return {
        name: 'cross-encoder',
        get blend() {
          return own?.blend;
        },
        async rerank(query, passages, context) {
          own ??= (await abortable(loaded(), context.signal)).reranker(choice);
          return own.rerank(query, passages, context);
        },
      };
    },
    load: async () => (await loaded()).load(),
    info: () => tier?.info(),
  };
}

/** An embedder that is loaded at its first use; a failed load is tried again at the next. */
export function lazyEmbedder(load: () => Promise<Embedder>): Embedder {
  const loaded = once(() =>
    load().catch((error) => {
      throw toSearchError(error);
    }),
  );
  return {
    embedQuery: async (text, signal, weights) => (await loaded()).embedQuery(text, signal, weights),
    embedPassages: async (texts, signal) => (await loaded()).embedPassages(texts, signal),
    embedWindows: async (texts, signal) => (await loaded()).embedWindows?.(texts, signal),
  };
}
