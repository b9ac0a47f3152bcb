import type { RecallPoint } from './curves.ts';
import type { Drift } from './drift.ts';
import { type Change, type Evaluation, meanOf, type PipelineEvaluation, queryValue } from './evaluation.ts';
import type { Comparison } from './significance.ts';

type Cells = readonly string[];

/** Rows of cells as aligned text: the first column to the left, the others to the right. */
export function grid(rows: readonly Cells[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function showValue(value: number): string {
  return value.toFixed(4);
}

export function showDelta(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}

export function showP(p: number): string {
  return p < 0.001 ? '<.001' : p.toFixed(3).replace(/^0/, '');
}

export function showBytes(bytes: number | undefined): string {
  if (bytes === undefined) return '–';
  if (bytes < 1e3) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

function showMs(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '–' : milliseconds.toFixed(milliseconds < 10 ? 2 : 0);
}

/** A stage whose mean fell, in words; chance alone is named as such. */
export function hurtSentences(evaluation: Evaluation): readonly string[] {
  return evaluation.pipelines.flatMap(({ name, change }) =>
    [...(change?.comparisons ?? [])]
      .filter(([label, { delta }]) => delta < 0 && !label.startsWith('Judged'))
      .map(([label, { delta, p, helped, hurt }]) => {
        const sure = p < 0.05 ? `p ${showP(p)}` : `p ${showP(p)}: chance may explain it`;
        return `${name} hurts ${label} against ${change?.against}: ${showDelta(delta)} (${sure}; ${helped} queries helped, ${hurt} hurt).`;
      }),
  );
}

function comparisonRows(labels: readonly string[], { against, comparisons }: Change): Cells[] {
  const row = (title: string, show: (comparison: Comparison) => string): Cells => [
    title,
    ...labels.map((label) => {
      const comparison = comparisons.get(label);
      return comparison === undefined ? '' : show(comparison);
    }),
  ];
  return [
    row(`  Δ to ${against}`, ({ delta }) => showDelta(delta)),
    row('  p', ({ p }) => showP(p)),
    row('  helped/hurt/same', ({ helped, hurt, unchanged }) => `${helped}/${hurt}/${unchanged}`),
  ];
}

function mainTable({ pipelines, measures }: Evaluation): string {
  const labels = measures.map(({ label }) => label);
  const rows = pipelines.flatMap((pipeline): Cells[] => {
    const { name, measured, latency, bytes, change } = pipeline;
    const values = labels.map((label) => showValue(meanOf(measured, label)));
    const times = [latency?.p50, latency?.p95, latency?.p99].map(showMs);
    const own: Cells = [name, ...values, ...times, showBytes(bytes)];
    return [own, ...(change === undefined ? [] : comparisonRows(labels, change))];
  });
  return grid([['', ...labels, 'p50 ms', 'p95 ms', 'p99 ms', 'bytes'], ...rows]);
}

function curveTable(pipelines: readonly PipelineEvaluation[]): string {
  const points: readonly RecallPoint[] = pipelines[0]?.curve ?? [];
  return grid([
    ['recall@', ...points.map(({ k }) => String(k))],
    ...pipelines.map(({ name, curve }) => [name, ...curve.map(({ recall }) => recall.toFixed(3))]),
  ]);
}

function segmentTable({ pipelines, segments, measures }: Evaluation): string {
  const label = measures[0]?.label ?? '';
  return grid([
    [`${label} by segment`, 'queries', ...pipelines.map(({ name }) => name)],
    ...segments.map(({ by, name, queries }) => {
      const only = new Set(queries);
      return [
        `${by}: ${name}`,
        String(queries.length),
        ...pipelines.map(({ measured }) => showValue(meanOf(measured, label, only))),
      ];
    }),
  ]);
}

function perQueryTable({ pipelines, measures, queries }: Evaluation): string {
  const label = measures[0]?.label ?? '';
  return grid([
    [`${label} by query`, ...pipelines.map(({ name }) => name)],
    ...queries.map(({ id, text }) => [
      `${id} ${text.length > 60 ? `${text.slice(0, 59)}…` : text}`,
      ...pipelines.map(({ measured }) => showValue(queryValue(measured, label, id))),
    ]),
  ]);
}

/** The whole evaluation as text for a terminal. */
export function formatReport(evaluation: Evaluation, perQuery = false): string {
  const { set, pipelines, qrels, pool, depth } = evaluation;
  const hurts = hurtSentences(evaluation);
  const skipped = pipelines.flatMap(({ name, skipped: stages }) => stages.map((stage) => `${name}: ${stage}`));
  const parts = [
    `${set}: ${qrels.size} judged queries, ${depth} documents asked of each pipeline, pool of ${pool}`,
    mainTable(evaluation),
    ...(pipelines.length > 1
      ? [
          'Δ and p: against the best row above of another stage, by the first measure; paired randomisation test, two-sided',
        ]
      : []),
    ...(hurts.length > 0 ? [hurts.join('\n')] : []),
    ...(skipped.length > 0 ? [`Skipped stages:\n${skipped.join('\n')}`] : []),
    curveTable(pipelines),
    pipelines.map(({ name, flattening }) => `${name}: ${flattening.advice}`).join('\n'),
    grid([
      [`ceiling: nDCG@10 of a perfect order of the first ${pool}`, ...pipelines.map(({ name }) => name)],
      ['', ...pipelines.map(({ ceiling }) => showValue(ceiling))],
    ]),
    ...(evaluation.segments.length > 0 ? [segmentTable(evaluation)] : []),
    ...(perQuery ? [perQueryTable(evaluation)] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The queries that moved since the last run, at most `limit` a pipeline. */
export function formatDrift(drifts: readonly Drift[], texts: ReadonlyMap<string, string>, limit = 20): string {
  const blocks = drifts.map(({ pipeline, measure, moved, unchanged, added, gone }) => {
    const up = moved.filter(({ before, after }) => after > before).length;
    const head = `${pipeline}: ${moved.length} queries moved in ${measure} (${up} up, ${moved.length - up} down), ${unchanged} did not`;
    const changes = [
      ...(added.length > 0 ? [`${added.length} new`] : []),
      ...(gone.length > 0 ? [`${gone.length} no longer judged`] : []),
    ];
    const rows = moved
      .slice(0, limit)
      .map(({ query, before, after }) => [
        `  ${query} ${(texts.get(query) ?? '').slice(0, 60)}`,
        showValue(before),
        '→',
        showValue(after),
        showDelta(after - before),
      ]);
    return [
      [head, ...changes].join(', '),
      ...(rows.length > 0 ? [grid(rows)] : []),
      ...(moved.length > limit ? [`  … and ${moved.length - limit} more`] : []),
    ].join('\n');
  });
  return `Since the last run\n${blocks.join('\n')}\n`;
}
