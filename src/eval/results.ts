import { SearchError } from '../core/errors.ts';
import type { Latency } from './curves.ts';
import { type Evaluation, meanOf } from './evaluation.ts';

/** What `--json` prints and `--baseline` and `--against` read. */
export interface Results {
  readonly set: string;
  readonly queries: number;
  readonly pipelines: Readonly<Record<string, PipelineResults>>;
}

export interface PipelineResults {
  /** Means by label, `nDCG@10`. */
  readonly measures: Readonly<Record<string, number>>;
  /** Null where the run came from a file and no time was taken. */
  readonly latencyMs: Latency | null;
  /** Null where unknown. */
  readonly bytes: number | null;
  /** With -q only: label → query id → value. */
  readonly perQuery?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export function resultsOf(evaluation: Evaluation, perQuery: boolean): Results {
  const pipelines = evaluation.pipelines.map(({ name, measured, latency, bytes }) => {
    const labels = [...measured.values.keys()];
    const results: PipelineResults = {
      measures: Object.fromEntries(labels.map((label) => [label, meanOf(measured, label)])),
      latencyMs: latency ?? null,
      bytes: bytes ?? null,
      ...(perQuery
        ? { perQuery: Object.fromEntries(labels.map((label) => [label, byQuery(evaluation, name, label)])) }
        : {}),
    };
    return [name, results] as const;
  });
  return { set: evaluation.set, queries: evaluation.qrels.size, pipelines: Object.fromEntries(pipelines) };
}

function byQuery(evaluation: Evaluation, name: string, label: string): Readonly<Record<string, number>> {
  const measured = evaluation.pipelines.find((pipeline) => pipeline.name === name)?.measured;
  return Object.fromEntries(
    (measured?.queries ?? []).map((query, index) => [query, measured?.values.get(label)?.[index] ?? 0]),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numbersIn(value: unknown): Readonly<Record<string, number>> | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return entries.length === Object.keys(value).length ? Object.fromEntries(entries) : undefined;
}

/** Reads what `findling eval --json` wrote. */
export function parseResults(content: string, file: string): Results {
  const refuse = (why: string, cause?: unknown) =>
    new SearchError('bad-input', `${file}: ${why} Give a file that "findling eval --json" wrote.`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw refuse('this is not JSON.', error);
  }
  if (!isRecord(value) || !isRecord(value.pipelines)) throw refuse('there are no "pipelines" in it.');
  const pipelines = Object.entries(value.pipelines).map(([name, entry]) => {
    const measures = isRecord(entry) ? numbersIn(entry.measures) : undefined;
    if (!isRecord(entry) || measures === undefined) throw refuse(`pipeline "${name}" has no numbers under "measures".`);
    return [name, { measures, latencyMs: null, bytes: null, ...perQueryIn(entry.perQuery) }] as const;
  });
  return {
    set: typeof value.set === 'string' ? value.set : '',
    queries: typeof value.queries === 'number' ? value.queries : 0,
    pipelines: Object.fromEntries(pipelines),
  };
}

function perQueryIn(value: unknown): Pick<PipelineResults, 'perQuery'> {
  if (!isRecord(value)) return {};
  return {
    perQuery: Object.fromEntries(Object.entries(value).map(([label, values]) => [label, numbersIn(values) ?? {}])),
  };
}
