/** How a text model's token states become one vector. `output`: the model's own `sentence_embedding`. */
export type Pooling = 'mean' | 'cls' | 'last' | 'output';

/** What a transformers.js model needs to be told beside its name; taken from the models' own cards. */
export interface HubEmbedder {
  readonly model: string;
  readonly pooling: Pooling;
  /** Set before a query and before a passage; trailing spaces count. */
  readonly queryPrefix: string;
  readonly passagePrefix: string;
  /** Tokens that the model was made for; longer texts are cut. */
  readonly maxTokens: number;
}

/** A cross-encoder of the hub with one logit. */
export interface HubCrossEncoder {
  readonly model: string;
  readonly maxTokens: number;
}

const SEARCHING = 'Represent this sentence for searching relevant passages: ';

function embedder(
  model: string,
  pooling: Pooling,
  rest: Partial<Omit<HubEmbedder, 'model' | 'pooling'>> = {},
): HubEmbedder {
  return { model, pooling, queryPrefix: '', passagePrefix: '', maxTokens: 512, ...rest };
}

export const HUB_EMBEDDERS: readonly HubEmbedder[] = [
  embedder('Xenova/all-MiniLM-L6-v2', 'mean', { maxTokens: 256 }),
  embedder('onnx-community/all-MiniLM-L6-v2-ONNX', 'mean', { maxTokens: 256 }),
  embedder('MongoDB/mdbr-leaf-ir', 'output', { queryPrefix: SEARCHING }),
  embedder('Xenova/bge-small-en-v1.5', 'cls', { queryPrefix: SEARCHING }),
  embedder('Xenova/bge-base-en-v1.5', 'cls', { queryPrefix: SEARCHING }),
  embedder('Snowflake/snowflake-arctic-embed-xs', 'cls', { queryPrefix: SEARCHING }),
  embedder('Snowflake/snowflake-arctic-embed-s', 'cls', { queryPrefix: SEARCHING }),
  embedder('Xenova/gte-small', 'mean'),
  embedder('onnx-community/granite-embedding-small-english-r2-ONNX', 'cls'),
  embedder('Xenova/e5-small-v2', 'mean', { queryPrefix: 'query: ', passagePrefix: 'passage: ' }),
  embedder('Xenova/multilingual-e5-small', 'mean', {
    queryPrefix: 'query: ',
    passagePrefix: 'passage: ',
  }),
];

export const HUB_CROSS_ENCODERS: readonly HubCrossEncoder[] = [
  { model: 'Xenova/ms-marco-TinyBERT-L-2-v2', maxTokens: 512 },
  { model: 'Xenova/ms-marco-MiniLM-L-4-v2', maxTokens: 512 },
  { model: 'Xenova/ms-marco-MiniLM-L-6-v2', maxTokens: 512 },
  { model: 'Xenova/ms-marco-MiniLM-L-12-v2', maxTokens: 512 },
  { model: 'mixedbread-ai/mxbai-rerank-xsmall-v1', maxTokens: 512 },
  { model: 'Xenova/bge-reranker-base', maxTokens: 512 },
];

export interface SpaceParts {
  readonly model: string;
  readonly revision: string;
  readonly dtype: string;
  readonly pooling: Pooling;
  readonly queryPrefix: string;
  readonly passagePrefix: string;
}

/** Names an embedding space: vectors with another name must not be compared, only made anew. */
export function embeddingSpace(parts: SpaceParts): string {
  const { model, revision, dtype, pooling, queryPrefix, passagePrefix } = parts;
  return `${model}@${revision}/${dtype}/${pooling}/${JSON.stringify([queryPrefix, passagePrefix])}`;
}
