import { SearchError } from '../../core/errors.ts';
import type { Session, SessionOpener, TokenBatch } from '../session.ts';
import { type BertKernel, compileBertKernel, type KernelBuild } from './builds.ts';
import { type Faster, fasterOfTwo } from './faster.ts';
import type { Layer, Matrix, Norm, Weights } from './layout.ts';
import { layWeights, type Placed } from './weights.ts';

/** Rows of activations come four at a time. */
function padded(rows: number): number {
  return Math.ceil(rows / 4) * 4;
}

interface Program {
  readonly kernel: BertKernel;
  readonly memory: WebAssembly.Memory;
  readonly placed: Placed;
  readonly faster: Faster;
}

/** Products below which the clock is too coarse to compare two loops. */
const WORTH_TIMING = 1_000_000;

/** x [rows, matrix.k] → out [rows, matrix.n]. */
function multiply({ kernel, placed, faster }: Program, x: number, rows: number, matrix: Matrix, out: number): void {
  const { small, steps, lows } = placed.scratch;
  kernel.quantise(x, rows, matrix.k, small, steps, lows);
  const { weights, steps: weightSteps, sums, biases, n, k } = matrix;
  const multiplyBy = (loop: BertKernel['multiply']) =>
    loop(small, steps, lows, rows, k, weights, weightSteps, sums, biases, n, out);
  if (!matrix.short) multiplyBy(kernel.multiply);
  else faster.run(rows * n * k, (which) => multiplyBy(which === 0 ? kernel.multiply : kernel.multiplyShort));
}

function normalise({ kernel }: Program, x: number, rows: number, n: number, { weights, biases }: Norm): void {
  kernel.normalise(x, rows, n, weights, biases);
}

/** Words, places and types of the tokens into x [rows, hidden], normalised. */
function embed(
  program: Program,
  ids: ArrayLike<number | bigint>,
  types: ArrayLike<number | bigint>,
  from: number,
  tokens: number,
) {
  const { kernel, memory, placed } = program;
  const { weights, scratch } = placed;
  const { hidden, width } = weights.shape;
  const rows = padded(tokens);
  new Float32Array(memory.buffer, scratch.x, rows * hidden).fill(0);
  const wordOf = (token: number) => weights.rowOf[Number(ids[from + token])] ?? 0;
  if (weights.widen === undefined)
    for (let token = 0; token < tokens; token++) {
      const word = wordOf(token);
      kernel.addRow(
        scratch.x + token * hidden * 4,
        weights.words + word * hidden,
        weights.wordSteps[word] ?? 0,
        hidden,
      );
    }
  else {
    const steps = new Float32Array(memory.buffer, scratch.steps, rows).fill(0);
    new Float32Array(memory.buffer, scratch.lows, rows).fill(0);
    for (let token = 0; token < tokens; token++) {
      const word = wordOf(token);
      kernel.widenRow(weights.words + word * width, width, scratch.small + token * width * 2);
      steps[token] = weights.wordSteps[word] ?? 0;
    }
    const { weights: packed, steps: weightSteps, sums, biases, n, k } = weights.widen;
    kernel.multiplyWide(
      scratch.small,
      scratch.steps,
      scratch.lows,
      rows,
      k,
      packed,
      weightSteps,
      sums,
      biases,
      n,
      scratch.x,
    );
  }
  for (let token = 0; token < tokens; token++) {
    const at = scratch.x + token * hidden * 4;
    kernel.addRow(at, weights.places + token * hidden, weights.placeSteps[token] ?? 0, hidden);
    kernel.add(at, weights.types + Number(types[from + token]) * hidden * 4, hidden);
  }
  normalise(program, scratch.x, rows, hidden, weights.norm);
}

