import { SearchError, type SearchErrorCode, toSearchError } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import type { Abilities } from './abilities.ts';
import { parseCanary, runCanary } from './canary.ts';
import type { CrossEncoderEntry, Variant } from './catalog.ts';
import { createCrossEncoder, type OwnedCrossEncoder } from './cross-encoder.ts';
import { type FileProgress, type LoadOptions, loadModelFile, loadModelText } from './file.ts';
import { kernelOpener } from './kernel/bert.ts';
import type { Device, Runtime } from './session.ts';
import { createWordPiece } from './wordpiece.ts';

/** One way to run a cross-encoder: a device with the weights that suit it, as `wasm/int8`. */
export type Backend = `${Device}/${Variant}`;

function splitBackend(backend: Backend): { readonly device: Device; readonly variant: Variant } {
  const [device, variant] = backend.split('/') as [Device, Variant];
  return { device, variant };
}

/** Below this size WASM is tried first: small models gain nothing from a GPU, and WASM is ready sooner (FACTS.md P6). */
const SMALL_BYTES = 8 * 1024 * 1024;

/**
 * What may run a model here, in the order to try it in. int8 on WASM only (WebGPU has no integer kernels: slower,
 * and other numbers), our own kernel before ONNX Runtime's, which is 14 MB more and slower; fp16 only where the adapter
 * has shader-f16.
 */
export function backendCandidates(entry: CrossEncoderEntry, abilities: Abilities): readonly Backend[] {
  const has = (variant: Variant) => entry.files[variant] !== undefined;
  const { webgpu } = abilities;
  const gpuVariants: readonly Variant[] =
    webgpu.usable && webgpu.shaderF16 ? ['fp16', 'w8', 'w4', 'fp32'] : ['w8', 'w4', 'fp32'];
  const gpu = webgpu.usable ? gpuVariants.filter(has).map((variant): Backend => `webgpu/${variant}`) : [];
  const cpuVariant = (['int8', 'fp32', 'w8', 'w4'] as const).find(has);
  const onnx: readonly Backend[] = cpuVariant === undefined ? [] : [`wasm/${cpuVariant}`];
  const wasm: readonly Backend[] = has('kernel') ? ['wasm/kernel', ...onnx] : onnx;
  const small = ((entry.files.kernel ?? entry.files.int8)?.bytes ?? Number.POSITIVE_INFINITY) < SMALL_BYTES;
  return small ? [...wasm, ...gpu] : [...gpu, ...wasm];
}

/** How a backend did here before. */
export type Verdict =
  | { readonly state: 'passed'; readonly msPerPair: number; readonly error: number; readonly at: number }
  | { readonly state: 'failed'; readonly code: SearchErrorCode; readonly reason: string; readonly at: number };

export interface BackendDecision {
  /** What to load now; undefined where everything has failed. */
  readonly use: Backend | undefined;
  /** What may be faster and was never tried: for an idle moment, in a fresh worker. */
  readonly explore: Backend | undefined;
}

/** Milliseconds a pair that nobody needs to improve on: 50 pairs in a quarter of a second. */
const ENOUGH_MS = 5;
/** A failure is believed this long: drivers and browsers are updated. */
const FAILURE_DAYS = 7;

/** Causes that pass by: another tab has ended, a worker was killed by hand. */
const PASSING: readonly SearchErrorCode[] = ['out-of-memory', 'worker-lost', 'timeout'];

/**
 * The fastest backend that has passed; else the first one not yet tried; else one whose failure may have passed by, so
 * that a machine short of memory once does not go without for days. Pure. `now` and `at` are Unix milliseconds.
 */
