import type { Reranker, Store } from '../core/ports.ts';
import { type CrossEncoderEntry, crossEncoderEntry, loadCatalog } from '../models/catalog.ts';
import { createCrossEncoder } from '../models/cross-encoder.ts';
import { loadModelFile, loadModelText } from '../models/file.ts';
import { kernelOpener } from '../models/kernel/bert.ts';
import { loadNodeRuntime } from '../models/runtime-node.ts';
import { createWordPiece } from '../models/wordpiece.ts';
import { crossEncoderReranker } from '../rerank/cross-encoder.ts';
import type { ScoreCache } from '../rerank/scores.ts';

/** A cross-encoder of the catalog: on the kernel that browsers run, or else on ONNX Runtime's native build. */
export interface NodeReranker {
  /** Without a cache no score is remembered, so that each query's time is its own. */
  reranker(cache?: ScoreCache): Reranker;
  /** Its share in a blend where the catalog names one. */
  readonly blend: number | undefined;
  /** What a browser downloads for it: the weights and the vocabulary. */
  readonly bytes: number;
  close(): Promise<void>;
}

export const DEFAULT_RERANKER = 'findling-rerank-tiny';

/** SearchError 'not-found' names the cross-encoders that the catalog has. */
export async function openNodeReranker(store: Store, id = DEFAULT_RERANKER, threads = 1): Promise<NodeReranker> {
  const entry = crossEncoderEntry(await loadCatalog(store), id);
  const weights = weightsOf(entry);
  const opener = weights === entry.files.kernel ? kernelOpener : await loadNodeRuntime({ threads });
  const session = await opener.open(await loadModelFile(store, weights));
  const wordpiece = createWordPiece(await loadModelText(store, entry.files.vocabulary));
  const encoder = createCrossEncoder(session, wordpiece, { maxTokens: entry.maxTokens });
  const modelId = `${entry.id}@${entry.revision}`;
  return {
    reranker: (cache) =>
      crossEncoderReranker({
        encoder,
        modelId,
        blend: () => entry.blend,
        ...(cache === undefined ? {} : { cache }),
      }),
    blend: entry.blend,
    bytes: weights.bytes + entry.files.vocabulary.bytes,
    close: () => encoder.close(),
  };
}

/** What WASM runs, and so what most visitors get. */
function weightsOf({ files }: CrossEncoderEntry) {
  const weights = files.kernel ?? files.int8 ?? files.fp32 ?? files.w8 ?? files.fp16 ?? files.w4;
  if (weights === undefined) throw new Error('A catalog entry without weights.');
  return weights;
}
