import type { Filters } from '../core/filters.ts';

/** Begin as the terms of names do (lexical/names.ts), none of whose keys begins with a tab: nothing that is typed finds them. */
const FILTER = '=\t';
const OF_PASSAGE = `${FILTER}:`;
const OF_DOCUMENT = `${FILTER};`;
const NAME = `${FILTER}=`;
const BETWEEN = '\t';

/** The index term that all passages of documents with this value of a filter have. */
export function filterTerm(name: string, value: string): string {
  return OF_PASSAGE + name + BETWEEN + value;
}

/** What the terms begin with that say which filters there are; a document with one has it in its first passage. */
export const FILTER_NAMES = NAME;

export function filterNameIn(term: string): string {
  return term.slice(NAME.length);
}

/** What the terms of a filter's values begin with that only the first passage of a document has: there is one for each value, and they count documents. */
export function filterValues(name: string): string {
  return OF_DOCUMENT + name + BETWEEN;
}

/** True of the terms that say which filters and values there are: they stand in the vocabulary of a published index. */
export function isListed(term: string): boolean {
  return term.startsWith(OF_DOCUMENT) || term.startsWith(NAME);
}

/** True of terms that say nothing of a passage's words: their postings are always wanted whole. */
export function isFilterTerm(term: string): boolean {
  return term.startsWith(FILTER);
}

/** The value of a term that begins as `filterValues` says. */
export function filterValueIn(term: string, name: string): string {
  return term.slice(filterValues(name).length);
}

/** The terms of a document's filters, of its first passage and of any other one. */
export function filterTerms(filters: Filters): {
  readonly first: readonly string[];
  readonly other: readonly string[];
} {
  const pairs = Object.entries(filters).flatMap(([name, values]) => values.map((value) => name + BETWEEN + value));
  const other = pairs.map((pair) => OF_PASSAGE + pair);
  const names = Object.keys(filters).map((name) => NAME + name);
  return { first: [...other, ...pairs.map((pair) => OF_DOCUMENT + pair), ...names], other };
}
