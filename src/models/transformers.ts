import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder } from '../core/ports.ts';
import type { RerankerInfo } from './backend.ts';
import type { OwnedCrossEncoder } from './cross-encoder.ts';
import type { FileProgress } from './file.ts';
import { embeddingSpace, HUB_CROSS_ENCODERS, type Pooling } from './hub-catalog.ts';
import { type Device, ortError, type Runtime } from './session.ts';
import { normaliseInto } from './sums/sums.ts';
import { dtypeFor, embedderSettings, type TransformersSpec } from './transformers-spec.ts';
import { nextTurn } from './turn.ts';

export interface TransformersOptions {
  readonly runtime: (device: Device) => Promise<Runtime>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FileProgress) => void;
}

export interface OwnedEmbedder extends Embedder {
  close(): Promise<void>;
}

export interface EmbedderInfo {
  readonly model: string;
  /** Vectors of one space only may be compared; part of the corpus's fingerprint. */
  readonly space: string;
  readonly dimensions: number;
  readonly device: Device;
}

type Library = typeof import('@huggingface/transformers');

interface Loaded {
  readonly library: Library;
  readonly runtime: Runtime;
  readonly dtype: NonNullable<TransformersSpec['dtype']>;
  readonly revision: string;
  readonly options: Parameters<Library['AutoModel']['from_pretrained']>[1];
}

/**
 * transformers.js with *our* ONNX Runtime: it takes the one it finds under this symbol, so that one runtime is shipped and
 * none comes from a CDN. With a runtime given so, it knows no devices; `auto` and explicit providers pass its check.
 */
async function loadLibrary(spec: TransformersSpec, runtime: Runtime): Promise<Library> {
  Object.assign(globalThis, { [Symbol.for('onnxruntime')]: runtime.ort });
  let library: Library;
  try {
    library = await import('@huggingface/transformers');
  } catch (error) {
    throw ortError(error, 'Loading transformers.js');
  }
  const { env } = library;
  env.useWasmCache = false; // would load the runtime's factory from a blob: URL, which a strict CSP forbids
  env.allowRemoteModels = spec.source === 'hub';
  env.allowLocalModels = spec.source === 'origin';
  if (spec.source === 'origin') {
    env.localModelPath = spec.path ?? '/models/';
    env.useBrowserCache = false; // the browser's own HTTP cache serves this origin
  } else if (spec.host !== undefined) env.remoteHost = spec.host;
  return library;
}

async function load(spec: TransformersSpec, options: TransformersOptions): Promise<Loaded> {
  throwIfAborted(options.signal);
  const device = spec.device ?? (typeof process === 'object' && process.versions?.node ? 'node' : 'wasm');
  const runtime = await options.runtime(device);
  const library = await loadLibrary(spec, runtime);
  const dtype = dtypeFor(spec, device);
  if (device === 'webgpu' && dtype === 'q8')
    throw new SearchError('bad-input', 'q8 weights run on WASM only: use fp32, fp16 or q4 with WebGPU.');
  const revision = spec.revision ?? 'main';
  const report = (event: { status: string; file?: string; loaded?: number; total?: number }) => {
    const { file, loaded, total } = event;
    if (event.status === 'progress' && file !== undefined)
      options.onProgress?.({ path: `${spec.model}/${file}`, loaded: loaded ?? 0, total: total ?? 0 });
  };
  const providers = [...runtime.providers];
  const threads = device === 'node' ? { intraOpNumThreads: runtime.threads } : {};
  return {
    library,
    runtime,
    dtype,
    revision,
    options: {
      dtype,
      revision,
      device: 'auto',
      local_files_only: spec.source === 'origin',
      session_options: { executionProviders: providers, ...threads },
      progress_callback: report,
    },
  };
}

