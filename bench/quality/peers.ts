/** Published figures of others, nDCG@10 unless said otherwise. Sources: the projects' own tables, as noted. */
export interface Peer {
  readonly system: string;
  readonly value: string;
  readonly source: string;
}

const MTEB = 'embeddings-benchmark/results @ f4cc6c8 (2026-08-20)';
const M3 = 'model card juanluisdb/MiniLM-L-6-rerank-m3 (BM25 top 100 reranked)';
const SBERT = 'sentence-transformers docs/cross_encoder/pretrained_models.md (trained on MS MARCO itself)';

export const PEERS: Readonly<Record<string, readonly Peer[]>> = {
  scifact: [
    { system: 'BM25 (BEIR; bm25s)', value: '.665–.687', source: `BEIR; ${MTEB}` },
    {
      system: 'MiniSearch 7.2 default · with stop words and Porter stems',
      value: '.630 · .671',
      source: 'measured here',
    },
    { system: 'lunr · Orama 3.1 tuned · FlexSearch 0.8 tuned', value: '.623 · .456 · .559', source: 'measured here' },
    { system: 'potion-base-8M (static, 7.5 M)', value: '.506', source: MTEB },
    { system: 'ternlight-base (static, 7.2 MB)', value: '.465', source: 'measured for this project' },
    { system: 'static-retrieval-mrl-en-v1 (static)', value: '.594', source: MTEB },
    { system: 'all-MiniLM-L6-v2 (22.7 M)', value: '.645', source: MTEB },
    { system: 'bge-small-en-v1.5 (33 M)', value: '.713', source: MTEB },
    { system: 'BM25 + ms-marco-MiniLM-L6 (22.7 M)', value: '.688', source: M3 },
    { system: 'BM25 + MiniLM-L6-rerank-m3 (22.7 M)', value: '.750', source: M3 },
    {
      system: 'BM25 + bge-base, RRF · min-max (109 M)',
      value: '.742 · .747',
      source: 'castorini/anserini docs/experiments-beir-fusion.md',
    },
  ],
  'msmarco-dl19': [
    { system: 'BM25 run (the candidates)', value: '.506', source: 'castorini/rank_llm' },
    { system: 'BM25 + ms-marco-TinyBERT-L2 (4.4 M)', value: '.698', source: SBERT },
    { system: 'BM25 + ms-marco-MiniLM-L6 (22.7 M)', value: '.743', source: SBERT },
    { system: 'SPLADE++ ensemble distil run', value: '.731', source: 'castorini/rank_llm' },
  ],
};
