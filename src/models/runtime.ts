import type { Env } from 'onnxruntime-web';
import { SearchError } from '../core/errors.ts';
import { type Ort, openSession, ortError, type Runtime } from './session.ts';

/** The two files of one ONNX Runtime build, as absolute or page-relative URLs of the page's own origin. */
export interface RuntimeFiles {
  readonly mjs: string;
  readonly wasm: string;
}

export interface RuntimeOptions {
  /**
   * `wasm` runs `onnxruntime-web/wasm` (ort-wasm-simd-threaded, 14 MB); `webgpu` runs `onnxruntime-web/jspi`
   * (ort-wasm-simd-threaded.jspi, 17 MB). The asyncify build of WebGPU has 25.6 MiB, more than static hosts take.
   */
  readonly device: 'wasm' | 'webgpu';
  readonly files: RuntimeFiles;
  /** Most threads of the WASM backend; 4 by default. Has effect where the page is cross-origin isolated only. */
  readonly maxThreads?: number;
}

/** How many threads WASM gets here, and why. Threads need SharedArrayBuffer, which needs COOP and COEP headers. */
export function wasmThreads(
  maxThreads = 4,
  realm: {
    readonly crossOriginIsolated?: boolean;
    readonly navigator?: { readonly hardwareConcurrency?: number };
  } = globalThis,
): { readonly threads: number; readonly note?: string } {
  if (realm.crossOriginIsolated !== true)
    return { threads: 1, note: 'One thread: the page is not cross-origin isolated (no COOP and COEP headers).' };
  return { threads: Math.max(1, Math.min(maxThreads, realm.navigator?.hardwareConcurrency ?? 1)) };
}

/** True where WebGPU can run: ONNX Runtime's JSPI build needs WebAssembly promise integration (Chromium 137+). */
export function hasJspi(): boolean {
  return typeof WebAssembly === 'object' && 'Suspending' in WebAssembly;
}

async function ownOrigin(files: RuntimeFiles): Promise<Env.WasmFilePaths> {
  const base = typeof location === 'object' ? location.href : undefined;
  return { mjs: new URL(files.mjs, base).href, wasm: new URL(files.wasm, base).href };
}

type WebOrt = Ort & { readonly env: Env };

async function importOrt(device: RuntimeOptions['device']): Promise<WebOrt> {
  // Two entries, each with the glue of one build: a page downloads the one that it runs.
  return device === 'webgpu' ? import('onnxruntime-web/jspi') : import('onnxruntime-web/wasm');
}

/**
 * Loads ONNX Runtime for one device from the page's own origin: no CDN, no blob: URL, no proxy worker. Call it once
 * a realm; a failure poisons ORT's initialisation, so that the next try needs a fresh worker.
 * SearchError 'unsupported' (no JSPI), 'network' or 'out-of-memory'.
 */
export async function loadRuntime({ device, files, maxThreads }: RuntimeOptions): Promise<Runtime> {
  if (device === 'webgpu' && !hasJspi())
    throw new SearchError('unsupported', 'WebGPU needs WebAssembly JSPI, which this browser lacks: use WASM.');
  let ort: WebOrt;
  try {
    ort = await importOrt(device);
  } catch (error) {
    throw ortError(error, 'Loading ONNX Runtime');
  }
  const { threads, note } = wasmThreads(maxThreads);
  ort.env.logLevel = 'error';
  ort.env.wasm.proxy = false;
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = await ownOrigin(files);
  const providers = [device];
  return {
    device,
    threads,
    // A GPU does not care for threads.
    ...(note === undefined || device === 'webgpu' ? {} : { note }),
    ort,
    providers,
    open: (weights) => openSession(ort, weights, { executionProviders: providers }),
  };
}
