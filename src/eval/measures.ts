import type { Grades, Qrels, Run, RunRow } from './collection.ts';
import type { Measure } from './measure-syntax.ts';
import { byScoreThenId, byScoreThenIdDescending } from './order.ts';

/**
 * The value of a measure for one query, equal to trec_eval's (checked against pytrec_eval and ir_measures in
 * measures.oracle.test.ts). A query without results, or without relevant documents, has 0.
 *
 * trec_eval knows neither RR@k nor Judged@k. ir_measures takes the first from MS MARCO's script and has code of its own
 * for the second; both break ties by ascending id where trec_eval breaks them by descending id. So do we, so that
 * every spelling gives what ir_measures prints for it.
 */
export function measureQuery(measure: Measure, rows: readonly RunRow[], grades: Grades): number {
  const ascending = measure.name === 'Judged' || (measure.name === 'RR' && measure.cutoff !== undefined);
  return measureOrdered(measure, [...rows].sort(ascending ? byScoreThenId : byScoreThenIdDescending), grades);
}

function measureOrdered(measure: Measure, ordered: readonly RunRow[], grades: Grades): number {
  const list = ordered.slice(0, measure.cutoff);
  const isRelevant = ({ document }: RunRow) => (grades.get(document) ?? 0) >= measure.relevant;
  const relevant = [...grades.values()].filter((grade) => grade >= measure.relevant).length;
  const found = () => list.filter(isRelevant).length;
  switch (measure.name) {
    case 'nDCG':
      return normalisedGain(list, grades, measure.cutoff);
    case 'RR': {
      const at = list.findIndex(isRelevant);
      return at < 0 ? 0 : 1 / (at + 1);
    }
    case 'AP':
      return relevant === 0 ? 0 : sumOfPrecisions(list, isRelevant) / relevant;
    case 'R':
      return relevant === 0 ? 0 : found() / relevant;
    case 'P':
      return found() / (measure.cutoff ?? list.length);
    case 'Success':
      return list.some(isRelevant) ? 1 : 0;
    case 'Judged':
      return list.length === 0 ? 0 : list.filter(({ document }) => grades.has(document)).length / list.length;
    case 'Rprec':
      return relevant === 0 ? 0 : ordered.slice(0, relevant).filter(isRelevant).length / relevant;
  }
}

function sumOfPrecisions(list: readonly RunRow[], isRelevant: (row: RunRow) => boolean): number {
  let found = 0;
  let sum = 0;
  list.forEach((row, index) => {
    if (isRelevant(row)) sum += ++found / (index + 1);
  });
  return sum;
}

/** Discounted cumulative gain with the grade itself as gain (Järvelin and Kekäläinen 2002, as trec_eval has it). */
export function discountedGain(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => (gain > 0 ? sum + gain / Math.log2(index + 2) : sum), 0);
}

/** The gains of the best possible list. */
export function idealGains(grades: Grades, cutoff?: number): readonly number[] {
  return [...grades.values()]
    .filter((grade) => grade > 0)
    .sort((a, b) => b - a)
    .slice(0, cutoff);
}

function normalisedGain(list: readonly RunRow[], grades: Grades, cutoff: number | undefined): number {
  const ideal = discountedGain(idealGains(grades, cutoff));
  return ideal === 0 ? 0 : discountedGain(list.map(({ document }) => grades.get(document) ?? 0)) / ideal;
}

/** Values of one run: by measure label, in the order of `queries`. */
export interface Measured {
  readonly queries: readonly string[];
  readonly values: ReadonlyMap<string, Float64Array>;
}

/** Every judged query counts, with 0 where the run lacks it (`trec_eval -c`); unjudged queries of the run don't. */
export function measureRun(measures: readonly Measure[], run: Run, qrels: Qrels): Measured {
  const queries = [...qrels.keys()];
  const values = new Map(
    measures.map((measure) => [
      measure.label,
      Float64Array.from(qrels, ([query, grades]) => measureQuery(measure, run.get(query) ?? [], grades)),
    ]),
  );
  return { queries, values };
}

/** 0 for an empty list. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at] ?? 0;
  return values.length === 0 ? 0 : sum / values.length;
}

/** The nearest-rank percentile, NaN for an empty list; `share` from 0 to 1. */
export function percentile(values: readonly number[], share: number): number {
  const ordered = [...values].sort((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.max(0, Math.ceil(share * ordered.length) - 1))] ?? Number.NaN;
}
