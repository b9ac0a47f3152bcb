import { abortable, once, throwIfAborted } from '../../core/cancellation.ts';
import type { PassageId } from '../../core/document.ts';
import { SearchError } from '../../core/errors.ts';
import type { QuantisedVectors, ScoredNumber, VectorIndex, VectorSource } from '../terms.ts';
import { bestOf, compareNumbers } from './best.ts';
import type { LoadedVectors } from './loaded.ts';
import { quantiseQuery } from './quantise.ts';
import { loadPlain } from './scan-plain.ts';
import { compileKernel, loadWasm } from './scan-wasm.ts';

export interface ExactVectorOptions {
  /** 'auto' (default) is the WebAssembly kernel where it runs, else plain JavaScript; both give the same answers. */
  readonly kernel?: 'auto' | 'plain';
}

export interface ExactVectorIndex extends VectorIndex {
  /** What scans, once something has been loaded. */
  kernel(): Promise<'wasm' | 'plain'>;
}

/**
 * Exact search by inner product over all live vectors: an int16 query against int8 rows, in integers, equal scores in
 * the order of numbers. Loads the source at the first search. A zero query has no neighbours: it gives nothing.
 *
 * Errors: 'mismatch' (a query or a part of other dimensions), 'corrupt' (a part's arrays do not fit its count),
 * 'bad-input' (NaN in the query), 'out-of-memory', 'aborted', and those of the source; after any the next search
 * tries again.
 */
export function exactVectorIndex(source: VectorSource, options: ExactVectorOptions = {}): ExactVectorIndex {
  const { dimensions, numbersOf } = source;
  const compiled = once(async () => (options.kernel === 'plain' ? undefined : compileKernel()));
  const load = async () => {
    const [kernel, parts] = await Promise.all([compiled(), source.load()]);
    for (const part of parts) checkPart(part, dimensions);
    const isLive = (passage: number) => source.isLive(passage);
    return kernel === undefined ? loadPlain(parts, dimensions, isLive) : loadWasm(kernel, parts, dimensions, isLive);
  };
  const loaded = once(load);
  return {
    dimensions,
    async search(query, depth, signal, { isAllowed } = {}) {
      throwIfAborted(signal);
      checkQuery(query, dimensions);
      const { values, scale } = quantiseQuery(query);
      // The vectors are for all searches: one that is cancelled stops waiting, not loading.
      const vectors = await abortable(loaded(), signal);
      const wanted = Math.min(Math.floor(depth), vectors.count);
      if (scale === 0 || !(wanted >= 1)) return [];
      const best =
        isAllowed === undefined
          ? await scanSlices(vectors, values, wanted, signal)
          : await scanAllowed(vectors, values, wanted, isAllowed, signal);
      // Multiplying may round two scores to one, hence the sort after it.
      return best.map(({ passage, score }) => ({ passage, score: score * scale })).sort(compareNumbers);
    },
    ...(numbersOf === undefined
      ? {}
      : {
          async vectorsOf(ids: readonly PassageId[], signal?: AbortSignal) {
            const numbers = await numbersOf(ids, signal);
            const vectors = await abortable(loaded(), signal);
            return new Map(
              ids.flatMap((id, at) => {
                const number = numbers[at];
                const vector = number === undefined ? undefined : vectors.vector(number);
                return vector === undefined ? [] : [[id, vector] as const];
              }),
            );
          },
        }),
    kernel: async () => ((await compiled()) === undefined ? 'plain' : 'wasm'),
  };
}

const compiledOnce = once(compileKernel);

/** Vectors ready to be searched many times by queries that are integers already; all of them are live. */
export async function loadVectors(parts: readonly QuantisedVectors[], dimensions: number): Promise<LoadedVectors> {
  for (const part of parts) checkPart(part, dimensions);
  const kernel = await compiledOnce();
  const isLive = () => true;
  return kernel === undefined ? loadPlain(parts, dimensions, isLive) : loadWasm(kernel, parts, dimensions, isLive);
}

async function scanSlices(
  vectors: LoadedVectors,
  query: Int16Array,
  depth: number,
  signal: AbortSignal | undefined,
): Promise<readonly ScoredNumber[]> {
  const { count, slice } = vectors;
  if (count <= slice) return vectors.best(query, depth, 0, count);
  const best = bestOf(depth);
  for (let first = 0; first < count; first += slice) {
    if (first > 0) await breathe();
    throwIfAborted(signal);
    for (const { passage, score } of vectors.best(query, depth, first, Math.min(slice, count - first)))
      best.offer(passage, score);
  }
  return best.kept();
}

/** Where few may be found, most of a first look are others: each look is four times as deep as the one before. */
const DEEPER = 4;

async function scanAllowed(
  vectors: LoadedVectors,
  query: Int16Array,
  wanted: number,
  isAllowed: (passage: number) => boolean,
  signal: AbortSignal | undefined,
): Promise<readonly ScoredNumber[]> {
  for (let depth = wanted * DEEPER; ; depth *= DEEPER) {
    const best = await scanSlices(vectors, query, Math.min(depth, vectors.count), signal);
    const allowed = best.filter(({ passage }) => isAllowed(passage));
    if (allowed.length >= wanted || depth >= vectors.count) return [...allowed].sort(compareNumbers).slice(0, wanted);
  }
}

/** Lets messages in, among them the one that aborts. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function checkQuery(query: Float32Array, dimensions: number): void {
  if (query.length !== dimensions)
    throw new SearchError(
      'mismatch',
      `The query has ${query.length} dimensions, the index ${dimensions}: they are of two models. Index again.`,
    );
}

function checkPart({ dimensions, count, rows, scales }: QuantisedVectors, expected: number): void {
  if (dimensions !== expected)
    throw new SearchError(
      'mismatch',
      `A part of the index has vectors of ${dimensions} dimensions, not ${expected}. Index again.`,
    );
  if (rows.length !== count * dimensions || scales.length !== count)
    throw new SearchError(
      'corrupt',
      `A part of the index says ${count} vectors, but holds ${scales.length} scales and ${rows.length} values. Index again.`,
    );
}
