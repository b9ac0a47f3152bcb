import type { StaticEmbedderEntry } from '../models/catalog.ts';
import { dtypeFor, embedderSettings, type TransformersSpec } from '../models/transformers-spec.ts';
import type { EmbeddingSpace } from './local-corpus.ts';

/** The space of the static embedder: its sum knows no pooling choice and no prefixes. */
export function staticSpaceOf({ id, revision }: StaticEmbedderEntry): EmbeddingSpace {
  return { model: id, revision, dtype: 'int8', pooling: 'weighted-sum', prefixes: ['', ''] };
}

/** The space of a transformers.js model, known before it is loaded. SearchError('bad-input') without a pooling. */
export function transformersSpaceOf(spec: TransformersSpec): EmbeddingSpace {
  const { pooling, queryPrefix, passagePrefix } = embedderSettings(spec);
  return {
    model: spec.model,
    revision: spec.revision ?? 'main',
    dtype: dtypeFor(spec, spec.device ?? 'wasm'),
    pooling,
    prefixes: [queryPrefix, passagePrefix],
  };
}
