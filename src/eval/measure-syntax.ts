import { SearchError } from '../core/errors.ts';

const NAMES = ['nDCG', 'RR', 'AP', 'R', 'P', 'Success', 'Judged', 'Rprec'] as const;
export type MeasureName = (typeof NAMES)[number];

/** One measure as ir_measures writes it, such as `P(rel=2)@5`. */
export interface Measure {
  readonly name: MeasureName;
  /** Ranks looked at; the whole list where undefined. */
  readonly cutoff: number | undefined;
  /** The least grade that counts as relevant. nDCG and Judged don't use it. */
  readonly relevant: number;
  /** The canonical spelling, which also is the key in results. */
  readonly label: string;
}

const ALIASES: ReadonlyMap<string, MeasureName> = new Map([
  ...NAMES.map((name) => [name, name] as const),
  ['NDCG', 'nDCG'],
  ['MRR', 'RR'],
  ['MAP', 'AP'],
  ['Recall', 'R'],
  ['Precision', 'P'],
  ['RPrec', 'Rprec'],
]);
const NEEDS_CUTOFF: readonly MeasureName[] = ['R', 'P', 'Success'];
const PARAMETERS: Readonly<Record<MeasureName, readonly string[]>> = {
  nDCG: ['dcg'],
  RR: ['rel'],
  AP: ['rel'],
  R: ['rel'],
  P: ['rel'],
  Success: ['rel'],
  Judged: [],
  Rprec: ['rel'],
};

function fail(text: string, expected: string): never {
  throw new SearchError('bad-input', `The measure "${text}" is not understood: ${expected}`);
}

function parseParameters(text: string, source: string, name: MeasureName): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const [, key = '', value = ''] = /^(\w+)\s*=\s*(.+)$/.exec(part) ?? fail(text, 'parameters are written key=value.');
    if (!PARAMETERS[name].includes(key))
      fail(source, `${name} takes ${PARAMETERS[name].length === 0 ? 'no parameter' : PARAMETERS[name].join(', ')}.`);
    parameters.set(key, value.replace(/^(['"])(.*)\1$/, '$2'));
  }
  return parameters;
}

function parseNatural(text: string, source: string, what: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1e6)
    fail(source, `${what} must be a whole number from 1 to a million.`);
  return value;
}

function labelOf(name: MeasureName, cutoff: number | undefined, relevant: number): string {
  return `${name}${relevant === 1 ? '' : `(rel=${relevant})`}${cutoff === undefined ? '' : `@${cutoff}`}`;
}

/** One measure in ir_measures' syntax: `nDCG@10`, `RR@10`, `R(rel=2)@100`, `AP`, `Judged@10`, … */
export function parseMeasure(source: string): Measure {
  const match = /^(\w+)(?:\(([^()]*)\))?(?:@(.+))?$/.exec(source.trim());
  const name = match === null ? undefined : ALIASES.get(match[1] ?? '');
  if (match === null || name === undefined)
    return fail(source, `expected one of ${NAMES.join(', ')}, with parameters and a cutoff such as P(rel=2)@5.`);
  const parameters = parseParameters(match[2] ?? '', source, name);
  const cutoff = match[3] === undefined ? undefined : parseNatural(match[3], source, 'the cutoff');
  if (cutoff === undefined && NEEDS_CUTOFF.includes(name))
    fail(source, `${name} needs a cutoff, for instance ${name}@10.`);
  if (cutoff !== undefined && name === 'Rprec')
    fail(source, 'Rprec takes no cutoff: it is P at the number of relevant documents.');
  const dcg = parameters.get('dcg') ?? 'log2';
  if (dcg !== 'log2') fail(source, "only trec_eval's dcg='log2' (the grade itself as gain) is offered.");
  const relevant = parseNatural(parameters.get('rel') ?? '1', source, 'rel');
  return { name, cutoff, relevant, label: labelOf(name, cutoff, relevant) };
}

/** Measures between blanks or commas; those inside brackets belong to the measure. The same one twice is kept once. */
export function parseMeasures(source: string): readonly Measure[] {
  const words = source.match(/[^\s,(]+(?:\([^)]*\)?)?[^\s,(]*/g) ?? [];
  if (words.length === 0)
    throw new SearchError('bad-input', 'No measure was named; try --measures "nDCG@10 RR@10 R@100".');
  return [...new Map(words.map((word) => parseMeasure(word)).map((measure) => [measure.label, measure])).values()];
}

export const DEFAULT_MEASURES = 'nDCG@10 RR@10 R@100 P@5 AP Judged@10 Success@5';
