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

/** A pipeline against the best one above it of another stage: what the stage must beat to be worth its cost. */
export interface Change {
  readonly against: string;
  /** By measure label. */
  readonly comparisons: ReadonlyMap<string, Comparison>;
}

export interface PipelineEvaluation {
  readonly name: string;
  readonly run: Run;
  readonly measured: Measured;
  /** Against the stage before; absent for the first. */
  readonly change?: Change;
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

/** Measures every run against the judgements and against the stage before it. */
export function evaluate(input: EvaluationInput): Evaluation {
  const { set, qrels, measures, runs, pool, depth } = input;
  const queries = input.queries.filter(({ id }) => qrels.has(id));
  const pipelines: PipelineEvaluation[] = [];
  for (const { name, run, milliseconds, bytes, skipped } of runs) {
    const measured = measureRun(measures, run, qrels);
    const curve = recallCurve(run, qrels, depth);
    const before = stageBefore(name, pipelines, measures[0]?.label ?? '');
    pipelines.push({
      name,
      run,
      measured,
      ...(before === undefined
        ? {}
        : { change: { against: before.name, comparisons: compareAll(before.measured, measured) } }),
      latency: milliseconds.length === 0 ? undefined : latencyOf(milliseconds),
      bytes,
      skipped: skipped ?? [],
      curve,
      flattening: flattening(curve),
      ceiling: ceiling(run, qrels, pool),
    });
  }
  return { set, queries, measures, pipelines, segments: segmentsOf(queries, input.documents), qrels, pool, depth };
}

/** Of the pipelines above with another name before the colon, the best by the first measure. */
function stageBefore(
  name: string,
  above: readonly PipelineEvaluation[],
  label: string,
): PipelineEvaluation | undefined {
  const stageOf = (pipeline: string) => pipeline.split(':')[0];
  return above
    .filter((pipeline) => stageOf(pipeline.name) !== stageOf(name))
    .reduce<PipelineEvaluation | undefined>(
      (best, each) => (best === undefined || meanOf(each.measured, label) > meanOf(best.measured, label) ? each : best),
      undefined,
    );
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
