import { SearchError } from '../../core/errors.ts';
import { BERT_KERNEL, BERT_KERNEL_RELAXED } from './bert-kernel.ts';
import { pack } from './layout.ts';

/** What bert.as.ts exports; all numbers are places in its memory or counts. */
export interface BertKernel {
  activationBytes(): number;
  quantise(x: number, rows: number, k: number, out: number, steps: number, lows: number): void;
  widenRow(row: number, k: number, out: number): void;
  multiply: Multiply;
  multiplyShort: Multiply;
  multiplyWide: Multiply;
  add(to: number, from: number, n: number): void;
  addRow(to: number, row: number, step: number, n: number): void;
  normalise(x: number, rows: number, n: number, weights: number, biases: number): void;
  gelu(x: number, n: number): void;
  attend(
    query: number,
    key: number,
    value: number,
    queryStride: number,
    stride: number,
    queries: number,
    tokens: number,
    padded: number,
    turned: number,
    scores: number,
    out: number,
    outStride: number,
  ): void;
  dot(a: number, b: number, n: number): number;
}

type Multiply = (
  x: number,
  steps: number,
  lows: number,
  rows: number,
  k: number,
  weights: number,
  weightSteps: number,
  weightSums: number,
  biases: number,
  n: number,
  out: number,
) => void;

export type KernelBuild = 'relaxed' | 'plain';

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/**
 * Whether a build multiplies as it should. Node 20's baseline compiler (V8 11.3, relaxed SIMD behind a flag) gives other sums
 * until its optimising one takes over: a first answer would be wrong, and silently.
 */
async function multiplies(module: WebAssembly.Module): Promise<boolean> {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const kernel = exports as unknown as BertKernel;
  const [k, n, rows] = [16, 8, 4];
  // Weights of which eight products stay within 16 bits, so that both loops can be asked.
  const weights = Int8Array.from({ length: n * k }, (_, at) => ((at * 89) % 65) - 32);
  const x = Uint8Array.from({ length: rows * k }, (_, at) => (at * 53) % 128);
  const places = { weights: 0, x: 256, ones: 512, zeros: 576, out: 1024 };
  pack(weights, n, k, new Int8Array(memory.buffer, places.weights, n * k));
  if (kernel.activationBytes() === 1) new Uint8Array(memory.buffer, places.x, x.length).set(x);
  else new Int16Array(memory.buffer, places.x, x.length).set(x);
  new Float32Array(memory.buffer, places.ones, n).fill(1);
  const { ones, zeros, out } = places;
  const found = new Float32Array(memory.buffer, out, rows * n);
  const isRight = (value: number, at: number) => {
    const [row, output] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let i = 0; i < k; i++) sum += (x[row * k + i] ?? 0) * (weights[output * k + i] ?? 0);
    return value === sum;
  };
  return [kernel.multiply, kernel.multiplyShort].every((loop) => {
    loop(places.x, ones, zeros, rows, k, places.weights, ones, zeros, zeros, n, out);
    return found.every(isRight);
  });
}

/** The fastest build that this engine runs. SearchError('unsupported') where there is no SIMD or a CSP forbids WebAssembly. */
export async function compileBertKernel(
  builds: readonly KernelBuild[] = ['relaxed', 'plain'],
): Promise<{ readonly build: KernelBuild; readonly module: WebAssembly.Module }> {
  let cause: unknown;
  for (const build of builds) {
    try {
      const code = build === 'relaxed' ? BERT_KERNEL_RELAXED : BERT_KERNEL;
      const module = await WebAssembly.compile(bytesOf(code));
      if (await multiplies(module)) return { build, module };
      cause = new Error(`The ${build} build multiplies wrongly in this engine.`);
    } catch (error) {
      cause = error;
    }
  }
  const message = "The reranker's kernel needs WebAssembly SIMD, and 'wasm-unsafe-eval' in a CSP.";
  throw new SearchError('unsupported', message, { cause });
}
