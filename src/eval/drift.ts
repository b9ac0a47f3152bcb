import { SearchError } from '../core/errors.ts';
import type { Results } from './results.ts';

/** A query whose value is another than in the run before. */
export interface Moved {
  readonly query: string;
  readonly before: number;
  readonly after: number;
}

export interface Drift {
  readonly pipeline: string;
  readonly measure: string;
  /** Largest move first. */
  readonly moved: readonly Moved[];
  readonly unchanged: number;
  /** Judged now and not then, or then and not now. */
  readonly added: readonly string[];
  readonly gone: readonly string[];
}

const NOISE = 1e-9;

/** Which queries moved since `last`, for each pipeline that both have, by one measure. Both must have been made with -q. */
export function driftSince(results: Results, last: Results, measure: string): readonly Drift[] {
  const shared = Object.keys(results.pipelines).filter((name) => last.pipelines[name] !== undefined);
  if (shared.length === 0)
    throw new SearchError(
      'bad-input',
      `The last run has none of these pipelines: ${Object.keys(results.pipelines).join(', ')}.`,
    );
  return shared.map((pipeline) => {
    const now = results.pipelines[pipeline]?.perQuery?.[measure];
    const then = last.pipelines[pipeline]?.perQuery?.[measure];
    if (now === undefined || then === undefined)
      throw new SearchError(
        'bad-input',
        `The last run says nothing about ${measure} of single queries under "${pipeline}"; write it with --json -q and the same --measures.`,
      );
    return { pipeline, measure, ...driftOf(now, then) };
  });
}

function driftOf(
  now: Readonly<Record<string, number>>,
  then: Readonly<Record<string, number>>,
): Pick<Drift, 'moved' | 'unchanged' | 'added' | 'gone'> {
  const both = Object.keys(now).filter((query) => Object.hasOwn(then, query));
  const moved = both
    .map((query) => ({ query, before: then[query] ?? 0, after: now[query] ?? 0 }))
    .filter(({ before, after }) => Math.abs(after - before) > NOISE)
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
  return {
    moved,
    unchanged: both.length - moved.length,
    added: Object.keys(now).filter((query) => !Object.hasOwn(then, query)),
    gone: Object.keys(then).filter((query) => !Object.hasOwn(now, query)),
  };
}
