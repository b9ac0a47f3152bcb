import { SearchError } from '../../core/errors.ts';
import { compileInlined } from '../../core/inlined-wasm.ts';
import type { QuantisedVectors, ScoredNumber } from '../terms.ts';
import { type LoadedVectors, liveScales, liveVector } from './loaded.ts';
import { SCAN_KERNEL } from './scan-kernel.ts';

const PAGE = 65_536;
const MAX_PAGES = 65_536;
const LANES = 16;
const HEAP_ENTRY = 8;
/** Before the heap, for the kernel's own use. */
const SCRATCH = 16;
/** Depth with room from the start; more makes the memory grow. The room also is what the kernel reads ahead of the last head. */
const USUAL_DEPTH = 1_024;
/** About 4 ms of work: 250,000 vectors of 256 dimensions. */
const SLICE_BYTES = 64_000_000;

/** Vectors shorter than this are scanned whole: two planes would save no cache line. */
const LEAST_SPLIT = 128;
/** Of a vector, what its head is. A longer one is read for all rows, a shorter one leaves more tails to read, which lie scattered. */
const HEAD = 5 / 8;
/** Rows that go into the planes at a time. */
const STAGED = 1_024;

interface Kernel {
  layout(heads: number, tails: number, scales: number, reaches: number, headBytes: number, tailBytes: number): void;
  place(source: number, first: number, count: number): void;
  scan(
    query: number,
    first: number,
    count: number,
    dots: number,
    heap: number,
    depth: number,
    queryTail: number,
    queryWhole: number,
  ): number;
}

export const compileKernel = () => compileInlined(SCAN_KERNEL);

/**
 * Copies all parts into one memory for the kernel: the query, the scales, the rows in two planes (scan.as.ts), room to work.
 * SearchError('out-of-memory') where that much cannot be had.
 */
export async function loadWasm(
  kernel: WebAssembly.Module,
  parts: readonly QuantisedVectors[],
  dimensions: number,
  isLive: (passage: number) => boolean,
): Promise<LoadedVectors> {
  const scales = liveScales(parts, isLive);
  const count = scales.length;
  const stride = padded(dimensions);
  const head = stride < LEAST_SPLIT ? stride : padded(stride * HEAD);
  const slice = Math.max(1, Math.floor(SLICE_BYTES / stride));
  const scalesAt = stride * Int16Array.BYTES_PER_ELEMENT;
  const reachesAt = scalesAt + padded(count * Float32Array.BYTES_PER_ELEMENT);
  const headsAt = reachesAt + padded(count * Float32Array.BYTES_PER_ELEMENT);
  const tailsAt = headsAt + count * head;
  const dotsAt = tailsAt + count * (stride - head);
  // Staged rows lie where scans work later.
  const heapAt = dotsAt + padded(Math.min(slice, count) * Int32Array.BYTES_PER_ELEMENT) + SCRATCH;
  const memory = allocate(Math.max(heapAt + heapBytes(USUAL_DEPTH), dotsAt + STAGED * stride));
  const { layout, place, scan } = kernelOf(await WebAssembly.instantiate(kernel, { env: { memory } }));
  layout(headsAt, tailsAt, scalesAt, reachesAt, head, stride - head);
  new Float32Array(memory.buffer, scalesAt, count).set(scales);
  const staged = new Int8Array(memory.buffer, dotsAt, STAGED * stride);
  let first = 0;
  for (const part of parts)
    for (let row = 0; row < part.count; row += STAGED) {
      const rows = Math.min(STAGED, part.count - row);
      copyRows(staged, part.rows.subarray(row * dimensions, (row + rows) * dimensions), dimensions, stride);
      place(dotsAt, first, rows);
      first += rows;
    }
  return {
    count,
    slice,
    // Nothing stays in the heap between calls, so that searches may take turns.
    best(query, depth, first, rows) {
      ensure(memory, heapAt + heapBytes(depth));
      new Int16Array(memory.buffer, 0, stride).set(query);
      const kept = scan(0, first, rows, dotsAt, heapAt, depth, lengthOf(query.subarray(head)), lengthOf(query));
      return readHeap(memory, heapAt, kept);
    },
    vector(row) {
      const values = new Int8Array(stride);
      values.set(new Int8Array(memory.buffer, headsAt + row * head, head));
      values.set(new Int8Array(memory.buffer, tailsAt + row * (stride - head), stride - head), head);
      return liveVector(values.subarray(0, dimensions), scales[row]);
    },
  };
}

function padded(bytes: number): number {
  return Math.ceil(bytes / LANES) * LANES;
}

/** The best `depth`, and twice as many guesses. */
function heapBytes(depth: number): number {
  return 3 * depth * HEAP_ENTRY;
}

function lengthOf(values: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += (values[i] as number) ** 2;
  return Math.sqrt(sum);
}

function copyRows(target: Int8Array, rows: Int8Array, dimensions: number, stride: number): void {
  if (stride === dimensions) target.set(rows);
  else
    for (let row = 0; row * dimensions < rows.length; row += 1)
      target.set(rows.subarray(row * dimensions, (row + 1) * dimensions), row * stride);
}

function readHeap(memory: WebAssembly.Memory, at: number, count: number): readonly ScoredNumber[] {
  const view = new DataView(memory.buffer, at, count * HEAP_ENTRY);
  return Array.from({ length: count }, (_, i) => ({
    score: view.getFloat32(i * HEAP_ENTRY, true),
    passage: view.getUint32(i * HEAP_ENTRY + 4, true),
  }));
}

function allocate(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES });
  } catch (error) {
    throw outOfMemory(bytes, error);
  }
}

function ensure(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (error) {
    throw outOfMemory(bytes, error);
  }
}

function outOfMemory(bytes: number, cause: unknown): SearchError {
  const megabytes = Math.ceil(bytes / 1e6);
  const message = `The vectors need ${megabytes} MB in one piece, which this browser does not give. Index fewer documents or use fewer dimensions.`;
  return new SearchError('out-of-memory', message, { cause });
}

function kernelOf({ exports }: WebAssembly.Instance): Kernel {
  if (typeof exports.scan !== 'function') throw new SearchError('internal', 'The scan kernel has no function `scan`.');
  return exports as unknown as Kernel;
}
