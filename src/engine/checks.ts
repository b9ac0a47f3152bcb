import { SearchError } from '../core/errors.ts';

/** What a value must be. */
export interface Rule {
  /** In words that follow "takes". */
  readonly expected: string;
  holds(value: unknown): boolean;
}

export const TEXT: Rule = { expected: 'a string', holds: (value) => typeof value === 'string' };
export const YES_OR_NO: Rule = { expected: 'true or false', holds: (value) => typeof value === 'boolean' };
export const OBJECT: Rule = { expected: 'an object', holds: (value) => Object(value) === value };

const isText = (value: unknown) => typeof value === 'string';
export const FILTERS: Rule = {
  expected: "an object of names and values, each a string or a list of strings, e.g. { version: '2.0' }",
  holds: (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => (Array.isArray(each) ? each.every(isText) : isText(each))),
};

export function oneOf(...names: readonly string[]): Rule {
  const expected = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  return { expected, holds: (value) => names.some((name) => name === value) };
}

/** SearchError('bad-input') that names what was given and what is expected. */
export function check(name: string, value: unknown, { expected, holds }: Rule): void {
  if (!holds(value)) throw new SearchError('bad-input', `${name} takes ${expected}, not ${shown(value)}.`);
}

/** Checks an object's values. Those that are not there, or null, are left to their defaults. */
export function checkAll<Name extends string>(
  rules: Readonly<Record<Name, Rule>>,
  values: Readonly<Partial<Record<Name, unknown>>>,
  before = '',
): void {
  for (const name in rules) {
    const value = values[name] ?? undefined;
    if (value !== undefined) check(before + name, value, rules[name]);
  }
}

/** Options without those that are null, which are left to their defaults. */
export function withoutNulls<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null)) as T;
}

const MOST_LETTERS = 60;

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MOST_LETTERS));
  if (Array.isArray(value)) return `[${value}]`.slice(0, MOST_LETTERS);
  return Object(value) === value ? Object.prototype.toString.call(value) : String(value);
}