/** The longest beginning of `text` whose length in tokens, by `count`, is at most `most`. Cut at the end only. */
export function fitText(text: string, most: number, count: (text: string) => number): string {
  let fitting = text;
  for (let tokens = count(fitting); tokens > most && fitting !== ''; tokens = count(fitting)) {
    const length = Math.min(fitting.length - 1, Math.floor((fitting.length * most) / tokens));
    // Half of a surrogate pair would become U+FFFD.
    const end = /[\ud800-\udbff]/.test(fitting.charAt(length - 1)) ? length - 1 : length;
    fitting = fitting.slice(0, end);
  }
  return fitting;
}

function floatsOf(tensor: { readonly data: unknown } | undefined, what: string): Float32Array {
  if (!(tensor?.data instanceof Float32Array))
    throw new SearchError('unsupported', `The model gives no ${what} as float32: it is of another kind.`);
  return tensor.data;
}

/** One text's states [1, tokens, size] to one vector. One text a run, so there is no padding to mask. */
function pool(states: Float32Array, size: number, pooling: Pooling): Float64Array {
  const tokens = states.length / size;
  if (pooling === 'cls') return Float64Array.from(states.subarray(0, size));
  if (pooling === 'last') return Float64Array.from(states.subarray(states.length - size));
  const sums = new Float64Array(size);
  for (let at = 0; at < states.length; at++) sums[at % size] = (sums[at % size] ?? 0) + (states[at] ?? 0) / tokens;
  return sums;
}

/** Any feature-extraction model as an Embedder: one text a run, so that a vector never depends on its neighbours. */
export async function loadTransformersEmbedder(
  spec: TransformersSpec,
  options: TransformersOptions,
): Promise<{ readonly embedder: OwnedEmbedder; readonly info: EmbedderInfo }> {
  const settings = embedderSettings(spec);
  const loaded = await load(spec, options);
  const { AutoModel, AutoTokenizer } = loaded.library;
  await checkPresence(spec, loaded);
  const parts = await Promise.all([
    AutoTokenizer.from_pretrained(spec.model, loaded.options),
    AutoModel.from_pretrained(spec.model, loaded.options),
  ]).catch((error) => {
    throw loadError(error, spec);
  });
  const [tokenizer, model] = parts;
  const most = Math.min(settings.maxTokens, tokenizer.model_max_length ?? settings.maxTokens);

  const embedOne = async (text: string): Promise<Float32Array> => {
    const fitted = fitText(text, most, (part) => tokenizer.encode(part).length);
    const outputs = await model(tokenizer(fitted));
    const own = settings.pooling === 'output';
    const tensor = own ? outputs.sentence_embedding : (outputs.last_hidden_state ?? outputs.token_embeddings);
    const values = floatsOf(tensor, own ? 'sentence_embedding' : 'last_hidden_state');
    const size = Number(tensor.dims.at(-1));
    const vector = new Float32Array(size);
    normaliseInto(vector, 0, own ? Float64Array.from(values) : pool(values, size, settings.pooling));
    return vector;
  };
  const embedAll = async (texts: readonly string[], prefix: string, signal?: AbortSignal): Promise<Float32Array> => {
    const vectors: Float32Array[] = [];
    for (const text of texts) {
      if (vectors.length > 0 && signal !== undefined) await nextTurn();
      throwIfAborted(signal);
      vectors.push(
        await embedOne(prefix + text).catch((error) => {
          throw ortError(error, 'Embedding');
        }),
      );
    }
    throwIfAborted(signal);
    const size = vectors[0]?.length ?? 0;
    const all = new Float32Array(size * vectors.length);
    for (const [at, vector] of vectors.entries()) all.set(vector, at * size);
    return all;
  };

  const dimensions = (await embedOne('a')).length;
  const { dtype, revision } = loaded;
  const space = embeddingSpace({ ...settings, model: spec.model, revision, dtype });
  return {
    embedder: {
      embedQuery: (text, signal) => embedAll([text], settings.queryPrefix, signal),
      embedPassages: (texts, signal) => embedAll(texts, settings.passagePrefix, signal),
      close: async () => void (await model.dispose()),
    },
    info: { model: spec.model, space, dimensions, device: loaded.runtime.device },
  };
}

