import { SearchError } from '../../core/errors.ts';
import {
  type Arena,
  arena,
  fitsShort,
  floats,
  type Layer,
  type Matrix,
  type Norm,
  pack,
  readShape,
  stack,
  type Weights,
} from './layout.ts';
import { readTensors, type StoredTensor, type TensorFile } from './safetensors.ts';

/** Room that a run uses, for as many tokens as the model has positions. */
export interface Scratch {
  /** f32 [positions, hidden] */
  readonly x: number;
  readonly update: number;
  /** f32 [positions, 3 × heads × 32] */
  readonly mixed: number;
  /** f32 [4, heads × 32] */
  readonly queries: number;
  /** f32 [positions, heads × 32] */
  readonly joined: number;
  /** f32 [positions, inner] */
  readonly inner: number;
  /** Quantised activations, two bytes each at most, with a step and a minimum a row. */
  readonly small: number;
  readonly steps: number;
  readonly lows: number;
  /** f32 [32, positions] and [4, positions]: one head's attention. */
  readonly turned: number;
  readonly scores: number;
}

export interface Placed {
  readonly weights: Weights;
  readonly scratch: Scratch;
}

/** Writes that wait until the memory is there. */
type Fill = (memory: ArrayBuffer) => void;

interface Builder {
  readonly file: TensorFile;
  readonly arena: Arena;
  readonly fills: Fill[];
}

function place(builder: Builder, bytes: Uint8Array): number {
  const at = builder.arena.take(bytes.length);
  builder.fills.push((memory) => new Uint8Array(memory, at, bytes.length).set(bytes));
  return at;
}

