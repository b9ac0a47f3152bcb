import type { Qrels, Run } from './collection.ts';
import { discountedGain, idealGains, mean, percentile } from './measures.ts';
import { byScoreThenIdDescending } from './order.ts';

export interface RecallPoint {
  readonly k: number;
  readonly recall: number;
}

/** Recall that is not worth a deeper pool: the curve counts as flat once all that is still to come is less. */
const FLAT = 0.01;
const STEPS = [1, 2, 3, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000];

/** Mean recall (grade ≥ 1) at growing K, up to `depth`, over queries that have anything relevant. */
export function recallCurve(run: Run, qrels: Qrels, depth: number): readonly RecallPoint[] {
  const ks = [...STEPS.filter((k) => k < depth), depth];
  const rows = [...qrels].flatMap(([query, grades]) => {
    const relevant = [...grades].filter(([, grade]) => grade > 0).length;
    if (relevant === 0) return [];
    const found = [...(run.get(query) ?? [])]
      .sort(byScoreThenIdDescending)
      .map(({ document }) => (grades.get(document) ?? 0) > 0);
    return [ks.map((k) => found.slice(0, k).filter(Boolean).length / relevant)];
  });
  return ks.map((k, index) => ({ k, recall: mean(rows.map((row) => row[index] ?? 0)) }));
}

export interface Flattening {
  /** The least K of the curve from which less than a point of recall is still to come; undefined where none is. */
  readonly k: number | undefined;
  readonly advice: string;
}

const show = (value: number) => value.toFixed(3);

/** Where a recall curve flattens, and what follows for the pool that a reranker is given. */
export function flattening(curve: readonly RecallPoint[]): Flattening {
  const last = curve.at(-1);
  if (last === undefined || last.recall === 0)
    return {
      k: undefined,
      advice: 'Nothing relevant is found at any depth: look at the queries, the judgements and the ids first.',
    };
  const flat = curve.find(({ recall }) => last.recall - recall < FLAT);
  const missing = 1 - last.recall;
  const rest =
    missing > 0.1
      ? ` ${Math.round(missing * 100)} % of what is relevant is never among the first ${last.k}: only a better first stage (another retriever, fusion, synonyms) can bring it, no reranker.`
      : '';
  if (flat === undefined || flat.k === last.k)
    return {
      k: undefined,
      advice: `Recall still grows at ${last.k} (${show(last.recall)}): a deeper pool may pay, if the time allows it.${rest}`,
    };
  return {
    k: flat.k,
    advice: `Recall is flat from ${flat.k} on (${show(flat.recall)} there, ${show(last.recall)} at ${last.k}): rerank about ${flat.k} candidates; more cost time and bring nothing.${rest}`,
  };
}

/**
 * nDCG@`cutoff` that a perfect reranker would reach with the first `pool` documents of each query: they are put into
 * the order of their grades; what was not retrieved stays lost.
 */
export function ceiling(run: Run, qrels: Qrels, pool: number, cutoff = 10): number {
  return mean(
    [...qrels].map(([query, grades]) => {
      const ideal = discountedGain(idealGains(grades, cutoff));
      const rows = [...(run.get(query) ?? [])].sort(byScoreThenIdDescending).slice(0, pool);
      const gains = rows.map(({ document }) => grades.get(document) ?? 0).sort((a, b) => b - a);
      return ideal === 0 ? 0 : discountedGain(gains.slice(0, cutoff)) / ideal;
    }),
  );
}

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export function latencyOf(milliseconds: readonly number[]): Latency {
  return {
    p50: percentile(milliseconds, 0.5),
    p95: percentile(milliseconds, 0.95),
    p99: percentile(milliseconds, 0.99),
  };
}
