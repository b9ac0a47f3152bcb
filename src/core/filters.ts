/** The values of each filter, by its name: `{ version: ['2.0'], section: ['Guide', 'API'] }`. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** The same as a page may give it. */
export type GivenFilters = Readonly<Record<string, string | readonly string[]>>;

/** What is longer is prose that an attribute was put on by mistake. */
const LONGEST = 100;

/**
 * Filters as they are compared: blanks and control characters are one space, names and values sorted, each once. What is empty or longer
 * than 100 characters is left out, and so is a filter without values.
 */
export function tidyFilters(given: GivenFilters): Filters {
  return joinFilters(given);
}

/** All values of several. */
export function joinFilters(...all: readonly GivenFilters[]): Filters {
  const found = new Map<string, Set<string>>();
  for (const [name, given] of all.flatMap((each) => Object.entries(each))) {
    const key = tidy(name);
    const values = (typeof given === 'string' ? [given] : given).map(tidy).filter((value) => value !== '');
    if (key === '' || values.length === 0) continue;
    found.set(key, new Set([...(found.get(key) ?? []), ...values]));
  }
  return Object.fromEntries([...found.keys()].sort().map((name) => [name, [...(found.get(name) ?? [])].sort()]));
}

/** Filters in what a file holds, where one may find anything; undefined where that is none. Values may be numbers, as in `version: 2`. */
export function filtersOf(given: unknown): GivenFilters | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  const found = Object.entries(given).map(([name, value]) => [name, [value].flat().map(plain)] as const);
  if (found.some(([, values]) => values.includes(undefined))) return undefined;
  return Object.fromEntries(found.map(([name, values]) => [name, values.filter((value) => value !== undefined)]));
}

function plain(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

/** One filter as it is written in a text, `section: Guide`; undefined where there is no name, or no value. */
export function filterIn(text: string): GivenFilters | undefined {
  const at = text.indexOf(':');
  const [name, value] = [tidy(text.slice(0, Math.max(0, at))), tidy(text.slice(at + 1))];
  return name === '' || value === '' ? undefined : { [name]: value };
}

function tidy(text: string): string {
  const clean = text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .trim();
  return clean.length > LONGEST ? '' : clean;
}
