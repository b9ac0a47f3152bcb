import { SearchError } from '../core/errors.ts';
import { parseMeasure } from './measure-syntax.ts';
import type { Results } from './results.ts';

/** A least value that a measure must reach. */
export interface Gate {
  /** The last pipeline where undefined. */
  readonly pipeline: string | undefined;
  readonly measure: string;
  readonly least: number;
}

/** `nDCG@10=0.70`, `lexical/R@100=0.8`, several between blanks or commas. */
export function parseGates(source: string): readonly Gate[] {
  const parts = source.split(/[\s,]+(?![^(]*\))/).filter((part) => part !== '');
  if (parts.length === 0) throw gateError(source);
  return parts.map((part) => {
    const match = /^(?:(.+)\/)?([^/]+)=([^=]+)$/.exec(part);
    const least = Number(match?.[3]);
    if (match === null || !Number.isFinite(least)) throw gateError(part);
    return { pipeline: match[1], measure: parseMeasure(match[2] ?? '').label, least };
  });
}

function gateError(part: string): SearchError {
  return new SearchError(
    'bad-input',
    `A gate is written measure=value or pipeline/measure=value, and ${JSON.stringify(part)} is not.`,
  );
}

const show = (value: number) => value.toFixed(4);

/** One sentence for each gate that is missed; an empty list is a pass. */
export function missedGates(results: Results, gates: readonly Gate[]): readonly string[] {
  const names = Object.keys(results.pipelines);
  return gates.flatMap(({ pipeline = names.at(-1) ?? '', measure, least }) => {
    const value = results.pipelines[pipeline]?.measures[measure];
    if (value === undefined)
      throw new SearchError(
        'bad-input',
        `The gate ${pipeline}/${measure} was not measured; pipelines: ${names.join(', ')}. Add it to --pipeline and --measures.`,
      );
    return value < least ? [`${pipeline}: ${measure} is ${show(value)}, below the demanded ${show(least)}.`] : [];
  });
}

/**
 * One sentence for each measure that fell by more than `maxDrop` since `baseline`, or that is no longer measured.
 * Judged is left out: how much is judged says nothing about relevance.
 */
export function dropsSince(results: Results, baseline: Results, maxDrop: number): readonly string[] {
  const entries = Object.entries(baseline.pipelines).flatMap(([pipeline, { measures }]) =>
    Object.entries(measures)
      .filter(([measure]) => !measure.startsWith('Judged'))
      .map(([measure, before]) => ({ pipeline, measure, before })),
  );
  if (entries.length === 0)
    throw new SearchError('bad-input', 'The baseline holds no measure; make a new one with --json.');
  return entries.flatMap(({ pipeline, measure, before }) => {
    const value = results.pipelines[pipeline]?.measures[measure];
    if (value === undefined)
      return [`${pipeline}: ${measure} stands in the baseline (${show(before)}) and was not measured.`];
    // A drop of exactly maxDrop passes; the slack is for float noise only.
    return before - value > maxDrop + 1e-9
      ? [`${pipeline}: ${measure} fell from ${show(before)} to ${show(value)}, more than ${maxDrop}.`]
      : [];
  });
}
