import jspiMjs from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import jspiWasm from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import wasmMjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { RuntimeFiles } from './runtime.ts';

/** The runtime's files as the bundler has placed them: this origin, hashed names. Only workers import this. */
export const RUNTIME_FILES: Readonly<Record<'wasm' | 'webgpu', RuntimeFiles>> = {
  wasm: { mjs: wasmMjs, wasm },
  webgpu: { mjs: jspiMjs, wasm: jspiWasm },
};
