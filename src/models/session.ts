import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-web';
import { SearchError } from '../core/errors.ts';

/** Rows of one length: nothing is padded, so every token counts. */
export interface TokenBatch {
  /** rows × columns, row-major. */
  readonly ids: BigInt64Array;
  readonly types: BigInt64Array;
  readonly rows: number;
  readonly columns: number;
}

/** A loaded model that gives one number a row. One run at a time: see core/cancellation `queue`. */
export interface Session {
  run(batch: TokenBatch): Promise<Float32Array>;
  close(): Promise<void>;
}

/** The part of ONNX Runtime that we use; onnxruntime-web and onnxruntime-node both have it. */
export interface Ort {
  readonly InferenceSession: {
    create(weights: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

/** Where models run. `webgpu` and `wasm` in browsers, `node` natively under Node. */
export type Device = 'webgpu' | 'wasm' | 'node';

/** What opens a model's weights. */
export interface SessionOpener {
  readonly device: Device;
  readonly threads: number;
  /** What a person should know of this choice, e.g. why there is one thread only. */
  readonly note?: string;
  open(weights: Uint8Array): Promise<Session>;
}

/** A loaded ONNX Runtime. A realm has one for its life: after a failure use a fresh worker. */
export interface Runtime extends SessionOpener {
  /** The module itself, for transformers.js to share. */
  readonly ort: Ort;
  /** What to give as executionProviders. */
  readonly providers: NonNullable<InferenceSession.SessionOptions['executionProviders']>;
}

/** ONNX Runtime's failures by what can be done about them: their messages are all there is. */
export function ortError(error: unknown, doing: string): SearchError {
  if (error instanceof SearchError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const say = (code: SearchError['code'], hint: string) =>
    new SearchError(code, `${doing} failed: ${message}. ${hint}`, { cause: error });
  // WASM throws bare numbers when an exception has no room left to be built.
  if (/out of memory|OOM|bad_alloc|allocat|Cannot enlarge memory/i.test(message) || typeof error === 'number')
    return say('out-of-memory', 'Use a smaller model, or close other tabs.');
  if (/protobuf|INVALID_PROTOBUF|parse|truncated/i.test(message))
    return say('corrupt', 'The model file is damaged: load it again.');
  if (/device.*lost|lost.*device/i.test(message)) return say('worker-lost', 'Start a fresh worker.');
  if (/dynamically imported module|fetch|network|NetworkError/i.test(message))
    return say('network', 'Serve the runtime files (.mjs and .wasm) from this origin.');
  if (
    /shader-f16|not support|unsupported|NOT_IMPLEMENTED|no available backend|Could not find an implementation/i.test(
      message,
    )
  )
    return say('unsupported', 'Use another backend.');
  return say('internal', 'Start a fresh worker, or use another backend.');
}

function feeds(ort: Ort, names: readonly string[], { ids, types, rows, columns }: TokenBatch): Record<string, Tensor> {
  const values: Record<string, () => BigInt64Array> = {
    input_ids: () => ids,
    attention_mask: () => new BigInt64Array(ids.length).fill(1n),
    token_type_ids: () => types,
  };
  const found: Record<string, Tensor> = {};
  for (const name of names) {
    const value = values[name];
    if (value === undefined)
      throw new SearchError(
        'unsupported',
        `The model wants the input ${name}; known are ${Object.keys(values).join(', ')}.`,
      );
    found[name] = new ort.Tensor('int64', value(), [rows, columns]);
  }
  return found;
}

function checkBatch({ ids, types, rows, columns }: TokenBatch): void {
  if (ids.length !== rows * columns || types.length !== ids.length || ids.length === 0)
    throw new SearchError(
      'bad-input',
      `A batch of ${rows} × ${columns} tokens has ${ids.length} ids and ${types.length} types.`,
    );
}

/** Opens a one-logit model. SearchError by what ONNX Runtime says; the caller then drops the whole realm. */
export async function openSession(
  ort: Ort,
  weights: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<Session> {
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(weights, {
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      ...options,
    });
  } catch (error) {
    throw ortError(error, 'Opening the model');
  }
  let open = true;
  return {
    async run(batch) {
      if (!open) throw new SearchError('worker-lost', 'The model was closed: load it again.');
      checkBatch(batch);
      try {
        const outputs = await session.run(feeds(ort, session.inputNames, batch));
        const logits = outputs[session.outputNames[0] ?? 'logits'];
        const values = logits?.data;
        if (!(values instanceof Float32Array) || values.length !== batch.rows)
          throw new SearchError('unsupported', `The model must give ${batch.rows} float32 logits, one a row.`);
        const copy = values.slice();
        logits?.dispose();
        return copy;
      } catch (error) {
        throw ortError(error, 'Running the model');
      }
    },
    async close() {
      if (!open) return;
      open = false;
      await session.release();
    },
  };
}