/** Asks for config.json alone: of a missing tokenizer transformers.js only says that something is undefined. */
async function checkPresence(spec: TransformersSpec, { library, options }: Loaded): Promise<void> {
  await library.AutoConfig.from_pretrained(spec.model, options).catch((error: unknown) => {
    throw loadError(error, spec);
  });
}

function loadError(error: unknown, spec: TransformersSpec): SearchError {
  if (error instanceof SearchError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/not found|could not locate|404|local_files_only|allowRemoteModels/i.test(message))
    return new SearchError(
      'not-found',
      `${spec.model} is not complete under ${spec.path ?? spec.host ?? 'its source'}: ${message}`,
      {
        cause: error,
      },
    );
  return ortError(error, `Loading ${spec.model}`);
}

/** A hub cross-encoder with one logit: raw, one pair a run. There is no canary for it, so its numbers are unproven. */
export async function loadTransformersReranker(
  spec: TransformersSpec,
  options: TransformersOptions,
): Promise<{ readonly encoder: OwnedCrossEncoder; readonly info: RerankerInfo }> {
  const loaded = await load(spec, options);
  const { AutoModelForSequenceClassification, AutoTokenizer } = loaded.library;
  await checkPresence(spec, loaded);
  const [tokenizer, model] = await Promise.all([
    AutoTokenizer.from_pretrained(spec.model, loaded.options),
    AutoModelForSequenceClassification.from_pretrained(spec.model, loaded.options),
  ]).catch((error) => {
    throw loadError(error, spec);
  });
  const known = HUB_CROSS_ENCODERS.find((each) => each.model === spec.model);
  const wanted = spec.maxTokens ?? known?.maxTokens ?? 512;
  const most = Math.min(wanted, tokenizer.model_max_length ?? wanted);

  const scoreOne = async (query: string, text: string): Promise<number> => {
    // transformers.js truncates the joined pair and would lose the last [SEP]: cut the texts instead.
    const asked = fitText(query, most >> 1, (part) => tokenizer.encode(part).length);
    const read = fitText(text, most, (part) => tokenizer.encode(asked, { text_pair: part }).length);
    const { logits } = await model(tokenizer(asked, { text_pair: read }));
    const values = floatsOf(logits, 'logits');
    const [logit] = values;
    if (values.length !== 1 || logit === undefined || !Number.isFinite(logit))
      throw new SearchError('unsupported', `${spec.model} gives ${values.length} logits; a reranker gives one number.`);
    return logit;
  };
  const encoder: OwnedCrossEncoder = {
    async score(query, texts, signal) {
      const scores = new Float32Array(texts.length);
      for (const [at, text] of texts.entries()) {
        if (at > 0 && signal !== undefined) await nextTurn();
        throwIfAborted(signal);
        scores[at] = await scoreOne(query, text).catch((error) => {
          throw ortError(error, 'Reranking');
        });
      }
      throwIfAborted(signal);
      return scores;
    },
    close: async () => void (await model.dispose()),
  };
  return { encoder, info: await aboutReranker(spec, loaded, encoder) };
}

async function aboutReranker(
  spec: TransformersSpec,
  loaded: Loaded,
  encoder: OwnedCrossEncoder,
): Promise<RerankerInfo> {
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(12);
  const start = performance.now();
  const [related] = await encoder.score('What does the fox do?', [text]);
  const firstMs = performance.now() - start;
  const [other] = await encoder.score('How much does a visa cost?', [text]);
  const msPerPair = performance.now() - start - firstMs;
  if (related === other) throw new SearchError('unsupported', `${spec.model} gives every query the same score.`);
  const { runtime, dtype, revision } = loaded;
  const { device, threads, note } = runtime;
  const about = { model: spec.model, revision, backend: `${device}/${dtype}`, device, threads, msPerPair, firstMs };
  // No reference scores exist for a model that is not ours, and transformers.js does not say how many bytes it read.
  return { ...about, error: Number.NaN, bytes: 0, ...(note === undefined ? {} : { note }) };
}