export function chooseBackend(
  candidates: readonly Backend[],
  verdicts: ReadonlyMap<Backend, Verdict>,
  { enoughMs = ENOUGH_MS, now = Date.now() }: { readonly enoughMs?: number; readonly now?: number } = {},
): BackendDecision {
  const fresh = ({ at }: Verdict) => now - at < FAILURE_DAYS * 86_400_000;
  const alive = candidates.filter((each) => {
    const verdict = verdicts.get(each);
    return verdict?.state !== 'failed' || !fresh(verdict);
  });
  const untried = alive.filter((each) => verdicts.get(each)?.state !== 'passed');
  const passed = alive.flatMap((backend) => {
    const verdict = verdicts.get(backend);
    return verdict?.state === 'passed' ? [{ backend, ms: verdict.msPerPair }] : [];
  });
  const again = candidates.find((each) => {
    const verdict = verdicts.get(each);
    return verdict?.state === 'failed' && PASSING.includes(verdict.code);
  });
  const [best] = passed.sort((a, b) => a.ms - b.ms);
  if (best === undefined) return { use: untried[0] ?? again, explore: undefined };
  // Another runtime on the same device is there for when this one fails, not worth a download to compare.
  const other = untried.find((each) => splitBackend(each).device !== splitBackend(best.backend).device);
  return { use: best.backend, explore: best.ms <= enoughMs ? undefined : other };
}

/** What a loaded reranker runs on. */
export interface RerankerInfo {
  readonly model: string;
  readonly revision: string;
  readonly backend: string;
  readonly device: Device;
  readonly threads: number;
  readonly note?: string;
  /** Warm milliseconds a pair, by the canary. */
  readonly msPerPair: number;
  /** The first pair, with compilation. */
  readonly firstMs: number;
  /** Largest |Δlogit| against the fp32 reference. */
  readonly error: number;
  /** Bytes of weights, vocabulary and canary. */
  readonly bytes: number;
}

export interface PrepareOptions {
  readonly store: Store;
  readonly entry: CrossEncoderEntry;
  readonly backend: Backend;
  /** Loads ONNX Runtime for that device; once a realm, and never for the kernel. */
  readonly runtime: (device: Device) => Promise<Runtime>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FileProgress) => void;
}

export interface PreparedReranker {
  readonly encoder: OwnedCrossEncoder;
  readonly info: RerankerInfo;
}

/**
 * Loads one model on one backend and proves it with the canary. Where it throws, the realm is done: ONNX Runtime
 * chains its initialisation, and one failure poisons it. The owner starts a fresh worker with the next backend.
 * SearchError 'unsupported' for wrong numbers.
 */
export async function prepareReranker(options: PrepareOptions): Promise<PreparedReranker> {
  const { store, entry, backend } = options;
  const { device, variant } = splitBackend(backend);
  const file = entry.files[variant];
  if (file === undefined) throw new SearchError('not-found', `${entry.id} has no ${variant} weights.`);
  const load: LoadOptions = {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  };
  const [runtime, weights, vocabulary, canary] = await Promise.all([
    variant === 'kernel' ? kernelOpener : options.runtime(device),
    loadModelFile(store, file, load),
    loadModelText(store, entry.files.vocabulary, load),
    loadModelText(store, entry.files.canary, load),
  ]);
  const session = await runtime.open(weights);
  const encoder = createCrossEncoder(session, createWordPiece(vocabulary), { maxTokens: entry.maxTokens });
  try {
    const result = await runCanary(encoder, parseCanary(canary), variant, load);
    if (!result.passed)
      throw new SearchError(
        'unsupported',
        `${entry.id} on ${backend} gives wrong numbers: off by ${result.error.toPrecision(3)}, allowed ${result.tolerance}.`,
      );
    const { msPerPair, firstMs, error } = result;
    const bytes = file.bytes + entry.files.vocabulary.bytes + entry.files.canary.bytes;
    const { threads, note } = runtime;
    const about = {
      model: entry.id,
      revision: entry.revision,
      backend,
      device,
      threads,
      msPerPair,
      firstMs,
      error,
      bytes,
    };
    return { encoder, info: note === undefined ? about : { ...about, note } };
  } catch (error) {
    await encoder.close();
    throw toSearchError(error);
  }
}
