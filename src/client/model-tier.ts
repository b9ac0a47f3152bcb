import { abortable, once, throwIfAborted } from '../core/cancellation.ts';
import { toSearchError } from '../core/errors.ts';
import type { CrossEncoder, Embedder, Store } from '../core/ports.ts';
import { type RerankTier, unnamedReranking } from '../engine/host.ts';
import type { OpenOptions } from '../engine/types.ts';
import { crossEncoderEntry, loadCatalog } from '../models/catalog.ts';
import type { ModelHost } from '../models/host.ts';
import { patientHost } from '../models/patience.ts';
import { type SelectedReranker, type SpawnedHost, selectReranker } from '../models/selection.ts';
import { type SharedWork, shareWork, usefulHands } from '../models/shared-work.ts';
import type { TransformersSpec } from '../models/transformers-spec.ts';
import type { VerdictStorage } from '../models/verdicts.ts';
import { createPairCost, crossEncoderReranker } from '../rerank/cross-encoder.ts';
import { createScoreCache } from '../rerank/scores.ts';
import { httpStore } from '../store/http.ts';
import { indexedDbStore } from '../store/indexeddb.ts';
import { connect } from './glue.ts';

/** Verdicts about backends as blobs of a store: a page that comes back does not try what failed. */
function storedVerdicts(open: () => Store): VerdictStorage {
  const store = once(async () => open());
  const nameOf = (key: string) => `verdicts/${encodeURIComponent(key).replaceAll('%', '_')}`;
  return {
    async get(key) {
      const bytes = await (await store()).read(nameOf(key));
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
    },
    async set(key, value) {
      await (await store()).write({ put: new Map([[nameOf(key), new TextEncoder().encode(value)]]) });
    },
  };
}

