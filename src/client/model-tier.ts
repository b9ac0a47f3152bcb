import { once } from '../core/cancellation.ts';
import type { CrossEncoder, Store } from '../core/ports.ts';
import { noReranking, type RerankTier } from '../engine/host.ts';
import type { OpenOptions } from '../engine/types.ts';
import { crossEncoderEntry, loadCatalog } from '../models/catalog.ts';
import type { ModelHost } from '../models/host.ts';
import { type SelectedReranker, type SpawnedHost, selectReranker } from '../models/selection.ts';
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

async function spawn(startWorker: () => Worker, onLost: () => void): Promise<SpawnedHost> {
  const connection = connect<ModelHost>(startWorker(), 'model');
  connection.lost.then(onLost);
  return { host: connection.remote, terminate: () => connection.close() };
}

/**
 * The reranker of a browser, in a model worker: loaded at its first use, and after the worker's death loaded anew at
 * the next. While it is being loaded, questions wait for it; the tiers before it have been shown by then.
 */
export function modelWorkerTier(startWorker: () => Worker, options: OpenOptions): RerankTier {
  if (options.reranker === 'none') return noReranking('unsupported', 'Reranking is switched off.');
  const verdicts = storedVerdicts(() => indexedDbStore('findling-verdicts'));
  const [cache, cost] = [createScoreCache(), createPairCost()];
  let selected: SelectedReranker | undefined;
  let loading: Promise<SelectedReranker> | undefined;

  const select = async (): Promise<SelectedReranker> => {
    const entry = crossEncoderEntry(await loadCatalog(httpStore(options.models)), options.reranker);
    const forget = () => {
      selected = undefined;
      loading = undefined;
    };
    return selectReranker({
      spawn: () => spawn(startWorker, forget),
      verdicts,
      entry,
      models: options.models,
      ...(options.backend === undefined ? {} : { device: options.backend }),
      ...(options.allowFallbackAdapter === undefined ? {} : { allowFallbackAdapter: options.allowFallbackAdapter }),
    });
  };
  const load = (): Promise<SelectedReranker> => {
    if (loading === undefined) {
      const attempt = select();
      loading = attempt;
      attempt.then(
        (made) => {
          selected = made;
        },
        () => {
          if (loading === attempt) loading = undefined;
        },
      );
    }
    return loading;
  };
  const encoder: CrossEncoder = {
    score: async (query, texts, signal) => (await load()).host.score(query, texts, signal),
  };
  return {
    reranker: ({ budgetMs }) =>
      crossEncoderReranker({
        encoder,
        modelId:
          selected === undefined ? (options.reranker ?? 'default') : `${selected.info.model}@${selected.info.revision}`,
        cache,
        cost,
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
    close() {
      selected?.terminate();
      selected = undefined;
      loading = undefined;
    },
  };
}
