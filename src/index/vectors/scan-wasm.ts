import { SearchError } from '../../core/errors.ts';
import type { QuantisedVectors, ScoredNumber } from '../terms.ts';
import { type LoadedVectors, liveScales } from './loaded.ts';
import { SCAN_KERNEL } from './scan-kernel.ts';

const PAGE = 65_536;
const MAX_PAGES = 65_536;
const LANES = 16;
const HEAP_ENTRY = 8;
/** Before the heap, for the kernel's own use. */
const SCRATCH = 16;
/** Heap entries with room from the start; more make the memory grow. They also are what the kernel reads ahead of the last row. */
const USUAL_DEPTH = 1_024;
/** About 4 ms of work: 250,000 vectors of 256 dimensions. */
const SLICE_BYTES = 64_000_000;

type Scan = (
  rows: number,
  scales: number,
  query: number,
  stride: number,
  first: number,
  count: number,
  heap: number,
  depth: number,
) => number;

/** The compiled kernel; undefined where there is no WebAssembly, no SIMD, or a policy without 'wasm-unsafe-eval'. */
export async function compileKernel(): Promise<WebAssembly.Module | undefined> {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    return await WebAssembly.compile(Uint8Array.from(atob(SCAN_KERNEL), (letter) => letter.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/**
 * Copies all parts into one memory for the kernel: the query, the scales, the rows (padded to 16 bytes), the heap.
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
  const stride = Math.ceil(dimensions / LANES) * LANES;
  const scalesAt = stride * Int16Array.BYTES_PER_ELEMENT;
  const rowsAt = scalesAt + Math.ceil((count * Float32Array.BYTES_PER_ELEMENT) / LANES) * LANES;
  const heapAt = rowsAt + count * stride + SCRATCH;
  const memory = allocate(heapAt + USUAL_DEPTH * HEAP_ENTRY);
  new Float32Array(memory.buffer, scalesAt, count).set(scales);
  copyRows(new Int8Array(memory.buffer, rowsAt, count * stride), parts, dimensions, stride);
  const instance = await WebAssembly.instantiate(kernel, { env: { memory } });
  const scan = scanOf(instance);
  return {
    count,
    slice: Math.max(1, Math.floor(SLICE_BYTES / stride)),
    // Nothing stays in the heap between calls, so that searches may take turns.
    best(query, depth, first, rows) {
      ensure(memory, heapAt + depth * HEAP_ENTRY);
      new Int16Array(memory.buffer, 0, stride).set(query);
      const kept = scan(rowsAt, scalesAt, 0, stride, first, rows, heapAt, depth);
      return readHeap(memory, heapAt, kept);
    },
  };
}

function copyRows(target: Int8Array, parts: readonly QuantisedVectors[], dimensions: number, stride: number): void {
  let at = 0;
  for (const { rows, count } of parts) {
    if (stride === dimensions) target.set(rows, at);
    else
      for (let row = 0; row < count; row += 1)
        target.set(rows.subarray(row * dimensions, (row + 1) * dimensions), at + row * stride);
    at += count * stride;
  }
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

function scanOf({ exports }: WebAssembly.Instance): Scan {
  if (typeof exports.scan !== 'function') throw new SearchError('internal', 'The scan kernel has no function `scan`.');
  return exports.scan as Scan;
}