/** A model of transformers.js has no canary and one backend, the one its spec names. */
async function loadHubReranker(worker: SpawnedHost, spec: TransformersSpec): Promise<SelectedReranker> {
  try {
    return { ...worker, info: await worker.host.loadReranker(spec), unexplored: undefined };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** Passages handed to an embedder at a time: a question that comes meanwhile waits for no more than these. */
const SLICE = 32;

/** A transformers.js embedder in a worker of its own; after the worker's death loaded anew at the next text. */
export function modelWorkerEmbedder(startWorker: () => Worker, spec: TransformersSpec): Embedder {
  let loaded: Promise<SpawnedHost> | undefined;
  const load = (): Promise<SpawnedHost> => {
    if (loaded !== undefined) return loaded;
    const forget = () => {
      if (loaded === attempt) loaded = undefined;
    };
    const attempt = (async () => {
      const worker = await spawn(startWorker, forget);
      await worker.host.loadEmbedder(spec).catch((error) => {
        worker.terminate();
        throw error;
      });
      return worker;
    })();
    loaded = attempt;
    attempt.catch(forget);
    return attempt;
  };
  return {
    embedQuery: async (text, signal) => (await abortable(load(), signal)).host.embedQuery(text, signal),
    async embedPassages(texts, signal) {
      const { host } = await abortable(load(), signal);
      const slices: Float32Array[] = [];
      for (let from = 0; from < texts.length; from += SLICE) {
        throwIfAborted(signal);
        slices.push(await host.embedPassages(texts.slice(from, from + SLICE), signal));
      }
      const vectors = new Float32Array(slices.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const slice of slices) {
        vectors.set(slice, at);
        at += slice.length;
      }
      return vectors;
    },
  };
}

async function spawn(startWorker: () => Worker, onLost: () => void): Promise<SpawnedHost> {
  const connection = connect<ModelHost>(startWorker(), 'model');
  connection.lost.then(onLost);
  return patientHost({ host: connection.remote, terminate: () => connection.close() });
}

/** A page at rest: the first answers are out. */
const EXPLORE_AFTER_MS = 3000;
/** The first rerank is under way or done: more workers would only have taken the processor from it. */
const SHARE_AFTER_MS = 1500;
/** A model of more is not held several times. */
const SHARED_BYTES = 8 * 1024 * 1024;
/** Failures in a row after which a backend that has passed its canary is not believed any more: a worker may die by chance. */
const MOST_FAILURES = 2;
/** Pairs scored between two reports, for each worker. */
const STEP = 4;

/**
 * The reranker of a browser, in a model worker: loaded at its first use, and after the worker's death loaded anew at
 * the next. While it is being loaded, questions wait for it; the tiers before it have been shown by then.
 */
export function modelWorkerTier(startWorker: () => Worker, options: OpenOptions): RerankTier {
  if (options.reranker === undefined || options.reranker === 'none') return unnamedReranking();
  const verdicts = storedVerdicts(() => indexedDbStore('findling-verdicts'));
  const [cache, cost] = [createScoreCache(), createPairCost()];
  let selected: SelectedReranker | undefined;
  let loading: Promise<SelectedReranker> | undefined;
  let shared: SharedWork | undefined;
  /** Settles when all scores asked for so far are there, or have failed. */
  let scored: Promise<unknown> = Promise.resolve();
  let blend: number | undefined;
  /** Since scores last came. */
  let failures = 0;

  const { reranker } = options;
  const select = async (explore: boolean, onLost: () => void): Promise<SelectedReranker> => {
    if (typeof reranker === 'object') return loadHubReranker(await spawn(startWorker, onLost), reranker);
    const entry = crossEncoderEntry(await loadCatalog(httpStore(options.models)), reranker);
    blend = entry.blend;
    return selectReranker({
      spawn: () => spawn(startWorker, onLost),
      verdicts,
      entry,
      models: options.models,
      explore,
      ...(options.backend === undefined ? {} : { device: options.backend }),
      ...(options.allowFallbackAdapter === undefined ? {} : { allowFallbackAdapter: options.allowFallbackAdapter }),
    });
  };
  /** Ends the worker: whatever went wrong in it, its runtime is not to be trusted with another question. */
  const drop = () => {
    selected?.terminate();
    shared?.close();
    shared = undefined;
    selected = undefined;
    loading = undefined;
  };
  const load = (): Promise<SelectedReranker> => {
    if (loading !== undefined) return loading;
    // While it is being loaded, a lost worker fails the attempt by itself, or is one of a backend that did not work.
    const attempt = select(false, () => {
      if (loading === attempt && selected !== undefined) drop();
    });
    loading = attempt;
    attempt.then(
      (made) => {
        selected = made;
        if (made.unexplored !== undefined) setTimeout(explore, EXPLORE_AFTER_MS);
        if (made.info.backend === 'wasm/kernel') setTimeout(share, SHARE_AFTER_MS, made);
      },
      () => {
        if (loading === attempt) loading = undefined;
      },
    );
    return attempt;
  };
  /** More workers for the kernel, which has one thread and 15 MB a worker with the small model. */
  const share = (made: SelectedReranker) => {
    if (selected !== made || shared !== undefined || made.info.bytes > SHARED_BYTES) return;
    const spec = { source: 'catalog', models: options.models, model: made.info.model, backend: 'wasm/kernel' } as const;
    const hire = async () => {
      const worker = await spawn(startWorker, () => undefined);
      return worker.host.loadReranker(spec).then(
        () => worker,
        (error) => {
          worker.terminate();
          throw error;
        },
      );
    };
    shared = shareWork({ first: made.host, hire, others: usefulHands(navigator.hardwareConcurrency) - 1 });
  };
  /** Tries the backend that was never tried, in a worker beside the one in use, and takes it over where it is faster. */
  const explore = async () => {
    const before = selected;
    let found: SelectedReranker | undefined;
    // A candidate that ends takes no other worker with it.
    const onLost = () => {
      if (found !== undefined && selected === found) drop();
    };
    found = await select(true, onLost).catch(() => undefined);
    if (found === undefined) return;
    if (before === undefined || before !== selected || found.info.msPerPair >= before.info.msPerPair)
      return found.terminate();
    shared?.close();
    shared = undefined;
    selected = found;
    loading = Promise.resolve(found);
    // What it is scoring now is wanted still.
    scored.then(() => before.terminate());
  };
  const encoder: CrossEncoder = {
    async score(query, texts, signal) {
      const asked = await abortable(load(), signal);
      const scores = (shared?.encoder ?? asked.host).score(query, texts, signal).then(
        (found) => {
          failures = 0;
          return found;
        },
        async (cause) => {
          const error = toSearchError(cause);
          // Another worker may have taken its place meanwhile, and has done nothing wrong.
          if (error.code !== 'aborted' && selected === asked) {
            drop();
            failures += 1;
            if (failures >= MOST_FAILURES) await asked.distrust?.(error);
          }
          throw error;
        },
      );
      scored = Promise.allSettled([scored, scores]).then(() => undefined);
      return abortable(scores, signal);
    },
  };
  return {
    reranker: ({ budgetMs }) =>
      crossEncoderReranker({
        encoder,
        // One model a tier: what was asked for names it, loaded or not, so that no score is cached twice.
        modelId: `${options.models}${JSON.stringify(reranker)}`,
        blend: () => blend,
        cache,
        cost,
        step: STEP * (shared?.hands() ?? 1),
        ...(budgetMs === undefined ? {} : { budgetMs }),
      }),
    async load() {
      await load();
    },
    info() {
      if (selected === undefined) return undefined;
      const { model, backend, threads, msPerPair } = selected.info;
      return { model, backend, threads, msPerPair };
    },
  };
}
