import type { StaticEmbedderEntry } from '../models/catalog.ts';
import type { EmbeddingSpace } from './local-corpus.ts';

/** The space of the static embedder: its sum knows no pooling choice and no prefixes. */
export function staticSpaceOf({ id, revision, dimensions }: StaticEmbedderEntry): EmbeddingSpace {
  return { model: id, revision, dtype: 'int8', pooling: 'weighted-sum', prefixes: ['', ''], dimensions };
}
