import type { Fusion, PassageSource, Reranker, Retriever } from '../core/ports.ts';
import type { Feedback, Rescore } from '../retrieve/dense.ts';
import { fuse, type Upheld } from './fusing.ts';
import { orElse, type RerankOptions, refine, rerank, stage } from './retrievers.ts';
import type { PipelineName } from './types.ts';

export interface Parts {
  readonly bm25: Retriever;
  readonly dense: Retriever;
  readonly fusion: Fusion;
  readonly reranker: Reranker;
  readonly passages: PassageSource;
  /** Where dense scores are coarse: better ones, of passages whose texts are read. */
  readonly rescore: Rescore | undefined;
  /** Where vectors of passages are to be had. */
  readonly feedback: Feedback | undefined;
  /** Passages that tell it what to look for. */
  readonly telling: number;
  /** Passages that stay above the others, where lists are fused. */
  readonly upheld: Upheld;
  /** Results that will be shown. */
  readonly limit: number;
}

/** Every pipeline. Fusion comes before reranking, and each tier that fails leaves the one before it standing. */
export function pipelines(
  parts: Parts,
  options: Omit<RerankOptions, 'upheld'>,
): Readonly<Record<PipelineName, Retriever>> {
  const { rescore, limit, feedback, upheld } = parts;
  const lexical = stage(parts.bm25);
  const dense = stage(parts.dense);
  const hybrid = stage(
    fuse('hybrid', parts.fusion, [lexical, dense], {
      feedback: feedback && { search: feedback, most: parts.telling },
      rescoring: rescore && { rescore, most: limit },
      upheld,
    }),
  );
  const reranked = stage(rerank('reranked', hybrid, parts.reranker, parts.passages, { ...options, upheld }));
  return {
    lexical,
    // Nothing else makes good here what clusters and codes lose.
    dense: rescore ? stage(refine(parts.dense, { rescore, most: 2 * limit })) : dense,
    hybrid: orElse(hybrid, lexical),
    reranked: orElse(reranked, orElse(hybrid, lexical)),
  };
}
