import { SearchError } from '../core/errors.ts';
import { mean } from './measures.ts';
import { type Comparison, compare, shuffled } from './significance.ts';

export interface Parameter {
  readonly name: string;
  /** What is in use now. */
  readonly initial: number;
  /** What may be tried. */
  readonly values: readonly number[];
}

export type Setting = Readonly<Record<string, number>>;

/** A measure's value for each of the queries under a setting. */
export type Objective = (setting: Setting, queries: readonly string[]) => Promise<ArrayLike<number>>;

export interface Tuned {
  /** The best setting on the training half; the initial one where nothing was better. */
  readonly setting: Setting;
  readonly initial: Setting;
  readonly trainQueries: number;
  readonly testQueries: number;
  readonly train: { readonly before: number; readonly after: number };
  /** On queries that the search never saw. */
  readonly test: Comparison & { readonly before: number; readonly after: number };
  /** Is the held-out gain positive and not explained by chance (p < .05)? */
  readonly gain: boolean;
  readonly advice: string;
}

export interface TuneOptions {
  readonly seed?: number;
  /** Part of the queries that the search may see. */
  readonly trainShare?: number;
  readonly onTry?: (setting: Setting, value: number) => void;
}

const FEWEST_QUERIES = 10;
const ROUNDS = 3;

/**
 * Fits parameters by coordinate search on one half of the queries (each parameter in turn takes its best value while
 * the others stay, until a round changes nothing) and reports what the result is worth on the other half.
 */
export async function tune(
  parameters: readonly Parameter[],
  queries: readonly string[],
  objective: Objective,
  options: TuneOptions = {},
): Promise<Tuned> {
  if (queries.length < FEWEST_QUERIES)
    throw new SearchError(
      'bad-input',
      `Tuning needs at least ${FEWEST_QUERIES} judged queries, and there are ${queries.length}; judge more with "findling judge".`,
    );
  const { trainSide, testSide } = splitQueries(queries, options);
  const initial = Object.fromEntries(parameters.map(({ name, initial: value }) => [name, value]));
  const score = async (setting: Setting) => {
    const value = mean(await objective(setting, trainSide));
    options.onTry?.(setting, value);
    return value;
  };
  const before = await score(initial);
  const best = await coordinateSearch(parameters, { setting: initial, value: before }, score);
  const [held, tuned] = [await objective(initial, testSide), await objective(best.setting, testSide)];
  const test = { ...compare(held, tuned, options.seed), before: mean(held), after: mean(tuned) };
  return {
    setting: best.setting,
    initial,
    trainQueries: trainSide.length,
    testQueries: testSide.length,
    train: { before, after: best.value },
    test,
    gain: test.delta > 0 && test.p < 0.05,
    advice: adviceOf(best.value - before, test),
  };
}

/** Queries in two parts that depend on the seed alone. */
export function splitQueries(
  queries: readonly string[],
  { seed = 1, trainShare = 0.5 }: Pick<TuneOptions, 'seed' | 'trainShare'> = {},
): { readonly trainSide: readonly string[]; readonly testSide: readonly string[] } {
  const mixed = shuffled([...queries].sort(), seed);
  const cut = Math.min(mixed.length - 1, Math.max(1, Math.round(mixed.length * trainShare)));
  return { trainSide: mixed.slice(0, cut), testSide: mixed.slice(cut) };
}

interface Scored {
  readonly setting: Setting;
  readonly value: number;
}

async function coordinateSearch(
  parameters: readonly Parameter[],
  start: Scored,
  score: (setting: Setting) => Promise<number>,
): Promise<Scored> {
  let best = start;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = best.setting;
    for (const { name, values } of parameters)
      for (const value of values) {
        if (value === best.setting[name]) continue;
        const setting = { ...best.setting, [name]: value };
        const reached = await score(setting);
        // Ties keep what is in use: a change must earn its place.
        if (reached > best.value + 1e-9) best = { setting, value: reached };
      }
    if (best.setting === before) break;
  }
  return best;
}

function adviceOf(trainGain: number, test: Comparison): string {
  const sign = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  const counts = `p ${test.p.toFixed(3)}, ${test.helped} queries helped, ${test.hurt} hurt`;
  if (trainGain === 0) return 'There is no gain: nothing tried was better than what is in use. Keep it.';
  if (test.delta <= 0)
    return `There is no gain: ${sign(trainGain)} on the training queries became ${sign(test.delta)} on those held out (${counts}). Keep what is in use.`;
  if (test.p >= 0.05)
    return `There is no gain that chance would not explain: ${sign(test.delta)} on held-out queries (${counts}). Judge more queries before changing anything.`;
  return `Held-out gain ${sign(test.delta)} (${counts}).`;
}

/** Evenly spaced values from 0 to 1, both included. */
export function unitGrid(steps: number): readonly number[] {
  return Array.from({ length: steps + 1 }, (_, index) => index / steps);
}
