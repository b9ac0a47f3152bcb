import { env, pipeline } from '@huggingface/transformers';
import { serve } from '../../../src/client/glue.ts';
import { passageText } from '../../../src/core/passage-text.ts';
import { loadCatalog, staticEmbedderEntry } from '../../../src/models/catalog.ts';
import { loadModelText } from '../../../src/models/file.ts';
import { sparseStaticEmbedder } from '../../../src/models/sparse-embedder.ts';
import { createWordPiece } from '../../../src/models/wordpiece.ts';
import { httpStore } from '../../../src/store/http.ts';

type Read = Parameters<typeof passageText>[0];

/** transformers.js as its documentation shows it, int8 on one thread of WASM; model and runtime from this origin. */
async function loadPeer() {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = '/peers/';
  env.useBrowserCache = false;
  env.useWasmCache = false;
  const { wasm } = env.backends.onnx;
  if (wasm === undefined) throw new Error('transformers.js has no WASM backend here.');
  wasm.wasmPaths = new URL('/ort/', location.href).href;
  wasm.numThreads = 1;
  return pipeline('feature-extraction', 'minilm', { device: 'wasm', dtype: 'q8' });
}

const jobs = {
  /** Passages a second, each the best of three rounds after a first one that warms. */
  async embed(models: string, passages: readonly Read[], peerCount: number) {
    const store = httpStore(models);
    const entry = staticEmbedderEntry(await loadCatalog(store));
    const wordpiece = createWordPiece(await loadModelText(store, entry.files.vocabulary));
    const embedder = sparseStaticEmbedder(store, entry, wordpiece);
    const texts = passages.map(passageText);
    await embedder.embedPassages(texts.slice(0, 500));
    const own: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const start = performance.now();
      await embedder.embedPassages(texts);
      own.push((texts.length / (performance.now() - start)) * 1000);
    }
    const extract = await loadPeer();
    const few = texts.slice(0, peerCount);
    const options = { pooling: 'mean', normalize: true } as const;
    await extract(few.slice(0, 1), options);
    const start = performance.now();
    for (let at = 0; at < few.length; at += 8) await extract(few.slice(at, at + 8), options);
    const peer = (few.length / (performance.now() - start)) * 1000;
    return { own, peer };
  },
};

export type EmbedJobs = typeof jobs;

serve(() => jobs);
