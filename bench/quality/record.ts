import { type Evaluation, meanOf } from '../../src/eval/evaluation.ts';
import type { Comparison } from '../../src/eval/significance.ts';

/** What docs/quality.md is written from: one set's evaluation without its runs. Kept in bench/quality/results.json. */
export interface SetRecord {
  readonly set: string;
  /** Models that its pipelines use, with their revisions then. */
  readonly models: string;
  readonly queries: number;
  readonly documents: number;
  readonly pipelines: readonly PipelineRecord[];
  readonly segments: readonly SegmentRecord[];
}

export interface PipelineRecord {
  readonly name: string;
  readonly measures: Readonly<Record<string, number>>;
  readonly latencyMs: { readonly p50: number; readonly p95: number } | null;
  readonly bytes: number | null;
  readonly against: string | null;
  readonly changes: Readonly<Record<string, Comparison>>;
  readonly ceiling: number;
  readonly flatFrom: number | null;
}

export interface SegmentRecord {
  readonly name: string;
  readonly queries: number;
  /** nDCG@10 by pipeline. */
  readonly values: Readonly<Record<string, number>>;
}

export interface Results {
  /** Models and their revisions. */
  readonly models: string;
  readonly sets: readonly SetRecord[];
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;

export function recordOf(
  set: string,
  documents: number,
  { pipelines, segments, qrels, measures }: Evaluation,
  models: string,
): SetRecord {
  const label = measures[0]?.label ?? '';
  return {
    set,
    models,
    queries: qrels.size,
    documents,
    pipelines: pipelines.map(({ name, measured, latency, bytes, change, ceiling, flattening }) => ({
      name,
      measures: Object.fromEntries([...measured.values.keys()].map((each) => [each, round(meanOf(measured, each))])),
      // A further blend of remembered scores has no time of its own.
      latencyMs:
        latency === undefined || name.includes('blend=') ? null : { p50: round(latency.p50), p95: round(latency.p95) },
      bytes: bytes ?? null,
      against: change?.against ?? null,
      changes: Object.fromEntries(
        [...(change?.comparisons ?? [])].map(([each, comparison]) => [
          each,
          { ...comparison, delta: round(comparison.delta), p: round(comparison.p) },
        ]),
      ),
      ceiling: round(ceiling),
      flatFrom: flattening.k ?? null,
    })),
    segments: segments.map(({ by, name, queries }) => {
      const only = new Set(queries);
      return {
        name: `${by}: ${name}`,
        queries: queries.length,
        values: Object.fromEntries(pipelines.map((each) => [each.name, round(meanOf(each.measured, label, only))])),
      };
    }),
  };
}