function placeFloats(builder: Builder, values: Float32Array): number {
  return place(builder, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function joinFloats(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The matrices of these names as one, its outputs side by side. `bias: false` where the file has none. */
function matrix(builder: Builder, names: readonly string[], k: number, n: number, bias = true): Matrix {
  const { file } = builder;
  const tensors = names.map((name) => file.tensor(name, 'I8'));
  const rows = stack(tensors);
  if (rows.length !== n * k || tensors.some(({ shape }) => shape[1] !== k))
    throw new SearchError('corrupt', `The model file's ${names.join(', ')} must be ${n} × ${k}.`);
  const sums = new Float32Array(n);
  for (let row = 0; row < n; row++) {
    let sum = 0;
    for (let at = row * k; at < (row + 1) * k; at++) sum += rows[at] ?? 0;
    sums[row] = sum;
  }
  const steps = joinFloats(names.map((name) => floats(file.tensor(`${name}.step`, 'F32'))));
  const biases = bias
    ? joinFloats(names.map((name) => floats(file.tensor(`${name}.bias`, 'F32'))))
    : new Float32Array(n);
  if (steps.length !== n || biases.length !== n)
    throw new SearchError('corrupt', `The model file must have ${n} steps and biases of ${names.join(', ')}.`);
  const weights = builder.arena.take(n * k);
  builder.fills.push((memory) => pack(rows, n, k, new Int8Array(memory, weights, n * k)));
  return {
    weights,
    steps: placeFloats(builder, steps),
    sums: placeFloats(builder, sums),
    biases: placeFloats(builder, biases),
    n,
    k,
    short: fitsShort(rows, k),
  };
}

function vector(builder: Builder, name: string, length: number): Float32Array {
  const values = floats(builder.file.tensor(name, 'F32'));
  if (values.length !== length)
    throw new SearchError('corrupt', `The model file's ${name} must have ${length} numbers, not ${values.length}.`);
  return values;
}

function norm(builder: Builder, name: string, length: number): Norm {
  return {
    weights: placeFloats(builder, vector(builder, `${name}.weight`, length)),
    biases: placeFloats(builder, vector(builder, `${name}.bias`, length)),
  };
}

function layer(builder: Builder, at: number, { layers, hidden, heads, inner }: Weights['shape']): Layer {
  const name = (part: string) => `layers.${at}.${part}`;
  const wide = heads * 32;
  const isLast = at === layers - 1;
  const mixed = ['query', 'key', 'value'].slice(isLast ? 1 : 0).map(name);
  return {
    mixed: matrix(builder, mixed, hidden, mixed.length * wide),
    query: isLast ? matrix(builder, [name('query')], hidden, wide) : undefined,
    joined: matrix(builder, [name('joined')], wide, hidden),
    normAttention: norm(builder, name('norm_attention'), hidden),
    inner: matrix(builder, [name('inner')], hidden, inner),
    outer: matrix(builder, [name('outer')], inner, hidden),
    normOutput: norm(builder, name('norm_output'), hidden),
  };
}

/** A table of int8 rows with a step each. */
function table(builder: Builder, name: string, columns: number) {
  const rows: StoredTensor = builder.file.tensor(name, 'I8');
  const count = rows.shape[0] ?? 0;
  if (rows.shape[1] !== columns) throw new SearchError('corrupt', `The model file's ${name} must be ${columns} wide.`);
  return { at: place(builder, rows.bytes), steps: vector(builder, `${name}.step`, count), count };
}

function scratchOf({ take }: Arena, { hidden, heads, inner, width }: Weights['shape'], positions: number): Scratch {
  const rows = Math.ceil(positions / 4) * 4;
  const wide = heads * 32;
  return {
    x: take(rows * hidden * 4),
    update: take(rows * hidden * 4),
    mixed: take(rows * 3 * wide * 4),
    queries: take(4 * wide * 4),
    joined: take(rows * wide * 4),
    inner: take(rows * inner * 4),
    small: take(rows * Math.max(hidden, inner, wide, width) * 2),
    steps: take(rows * 4),
    lows: take(rows * 4),
    turned: take(32 * rows * 4),
    scores: take(4 * rows * 4),
  };
}

function weightsOf(builder: Builder): Weights {
  const shape = readShape(builder.file);
  const { hidden, width, layers } = shape;
  const words = table(builder, 'words', width === 0 ? hidden : width);
  const places = table(builder, 'places', hidden);
  const rowOf = new Uint16Array(builder.file.tensor('row_of', 'U16').bytes.slice().buffer);
  if (rowOf.some((row) => row >= words.count))
    throw new SearchError('corrupt', `The model file names word rows beyond its ${words.count}.`);
  return {
    shape,
    vocabulary: rowOf.length,
    positions: places.count,
    words: words.at,
    wordSteps: words.steps,
    rowOf,
    places: places.at,
    placeSteps: places.steps,
    types: placeFloats(builder, vector(builder, 'types', 2 * hidden)),
    norm: norm(builder, 'norm', hidden),
    widen: width === 0 ? undefined : matrix(builder, ['widen'], width, hidden, false),
    layers: Array.from({ length: layers }, (_, at) => layer(builder, at, shape)),
    head: placeFloats(builder, vector(builder, 'head.weight', hidden)),
    headBias: vector(builder, 'head.bias', 1)[0] ?? 0,
  };
}

const PAGE = 65_536;

function allocate(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    const message = `The reranker needs ${Math.ceil(bytes / 1e6)} MB in one piece, which this browser does not give: close other tabs.`;
    throw new SearchError('out-of-memory', message, { cause });
  }
}

/** Reads the file and lays its weights out in a memory of the size that they and a run need. */
export function layWeights(file: Uint8Array): { readonly placed: Placed; readonly memory: WebAssembly.Memory } {
  const builder: Builder = { file: readTensors(file), arena: arena(), fills: [] };
  const weights = weightsOf(builder);
  const scratch = scratchOf(builder.arena, weights.shape, weights.positions);
  const memory = allocate(builder.arena.used());
  for (const fill of builder.fills) fill(memory.buffer);
  return { placed: { weights, scratch }, memory };
}
