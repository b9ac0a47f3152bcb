/** What `<findling-search>` says; English unless its `texts` say otherwise. */
export interface SearchTexts {
  /** The box's name, and its placeholder. Attributes of these names go before. */
  readonly label: string;
  /** The name of the list of stages. */
  readonly stages: string;
  /** Of stages, by their keys: `bm25`, `hybrid`, `reranked`, and `dense` and `feedback` in explanations. */
  readonly names: Readonly<Record<string, string>>;
  readonly none: string;
  readonly count: (results: number) => string;
  /** Read out: `found` is what `none` or `count` gave. */
  readonly announced: (found: string, question: string) => string;
  readonly skipped: (stage: string, reason: string) => string;
  /** On the button that explains a result. */
  readonly why: string;
  readonly rank: (rank: number) => string;
  readonly score: (score: string) => string;
  /** A result has another rank than in the list before; `places` are negative where it fell. */
  readonly moved: (places: number) => string;
  readonly was: (rank: number) => string;
}

export const SEARCH_TEXTS: SearchTexts = {
  label: 'Search',
  stages: 'Stages',
  names: { bm25: 'Words', dense: 'Vectors', feedback: 'Vectors again', hybrid: 'Meaning', reranked: 'Reranked' },
  none: 'No results',
  count: (results) => `${results} ${results === 1 ? 'result' : 'results'}`,
  announced: (found, question) => `${found} for ${question}`,
  skipped: (stage, reason) => `${stage} skipped: ${reason}`,
  why: 'why?',
  rank: (rank) => `rank ${rank}`,
  score: (score) => `score ${score}`,
  moved: (places) => `${places > 0 ? 'up' : 'down'} ${Math.abs(places)}`,
  was: (rank) => `was ${rank}`,
};
