import type { Fusion, PassageSource, Reranker, Retriever } from '../core/ports.ts';
import { fuse, orElse, type RerankOptions, rerank, stage } from './retrievers.ts';
import type { PipelineName } from './types.ts';

export interface Parts {
  readonly bm25: Retriever;
  readonly dense: Retriever;
  readonly fusion: Fusion;
  readonly reranker: Reranker;
  readonly passages: PassageSource;
}

/** Every pipeline. Fusion comes before reranking, and each tier that fails leaves the one before it standing. */
export function pipelines(parts: Parts, options: RerankOptions): Readonly<Record<PipelineName, Retriever>> {
  const lexical = stage(parts.bm25);
  const dense = stage(parts.dense);
  const hybrid = stage(fuse('hybrid', parts.fusion, lexical, dense));
  const reranked = stage(rerank('reranked', hybrid, parts.reranker, parts.passages, options));
  return {
    lexical,
    dense,
    hybrid: orElse(hybrid, lexical),
    reranked: orElse(reranked, orElse(hybrid, lexical)),
  };
}
