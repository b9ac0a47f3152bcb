import { hasJspi, wasmThreads } from './runtime.ts';

/** What this realm can run models on. */
export interface Abilities {
  readonly userAgent: string;
  /** Threads that WASM gets, and why not more. */
  readonly threads: number;
  readonly note?: string;
  readonly webgpu: WebGpuAbility;
}

export type WebGpuAbility =
  | { readonly usable: false; readonly reason: string }
  | {
      readonly usable: true;
      /** Names the GPU, as far as the browser says. */
      readonly adapter: string;
      /** Without it fp16 models open, and throw at their first run. */
      readonly shaderF16: boolean;
    };

export interface AbilityOptions {
  /** Accepts a software adapter (SwiftShader): 26 to 190 times slower than WASM, for tests only. */
  readonly allowFallbackAdapter?: boolean;
}

/** The parts of the WebGPU API that are read here; tests give fakes. */
export interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

export interface Adapter {
  readonly features: { has(feature: string): boolean };
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
    readonly isFallbackAdapter?: boolean;
  };
}

function isSoftware({ info }: Adapter): boolean {
  return (
    info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe/i.test(`${info.architecture} ${info.description}`)
  );
}

/** Judges WebGPU by its adapter: that `navigator.gpu` exists says nothing. */
export async function webGpuAbility(
  gpu: Gpu | undefined,
  jspi: boolean,
  { allowFallbackAdapter = false }: AbilityOptions = {},
): Promise<WebGpuAbility> {
  const no = (reason: string): WebGpuAbility => ({ usable: false, reason });
  if (gpu === undefined) return no('This browser has no WebGPU here.');
  if (!jspi) return no('This browser has no WebAssembly JSPI.');
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter === null) return no('The browser gives no WebGPU adapter.');
  if (isSoftware(adapter) && !allowFallbackAdapter)
    return no('The WebGPU adapter is software, which is slower than WASM.');
  const { vendor, architecture, device, description } = adapter.info;
  const name = [vendor, architecture, device, description].filter((part) => part !== '').join(' ');
  return { usable: true, adapter: name === '' ? 'unnamed' : name, shaderF16: adapter.features.has('shader-f16') };
}

export async function readAbilities(options: AbilityOptions = {}): Promise<Abilities> {
  const { threads, note } = wasmThreads();
  const gpu: Gpu | undefined = typeof navigator === 'object' && 'gpu' in navigator ? navigator.gpu : undefined;
  return {
    userAgent: typeof navigator === 'object' ? navigator.userAgent : 'unknown',
    threads,
    ...(note === undefined ? {} : { note }),
    webgpu: await webGpuAbility(gpu, hasJspi(), options),
  };
}
