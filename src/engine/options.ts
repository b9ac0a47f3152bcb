import { SearchError } from '../core/errors.ts';
import { FIELD_WEIGHTS } from '../index/lexical/formula.ts';
import { check, checkAll, FILTERS, OBJECT, oneOf, type Rule, TEXT, YES_OR_NO } from './checks.ts';
import type { FusionOption, SearchOptions } from './types.ts';

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isWeight = (value: unknown) => isNumber(value) && value >= 0 && value < Number.POSITIVE_INFINITY;
const WEIGHT: Rule = { expected: 'a number of 0 or more', holds: isWeight };
const SHARE: Rule = { expected: 'a number from 0 to 1', holds: (value) => isWeight(value) && Number(value) <= 1 };
const wholeFrom = (least: number): Rule => ({
  expected: `a whole number of ${least} or more`,
  holds: (value) => Number.isInteger(value) && Number(value) >= least,
});

const SEARCH: Readonly<Record<keyof SearchOptions, Rule>> = {
  pipeline: oneOf('lexical', 'dense', 'hybrid', 'reranked'),
  limit: wholeFrom(0),
  depth: wholeFrom(1),
  candidates: wholeFrom(1),
  fusion: OBJECT,
  fields: OBJECT,
  filters: FILTERS,
  feedback: wholeFrom(0),
  rarity: SHARE,
  windows: wholeFrom(0),
  blend: SHARE,
  budgetMs: WEIGHT,
  typing: YES_OR_NO,
  explain: YES_OR_NO,
  excerptLength: wholeFrom(0),
};
const FUSION: Readonly<Record<keyof Extract<FusionOption, { method: 'rrf' }>, Rule>> = {
  method: oneOf('rrf', 'min-max'),
  rankConstant: WEIGHT,
  weights: {
    expected: 'two numbers of 0 or more, [lexical, dense]',
    holds: (value) => Array.isArray(value) && value.length === 2 && value.every(isWeight),
  },
};
const FIELD = oneOf(...Object.keys(FIELD_WEIGHTS));

/** Refuses a question that is no text, and options that mean nothing: in silence they would give a worse list, or none. */
export function checkSearch(text: string, options: SearchOptions): void {
  check('search()', text, TEXT);
  checkAll(SEARCH, options);
  checkAll(FUSION, options.fusion ?? {}, 'fusion.');
  const fields = Object.entries(options.fields ?? {});
  for (const [name, weight] of fields) {
    check('fields', name, FIELD);
    check(`fields.${name}`, weight, WEIGHT);
  }
  if (Object.values({ ...FIELD_WEIGHTS, ...options.fields }).every((weight) => weight === 0))
    throw new SearchError('bad-input', 'One of the fields title, heading and body must weigh more than 0.');
}