/** One layer over x, in place. The last one computes its first token alone, which is all that the head reads. */
function runLayer(program: Program, layer: Layer, tokens: number): void {
  const { kernel, placed } = program;
  const { weights, scratch } = placed;
  const { hidden, heads, inner } = weights.shape;
  const wide = heads * 32;
  const rows = padded(tokens);
  multiply(program, scratch.x, rows, layer.mixed, scratch.mixed);
  const last = layer.query;
  if (last !== undefined) multiply(program, scratch.x, 4, last, scratch.queries);
  const asked = last === undefined ? rows : 4;
  const stride = (last === undefined ? 3 : 2) * wide;
  const keys = scratch.mixed + (last === undefined ? wide : 0) * 4;
  for (let head = 0; head < heads; head++) {
    const at = head * 128;
    const query = (last === undefined ? scratch.mixed : scratch.queries) + at;
    const queryStride = last === undefined ? stride : wide;
    const { turned, scores, joined } = scratch;
    kernel.attend(
      query,
      keys + at,
      keys + wide * 4 + at,
      queryStride,
      stride,
      asked,
      tokens,
      rows,
      turned,
      scores,
      joined + at,
      wide,
    );
  }
  multiply(program, scratch.joined, asked, layer.joined, scratch.update);
  kernel.add(scratch.x, scratch.update, asked * hidden);
  normalise(program, scratch.x, asked, hidden, layer.normAttention);
  multiply(program, scratch.x, asked, layer.inner, scratch.inner);
  kernel.gelu(scratch.inner, asked * inner);
  multiply(program, scratch.inner, asked, layer.outer, scratch.update);
  kernel.add(scratch.x, scratch.update, asked * hidden);
  normalise(program, scratch.x, asked, hidden, layer.normOutput);
}

function score(program: Program, batch: TokenBatch, row: number): number {
  const { kernel, placed } = program;
  embed(program, batch.ids, batch.types, row * batch.columns, batch.columns);
  for (const layer of placed.weights.layers) runLayer(program, layer, batch.columns);
  const { head, headBias, shape } = placed.weights;
  return kernel.dot(placed.scratch.x, head, shape.hidden) + headBias;
}

function checkBatch({ ids, types, rows, columns }: TokenBatch, { positions, vocabulary }: Weights): void {
  if (ids.length !== rows * columns || types.length !== ids.length || ids.length === 0)
    throw new SearchError(
      'bad-input',
      `A batch of ${rows} × ${columns} tokens has ${ids.length} ids and ${types.length} types.`,
    );
  if (columns > positions)
    throw new SearchError('bad-input', `The model reads ${positions} tokens at most, and was given ${columns}.`);
  const most = BigInt(vocabulary);
  if (ids.some((id) => id < 0n || id >= most))
    throw new SearchError('bad-input', `A token id lies outside of the vocabulary of ${vocabulary}.`);
}

/**
 * A cross-encoder on the package's own kernel: no ONNX Runtime is loaded for it. `file`: what training/kernel_file.py writes.
 * Every token is quantised by itself, so that neither neighbours in a batch nor padding can change a score, and both builds
 * of the kernel give the same bits. SearchError 'corrupt' (the file), 'unsupported' or 'out-of-memory'.
 */
export async function openBertSession(file: Uint8Array, builds?: readonly KernelBuild[]): Promise<Session> {
  const { module } = await compileBertKernel(builds);
  const { placed, memory } = layWeights(file);
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const kernel = instance.exports as unknown as BertKernel;
  let program: Program | undefined = { kernel, memory, placed, faster: fasterOfTwo(WORTH_TIMING) };
  return {
    async run(batch) {
      if (program === undefined) throw new SearchError('worker-lost', 'The model was closed: load it again.');
      checkBatch(batch, program.placed.weights);
      return Float32Array.from({ length: batch.rows }, (_, row) =>
        program === undefined ? 0 : score(program, batch, row),
      );
    },
    async close() {
      program = undefined;
    },
  };
}

/** Runs in browsers and in Node alike; one thread. */
export const kernelOpener: SessionOpener = { device: 'wasm', threads: 1, open: (weights) => openBertSession(weights) };
