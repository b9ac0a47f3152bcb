import type { Filters } from '../core/filters.ts';

/** Begin as the terms of names do (lexical/names.ts), none of whose keys begins with a tab: nothing that is typed finds them. */
const FILTER = '=\t';
const OF_PASSAGE = `${FILTER}:`;
const OF_DOCUMENT = `${FILTER};`;
const BETWEEN = '\t';

/** The index term that all passages of documents with this value of a filter have. */
export function filterTerm(name: string, value: string): string {
  return OF_PASSAGE + name + BETWEEN + value;
}

/** What the terms begin with that only the first passage of such a document has: there is one for each value, and they count documents. */
export const FILTER_VALUES = OF_DOCUMENT;

/** True of the terms that say which values there are: they stand in the vocabulary of a published index. */
export function isFilterValue(term: string): boolean {
  return term.startsWith(OF_DOCUMENT);
}

/** True of terms that say nothing of a passage's words: their postings are always wanted whole. */
export function isFilterTerm(term: string): boolean {
  return term.startsWith(FILTER);
}

/** Name and value of a term that says which values there are. */
export function filterValueIn(term: string): { readonly name: string; readonly value: string } {
  const [name = '', value = ''] = term.slice(OF_DOCUMENT.length).split(BETWEEN);
  return { name, value };
}

/** The terms of a document's filters, of its first passage and of any other one. */
export function filterTerms(filters: Filters): {
  readonly first: readonly string[];
  readonly other: readonly string[];
} {
  const pairs = Object.entries(filters).flatMap(([name, values]) => values.map((value) => name + BETWEEN + value));
  const other = pairs.map((pair) => OF_PASSAGE + pair);
  return { first: [...other, ...pairs.map((pair) => OF_DOCUMENT + pair)], other };
}
