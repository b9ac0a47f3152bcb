import { abortable, once, throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { Embedder, Store } from '../core/ports.ts';
import type { StaticEmbedderEntry } from './catalog.ts';
import { loadModelFile } from './file.ts';
import { createStaticEmbedder, matryoshka, tokenCounts } from './static-embedder.ts';
import { normaliseInto } from './sums/sums.ts';
import { compileSums } from './sums/sums-wasm.ts';
import type { WordPiece } from './wordpiece.ts';

export interface SparseEmbedderOptions {
  /** A prefix of the row (Matryoshka); the whole row by default. */
  readonly dimensions?: number;
}

interface Row {
  readonly values: Int8Array;
  readonly scale: number;
}

/** Bytes that are cheaper to read along than to ask for anew (a request's headers and its wait). */
const GAP_BYTES = 4096;
/** Rows kept: about a megabyte. A session's queries use a few hundred tokens. */
const CACHED_ROWS = 4096;

interface Span {
  readonly first: number;
  readonly last: number;
}

/** Token ids as few spans: ids whose items (of `itemBytes` each) lie close together share one. */
export function spans(ids: readonly number[], itemBytes: number): readonly Span[] {
  const found: Span[] = [];
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const before = found.at(-1);
    if (before !== undefined && (id - before.last - 1) * itemBytes <= GAP_BYTES)
      found[found.length - 1] = { first: before.first, last: id };
    else found.push({ first: id, last: id });
  }
  return found;
}

/** Little-endian float32, as every platform with WASM has them in memory. */
export function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

/** Reads the items of `ids` in coalesced ranges, all at once; the answer is asked by id. */
async function readItems(
  store: Store,
  path: string,
  ids: readonly number[],
  itemBytes: number,
  signal: AbortSignal | undefined,
): Promise<(id: number) => Uint8Array> {
  const read = await Promise.all(
    spans(ids, itemBytes).map(async ({ first, last }) => {
      const range = { offset: first * itemBytes, length: (last - first + 1) * itemBytes };
      const bytes = await store.read(path, range, signal);
      if (bytes === undefined)
        throw new SearchError('not-found', `The model file ${path} is not there: serve the whole models folder.`);
      if (bytes.byteLength !== range.length)
        throw new SearchError(
          'corrupt',
          `${path} gave ${bytes.byteLength} bytes where ${range.length} were asked for.`,
        );
      return { first, last, bytes };
    }),
  );
  return (id) => {
    const span = read.find(({ first, last }) => first <= id && id <= last);
    if (span === undefined) throw new SearchError('internal', `Token ${id} of ${path} was not read.`);
    const from = (id - span.first) * itemBytes;
    return span.bytes.subarray(from, from + itemBytes);
  };
}

/** Checks that sizes in the catalog describe one matrix for this vocabulary. */
function checkShape({ id, dimensions, files }: StaticEmbedderEntry, size: number): void {
  if (files.rows.bytes !== size * dimensions || files.scales.bytes !== size * 4)
    throw new SearchError(
      'corrupt',
      `${id}: ${files.rows.bytes} bytes of rows and ${files.scales.bytes} of scales do not fit ${size} tokens × ${dimensions}.`,
    );
}

/** The whole matrix, checked against the catalog, as an Embedder that reads nothing more. */
export async function loadStaticEmbedder(
  store: Store,
  entry: StaticEmbedderEntry,
  wordpiece: WordPiece,
  options: SparseEmbedderOptions & { readonly signal?: AbortSignal } = {},
): Promise<Embedder> {
  checkShape(entry, wordpiece.size);
  const load = options.signal === undefined ? {} : { signal: options.signal };
  const [rows, scales, kernel] = await Promise.all([
    loadModelFile(store, entry.files.rows, load),
    loadModelFile(store, entry.files.scales, load),
    compileSums(),
  ]);
  return createStaticEmbedder({
    rows: new Int8Array(rows.buffer, rows.byteOffset, rows.byteLength),
    scales: floats(scales),
    wordpiece,
    kernel,
    ...(options.dimensions === undefined ? {} : { dimensions: options.dimensions }),
  });
}

/**
 * The static embedder over a Store of model files: a query reads its own tokens' rows only (some hundred bytes a
 * token, coalesced, kept), the first one all scales too, and the first embedPassages() or embedWindows() loads the whole matrix. Ranges are checked
 * for their length alone; whole files for their checksums. Both ways give the same vector.
 */
export function sparseStaticEmbedder(
  store: Store,
  entry: StaticEmbedderEntry,
  wordpiece: WordPiece,
  options: SparseEmbedderOptions = {},
): Embedder {
  checkShape(entry, wordpiece.size);
  const rowLength = entry.dimensions;
  const dimensions = matryoshka(options.dimensions, rowLength);
  const known = new Map<number, Row>();
  let whole: Embedder | undefined;
  const loadWhole = once(async () => {
    whole = await loadStaticEmbedder(store, entry, wordpiece, options);
    known.clear();
    return whole;
  });

  // Whole, 122 kB once: by the token they would double the requests of every question.
  const loadScales = once(async () => floats(await loadModelFile(store, entry.files.scales)));

  const rowsOf = async (ids: readonly number[], signal?: AbortSignal): Promise<ReadonlyMap<number, Row>> => {
    const found = new Map<number, Row>();
    // Taken before anything is waited for: meanwhile what is known may be let go.
    for (const id of ids) {
      const row = known.get(id);
      if (row !== undefined) found.set(id, row);
    }
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length > 0) {
      const [rows, scales] = await Promise.all([
        readItems(store, entry.files.rows.path, missing, rowLength, signal),
        abortable(loadScales(), signal),
      ]);
      for (const id of missing)
        found.set(id, { values: new Int8Array(rows(id).slice().buffer), scale: scales[id] ?? 0 });
    }
    if (known.size + missing.length > CACHED_ROWS) known.clear();
    for (const [id, row] of found) known.set(id, row);
    return found;
  };

  const embedQuery: Embedder['embedQuery'] = async (text, signal, weights) => {
    throwIfAborted(signal);
    if (whole !== undefined) return whole.embedQuery(text, signal, weights);
    const [rows, counts] = await Promise.all([
      rowsOf([...new Set(wordpiece.encode(text))], signal),
      tokenCounts(text, wordpiece, weights),
    ]);
    throwIfAborted(signal);
    const sums = new Float64Array(dimensions);
    for (const [id, count] of counts) {
      const row = rows.get(id);
      if (row === undefined) continue;
      const factor = row.scale * count;
      for (let d = 0; d < dimensions; d++) sums[d] = (sums[d] ?? 0) + factor * (row.values[d] ?? 0);
    }
    const vector = new Float32Array(dimensions);
    normaliseInto(vector, 0, sums);
    return vector;
  };

  return {
    embedQuery,
    // The matrix is loaded for all callers: one caller's abort ends its own wait, not the load.
    embedPassages: async (texts, signal) => (await abortable(loadWhole(), signal)).embedPassages(texts, signal),
    embedWindows: async (texts, signal) => (await abortable(loadWhole(), signal)).embedWindows?.(texts, signal),
  };
}
