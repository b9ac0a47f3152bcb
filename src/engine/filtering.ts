import { type Filters, type GivenFilters, tidyFilters } from '../core/filters.ts';
import { FILTER_NAMES, filterNameIn, filterTerm, filterValueIn, filterValues } from '../index/filter-terms.ts';
import { isNameTerm } from '../index/lexical/names.ts';
import type { FieldPostings, TermPostings, TermSource, VectorIndex } from '../index/terms.ts';
import type { CorpusMoment } from './moments.ts';
import type { FilterCounts } from './types.ts';

/** Values that are listed of a corpus. */
const MOST_VALUES = 1000;

type IsAllowed = (passage: number) => boolean;

/**
 * A corpus as if it held nothing but the documents that have, of each filter, one of the values. Whatever finds passages in it, by
 * words, by names or by meaning, finds those; what is common in it and what is rare stays as it is in the whole.
 */
export async function narrowed(moment: CorpusMoment, given: GivenFilters, signal: AbortSignal): Promise<CorpusMoment> {
  const filters = tidyFilters(given);
  if (Object.keys(filters).length === 0) return moment;
  const allowed = await passagesWith(filters, moment, signal);
  const isAllowed: IsAllowed = (passage) => allowed[passage] === 1;
  const { terms, vectors } = moment;
  return {
    ...moment,
    terms: narrowTerms(terms, isAllowed),
    vectors: vectors && narrowVectors(vectors, isAllowed),
  };
}

/** One for each passage that may be found. */
async function passagesWith(filters: Filters, { terms, size }: CorpusMoment, signal: AbortSignal): Promise<Uint8Array> {
  const wanted = Object.entries(filters).map(([name, values]) => values.map((value) => filterTerm(name, value)));
  const found = await terms.postings(wanted.flat(), signal);
  const postingsOf = new Map(wanted.flat().map((term, at) => [term, found[at]]));
  let allowed = new Uint8Array(size).fill(1);
  for (const group of wanted) {
    const next = new Uint8Array(size);
    for (const passages of group.flatMap((term) => passagesOf(postingsOf.get(term))))
      for (const passage of passages) next[passage] = allowed[passage] ?? 0;
    allowed = next;
  }
  return allowed;
}

function passagesOf(postings: TermPostings | undefined): readonly Uint32Array[] {
  return postings?.fields.map(({ passages }) => passages) ?? [];
}

function narrowTerms(terms: TermSource, isAllowed: IsAllowed): TermSource {
  const { settle } = terms;
  const narrow = (postings: TermPostings) => narrowPostings(postings, isAllowed);
  return {
    ...terms,
    async postings(wanted, signal) {
      return (await terms.postings(wanted, signal)).map((postings) => postings && narrow(postings));
    },
    ...(settle === undefined
      ? {}
      : {
          // The passages that promise most may all be others: lists are read whole.
          async settle(concepts, _, signal) {
            const settled = await settle(concepts, true, signal);
            return new Map(
              [...settled].flatMap(([term, postings]) => {
                const own = narrow(postings);
                return own === undefined ? [] : [[term, own] as const];
              }),
            );
          },
        }),
  };
}

/** An outline stays as it is, to be settled. */
function narrowPostings(postings: TermPostings, isAllowed: IsAllowed): TermPostings | undefined {
  if (postings.outline !== undefined) return postings;
  const fields = postings.fields.map((field) => narrowField(field, isAllowed));
  // How rare a word is, the whole corpus says. A name has to be one of few among what may be found.
  if (!isNameTerm(postings.term)) return { ...postings, fields: fields.map(({ own, total }) => ({ ...own, total })) };
  return fields.every(({ own }) => own.passages.length === 0)
    ? undefined
    : { ...postings, fields: fields.map(({ own }) => own) };
}

function narrowField(field: FieldPostings, isAllowed: IsAllowed): { own: FieldPostings; total: number } {
  const passages = new Uint32Array(field.passages.length);
  const frequencies = new Uint16Array(passages.length);
  let kept = 0;
  for (let at = 0; at < passages.length; at += 1) {
    const passage = field.passages[at] ?? 0;
    if (!isAllowed(passage)) continue;
    passages[kept] = passage;
    frequencies[kept] = field.frequencies[at] ?? 0;
    kept += 1;
  }
  const own = { passages: passages.subarray(0, kept), frequencies: frequencies.subarray(0, kept) };
  return { own, total: field.total ?? passages.length };
}

function narrowVectors(vectors: VectorIndex, isAllowed: IsAllowed): VectorIndex {
  return {
    ...vectors,
    search: (query, depth, signal, options) => vectors.search(query, depth, signal, { ...options, isAllowed }),
  };
}

/** The filters that the documents of some corpora have, and how many of them each value. */
export async function countFilters(moments: readonly CorpusMoment[], signal: AbortSignal): Promise<FilterCounts> {
  const counts = new Map<string, Map<string, number>>();
  const count = ({ name, value, documents }: Counted) => {
    const values = counts.get(name) ?? new Map<string, number>();
    counts.set(name, values.set(value, (values.get(value) ?? 0) + documents));
  };
  const found = await Promise.all(moments.map(({ terms }) => filtersIn(terms, signal)));
  for (const each of found.flat()) count(each);
  return Object.fromEntries([...counts].map(([name, values]) => [name, Object.fromEntries(values)]));
}

interface Counted {
  readonly name: string;
  readonly value: string;
  readonly documents: number;
}

async function filtersIn(terms: TermSource, signal: AbortSignal): Promise<readonly Counted[]> {
  const names = (await terms.expand(FILTER_NAMES, MOST_VALUES, signal)).map(({ term }) => filterNameIn(term));
  // One by one: of a filter that has very many values the first are read, and all of the others.
  const found = await Promise.all(names.map((name) => valuesOf(name, terms, signal)));
  return found.flat();
}

async function valuesOf(name: string, terms: TermSource, signal: AbortSignal): Promise<readonly Counted[]> {
  const found = await terms.expand(filterValues(name), MOST_VALUES, signal);
  const postings = await terms.postings(
    found.map(({ term }) => term),
    signal,
  );
  return postings.flatMap((each) => {
    const documents = Math.max(0, ...passagesOf(each).map(({ length }) => length));
    return each === undefined || documents === 0 ? [] : [{ name, value: filterValueIn(each.term, name), documents }];
  });
}
