import { once } from '../../core/cancellation.ts';
import { SearchError } from '../../core/errors.ts';
import { compileInlined } from '../../core/inlined-wasm.ts';
import type { RowSums, TokenRows } from './sums.ts';
import { SUMS_KERNEL } from './sums-kernel.ts';

/** What sums.as.ts exports; all numbers are places in its memory or counts. */
interface Kernel {
  layout(rows: number, rowBytes: number, scales: number, sums: number, dimensions: number): void;
  clear(slot: number): void;
  add(slot: number, ids: number, weights: number, count: number): void;
  unit(slots: number, target: number): void;
}

const PAGE = 65_536;
const LANES = 16;
/** Ids that go over to the kernel at a time: a passage's, mostly. */
const MOST_IDS = 1024;

/** undefined where the browser runs no such kernel: the plain sums give the same numbers. */
export const compileSums = once(() => compileInlined(SUMS_KERNEL));

/** The sums in WebAssembly, some ten times as fast. It copies the rows. undefined where that much memory cannot be had. */
export function wasmSums(module: WebAssembly.Module, { rows, scales, dimensions }: TokenRows): RowSums | undefined {
  const padded = (bytes: number) => Math.ceil(bytes / LANES) * LANES;
  const weightsAt = 0;
  const idsAt = weightsAt + MOST_IDS * Float64Array.BYTES_PER_ELEMENT;
  const unitAt = idsAt + MOST_IDS * Int32Array.BYTES_PER_ELEMENT;
  const sumsAt = padded(unitAt + (dimensions + 1) * Float32Array.BYTES_PER_ELEMENT);
  const rowsAt = sumsAt + 3 * padded(dimensions) * Float64Array.BYTES_PER_ELEMENT;
  // The kernel reads up to sixteen bytes beyond the last row: there the scales begin.
  const scalesAt = padded(rowsAt + rows.length);
  const memory = allocate(scalesAt + padded(scales.length * Float32Array.BYTES_PER_ELEMENT) + LANES);
  if (memory === undefined) return undefined;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  if (typeof exports.unit !== 'function')
    throw new SearchError('internal', 'The kernel of row sums has no function `unit`.');
  const kernel = exports as unknown as Kernel;
  new Int8Array(memory.buffer, rowsAt, rows.length).set(rows);
  new Float32Array(memory.buffer, scalesAt, scales.length).set(scales);
  kernel.layout(rowsAt, rows.length / scales.length, scalesAt, sumsAt, dimensions);
  const [idsThere, weightsThere] = [
    new Int32Array(memory.buffer, idsAt, MOST_IDS),
    new Float64Array(memory.buffer, weightsAt, MOST_IDS),
  ];
  const unitThere = new Float32Array(memory.buffer, unitAt, dimensions);
  return {
    dimensions,
    clear: (slot) => kernel.clear(slot),
    add(slot, ids, from, to, weights) {
      for (let at = from; at < to; at += MOST_IDS) {
        const end = Math.min(to, at + MOST_IDS);
        idsThere.set(ids.subarray(at, end));
        if (weights === undefined) weightsThere.fill(1, 0, end - at);
        else weightsThere.set(weights.subarray(at, end));
        kernel.add(slot, idsAt, weightsAt, end - at);
      }
    },
    unit(slots, target, offset) {
      kernel.unit(slots, unitAt);
      target.set(unitThere, offset);
    },
  };
}

function allocate(bytes: number): WebAssembly.Memory | undefined {
  const pages = Math.ceil(bytes / PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch {
    return undefined;
  }
}
