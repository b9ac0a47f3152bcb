/** Passages a reranker reads (`candidates`), by what is at stake. */
export const POOLS = { conversational: 30, siteSearch: 50, broad: 100, highStakes: 200 } as const;
