import { queue } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { CrossEncoder, Embedder, Store } from '../core/ports.ts';
import { type Abilities, type AbilityOptions, readAbilities } from './abilities.ts';
import { type Backend, prepareReranker, type RerankerInfo } from './backend.ts';
import { crossEncoderEntry, loadCatalog } from './catalog.ts';
import type { OwnedCrossEncoder } from './cross-encoder.ts';
import type { FileProgress } from './file.ts';
import type { Device, Runtime } from './session.ts';
import type { EmbedderInfo, OwnedEmbedder } from './transformers.ts';
import type { TransformersSpec } from './transformers-spec.ts';

/** A cross-encoder of our catalog on one backend. */
export interface CatalogReranker {
  readonly source: 'catalog';
  /** URL of the folder with catalog.json. */
  readonly models: string;
  /** The first cross-encoder of the catalog if absent. */
  readonly model?: string;
  readonly backend: Backend;
}

export type RerankerSpec = CatalogReranker | TransformersSpec;

export interface HostInfo {
  readonly reranker?: RerankerInfo;
  readonly embedder?: EmbedderInfo;
}

export type ProgressListener = (progress: FileProgress) => void;

/**
 * What a model worker serves. Async methods only, so that a remote one is one too; it is a CrossEncoder and an
 * Embedder itself. After any failed load the worker is to be ended: ONNX Runtime does not recover in one realm.
 */
export interface ModelHost extends CrossEncoder, Embedder {
  abilities(options?: AbilityOptions): Promise<Abilities>;
  loadReranker(spec: RerankerSpec, signal?: AbortSignal, onProgress?: ProgressListener): Promise<RerankerInfo>;
  loadEmbedder(spec: TransformersSpec, signal?: AbortSignal, onProgress?: ProgressListener): Promise<EmbedderInfo>;
  info(): Promise<HostInfo>;
  close(): Promise<void>;
}

export interface ModelHostOptions {
  /** Reads a models folder by its URL (store/http in browsers). */
  readonly openStore: (url: string) => Store;
  /** Loads ONNX Runtime for a device: loadRuntime with own-origin files in browsers, loadNodeRuntime in Node. */
  readonly loadRuntime: (device: Device) => Promise<Runtime>;
}

/** One runtime a realm: a second device needs a second worker. */
function oneRuntime(load: (device: Device) => Promise<Runtime>): (device: Device) => Promise<Runtime> {
  let loaded: { readonly device: Device; readonly runtime: Promise<Runtime> } | undefined;
  return (device) => {
    loaded ??= { device, runtime: load(device) };
    if (loaded.device !== device)
      return Promise.reject(
        new SearchError('unsupported', `This worker runs on ${loaded.device}; start another one for ${device}.`),
      );
    return loaded.runtime;
  };
}

function progressOptions(signal: AbortSignal | undefined, onProgress: ProgressListener | undefined) {
  return { ...(signal === undefined ? {} : { signal }), ...(onProgress === undefined ? {} : { onProgress }) };
}

function missing(what: string): Promise<never> {
  return Promise.reject(new SearchError('bad-input', `No ${what} is loaded in this worker: load one first.`));
}

/** The models of one realm. Loads and runs go one after another; a cancelled run is never started. */
export function createModelHost({ openStore, loadRuntime }: ModelHostOptions): ModelHost {
  const turn = queue();
  const runtime = oneRuntime(loadRuntime);
  let reranker: { readonly encoder: OwnedCrossEncoder; readonly info: RerankerInfo } | undefined;
  let embedder: { readonly embedder: OwnedEmbedder; readonly info: EmbedderInfo } | undefined;

  const prepare = async (spec: RerankerSpec, signal?: AbortSignal, onProgress?: ProgressListener) => {
    const options = progressOptions(signal, onProgress);
    if (spec.source !== 'catalog') {
      const { loadTransformersReranker } = await import('./transformers.ts');
      return loadTransformersReranker(spec, { runtime, ...options });
    }
    const store = openStore(spec.models);
    const entry = crossEncoderEntry(await loadCatalog(store, signal), spec.model);
    return prepareReranker({ store, entry, backend: spec.backend, runtime, ...options });
  };

  return {
    abilities: readAbilities,
    loadReranker: (spec, signal, onProgress) =>
      turn(async () => {
        const before = reranker;
        reranker = undefined;
        await before?.encoder.close();
        const loaded = await prepare(spec, signal, onProgress);
        reranker = loaded;
        return loaded.info;
      }, signal),
    score: (query, texts, signal) =>
      turn(() => reranker?.encoder.score(query, texts, signal) ?? missing('reranker'), signal),
    loadEmbedder: (spec, signal, onProgress) =>
      turn(async () => {
        const { loadTransformersEmbedder } = await import('./transformers.ts');
        const before = embedder;
        embedder = undefined;
        await before?.embedder.close();
        const loaded = await loadTransformersEmbedder(spec, { runtime, ...progressOptions(signal, onProgress) });
        embedder = loaded;
        return loaded.info;
      }, signal),
    embedQuery: (text, signal) =>
      turn(() => embedder?.embedder.embedQuery(text, signal) ?? missing('embedder'), signal),
    embedPassages: (texts, signal) =>
      turn(() => embedder?.embedder.embedPassages(texts, signal) ?? missing('embedder'), signal),
    info: async () => ({
      ...(reranker === undefined ? {} : { reranker: reranker.info }),
      ...(embedder === undefined ? {} : { embedder: embedder.info }),
    }),
    close: () =>
      turn(async () => {
        const [first, second] = [reranker, embedder];
        [reranker, embedder] = [undefined, undefined];
        await first?.encoder.close();
        await second?.embedder.close();
      }),
  };
}
