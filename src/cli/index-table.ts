import { staticSpaceOf } from '../engine/spaces.ts';
import type { TokenTable } from '../index/published/word-table.ts';
import { loadCatalog, staticEmbedderEntry } from '../models/catalog.ts';
import { loadModelFile, loadModelText } from '../models/file.ts';
import { createStaticEmbedder } from '../models/static-embedder.ts';
import { compileSums } from '../models/sums/sums-wasm.ts';
import { createWordPiece } from '../models/wordpiece.ts';
import { fileStore } from '../store/files.ts';
import { MODELS } from './node-engine.ts';

/** The static model twice: to embed passages with, and as the rows that go into the index. */
export async function staticModel(models = MODELS) {
  const store = fileStore(models);
  const entry = staticEmbedderEntry(await loadCatalog(store));
  const vocabulary = await loadModelText(store, entry.files.vocabulary);
  const wordpiece = createWordPiece(vocabulary);
  const bytes = await loadModelFile(store, entry.files.rows);
  const rows = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scales = new Float32Array((await loadModelFile(store, entry.files.scales)).slice().buffer);
  const { dimensions } = entry;
  const table: TokenTable = {
    dimensions,
    tokens: vocabulary.replace(/\r?\n$/, '').split(/\r?\n/),
    row: (id) => ({ values: rows.subarray(id * dimensions, (id + 1) * dimensions), scale: scales[id] ?? 0 }),
    encode: (word) => wordpiece.encode(word),
  };
  return {
    table,
    embedder: createStaticEmbedder({ rows, scales, wordpiece, kernel: await compileSums() }),
    space: staticSpaceOf(entry),
  };
}
