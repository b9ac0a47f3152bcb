import type { PassageId } from '../core/document.ts';
import type { FieldName, Query } from '../core/ports.ts';
import { lastPartTerm, nameKey, nameTerm, withoutKind } from '../index/lexical/names.ts';
import { NO_POSTINGS } from '../index/postings.ts';
import { FIELDS, type FieldPostings, type PassageNumbers, type TermPostings, type TermSource } from '../index/terms.ts';

export interface NamedParts {
  readonly terms: TermSource;
  readonly numbers: PassageNumbers;
}

export interface NamedPassages {
  /** They begin a page of that name; or, where there is none, of the name without what kind of thing it is: `json` for `json module`. */
  readonly pages: ReadonlySet<PassageId>;
  /** They begin a section of that name; or, where nothing has it, of a name that it is the last part of: `Queue.put()` for `put`. */
  readonly sections: ReadonlySet<PassageId>;
  /** Where there are no such: of the name without its kind, `zip()` for `zip function`. Probable, not certain. */
  readonly probable: ReadonlySet<PassageId>;
}

export const nothingNamed: NamedPassages = { pages: new Set(), sections: new Set(), probable: new Set() };

/** "Parameters" and "Notes" are names of hundreds of sections, and choose none of them. */
const MOST_NAMED = 10;

/** The passages that a question names. An index that knows no names gives none. */
export async function namedPassages(
  query: Query,
  { terms, numbers }: NamedParts,
  signal: AbortSignal,
): Promise<NamedPassages> {
  if (query.excluded.length + query.fielded.length > 0) return nothingNamed;
  const key = nameKey(query.text);
  const isWord = !/\s/.test(query.text.trim());
  const asked = [nameTerm(key), nameTerm(withoutKind(key) ?? ''), isWord ? lastPartTerm(key) : undefined];
  const wanted = asked.filter((term) => term !== undefined);
  const found = wanted.length === 0 ? [] : await terms.postings(wanted, signal);
  const byTerm = new Map(wanted.map((term, at) => [term, found[at]]));
  const [whole, bare, last] = asked.map((term) => byTerm.get(term ?? ''));
  const isNamed = (['title', 'heading'] as const).some((field) => countOf(namedIn(whole, field)) > 0);
  const idsOf = async (named: FieldPostings) => {
    const count = countOf(named);
    const ids = count === 0 || count > MOST_NAMED ? [] : await numbers.idsOf([...named.passages], signal);
    return new Set(ids.filter((id) => id !== undefined));
  };
  /** Where more have the whole name than it can choose from, the bare one is not what was asked for either. */
  const elseBare = (field: FieldName) => (countOf(namedIn(whole, field)) > 0 ? NO_POSTINGS : namedIn(bare, field));
  const [ofWhole, ofBare, sections, probable] = await Promise.all([
    idsOf(namedIn(whole, 'title')),
    idsOf(elseBare('title')),
    idsOf(namedIn(isNamed ? whole : last, 'heading')),
    idsOf(elseBare('heading')),
  ]);
  return { pages: new Set([...ofWhole, ...ofBare]), sections, probable };
}

function namedIn(postings: TermPostings | undefined, field: FieldName): FieldPostings {
  return postings?.fields[FIELDS.indexOf(field)] ?? NO_POSTINGS;
}

function countOf({ passages, total }: FieldPostings): number {
  return total ?? passages.length;
}
