import type { JudgedDocument, Qrels, Run, TestQuery } from './collection.ts';
import {
  ceiling,
  type Flattening,
  flattening,
  type Latency,
  latencyOf,
  type RecallPoint,
  recallCurve,
} from './curves.ts';
import type { Measure } from './measure-syntax.ts';
import { type Measured, mean, measureRun } from './measures.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { type Comparison, compare } from './significance.ts';

/** What one pipeline answered: the run, how long each query took, and what a browser must download for it. */
export interface PipelineRun {
  readonly name: string;
  readonly run: Run;
  /** One entry a query; empty where no time was taken (a run from a file). */
  readonly milliseconds: readonly number[];
  /** Bytes of the index and the models that the pipeline reads; undefined where unknown. */
  readonly bytes?: number;
  /** Stages that did not take part, with their reason. */
  readonly skipped?: readonly string[];
}

export interface PipelineEvaluation {
  readonly name: string;
  readonly run: Run;
  readonly measured: Measured;
  /** Against the pipeline before, by measure label; absent for the first. */
  readonly comparisons?: ReadonlyMap<string, Comparison>;
  readonly latency: Latency | undefined;
  readonly bytes: number | undefined;
  readonly skipped: readonly string[];
  readonly curve: readonly RecallPoint[];
  readonly flattening: Flattening;
  /** nDCG@10 of a perfect order of the first `pool` documents. */
  readonly ceiling: number;
}

export interface Evaluation {
  readonly set: string;
  readonly queries: readonly TestQuery[];
  readonly measures: readonly Measure[];
  readonly pipelines: readonly PipelineEvaluation[];
  readonly segments: readonly Segment[];
  readonly qrels: Qrels;
  readonly pool: number;
  readonly depth: number;
}

export interface EvaluationInput {
  readonly set: string;
  /** Those without judgements are left out. */
  readonly queries: readonly TestQuery[];
  readonly qrels: Qrels;
  /** For head and tail words; may be empty. */
  readonly documents: Iterable<JudgedDocument>;
  readonly measures: readonly Measure[];
  readonly runs: readonly PipelineRun[];
  /** Candidates that a reranker is given. */
  readonly pool: number;
  /** Documents that were asked of each pipeline. */
  readonly depth: number;
}

/** Measures every run against the judgements and against the run before it. */
export function evaluate(input: EvaluationInput): Evaluation {
  const { set, qrels, measures, runs, pool, depth } = input;
  const queries = input.queries.filter(({ id }) => qrels.has(id));
  const measured = runs.map(({ run }) => measureRun(measures, run, qrels));
  const pipelines = runs.map(({ name, run, milliseconds, bytes, skipped }, index): PipelineEvaluation => {
    const [own, before] = [measured[index] ?? measureRun(measures, run, qrels), measured[index - 1]];
    const curve = recallCurve(run, qrels, depth);
    return {
      name,
      run,
      measured: own,
      ...(before === undefined ? {} : { comparisons: compareAll(before, own) }),
      latency: milliseconds.length === 0 ? undefined : latencyOf(milliseconds),
      bytes,
      skipped: skipped ?? [],
      curve,
      flattening: flattening(curve),
      ceiling: ceiling(run, qrels, pool),
    };
  });
  return { set, queries, measures, pipelines, segments: segmentsOf(queries, input.documents), qrels, pool, depth };
}

function compareAll(before: Measured, after: Measured): ReadonlyMap<string, Comparison> {
  return new Map(
    [...after.values].map(([label, values]) => [
      label,
      compare(before.values.get(label) ?? new Float64Array(values.length), values),
    ]),
  );
}

/** Mean of a measure over some of the queries, or all. */
export function meanOf({ queries, values }: Measured, label: string, only?: ReadonlySet<string>): number {
  const all = values.get(label) ?? new Float64Array(0);
  return mean(only === undefined ? all : all.filter((_, index) => only.has(queries[index] ?? '')));
}

/** A query's value. */
export function queryValue({ queries, values }: Measured, label: string, query: string): number {
  return values.get(label)?.[queries.indexOf(query)] ?? 0;
}
