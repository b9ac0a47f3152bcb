import type { PassageId } from '../core/document.ts';
import type { FieldName, Query } from '../core/ports.ts';
import { nameKey, nameTerm, withoutKind } from '../index/lexical/names.ts';
import { NO_POSTINGS } from '../index/postings.ts';
import { FIELDS, type PassageNumber, type PassageNumbers, type TermPostings, type TermSource } from '../index/terms.ts';

export interface NamedParts {
  readonly terms: TermSource;
  readonly numbers: PassageNumbers;
}

export interface Named {
  /** They begin a page of that name; or, where there is none, of the name without what kind of thing it is: `json` for `json module`. */
  readonly pages: ReadonlySet<PassageId>;
  /** They begin a section of that name. */
  readonly sections: ReadonlySet<PassageId>;
  /** Where there are no such: of the name without its kind, `zip()` for `zip function`. Probable, not certain. */
  readonly probable: ReadonlySet<PassageId>;
}

export const nothingNamed: Named = { pages: new Set(), sections: new Set(), probable: new Set() };

/** "Parameters" and "Notes" are names of hundreds of sections, and choose none of them. */
const MOST_NAMED = 10;

/** The passages that a question names. An index that knows no names gives none. */
export async function namedPassages(query: Query, { terms, numbers }: NamedParts, signal: AbortSignal): Promise<Named> {
  if (query.excluded.length + query.fielded.length > 0) return nothingNamed;
  const key = nameKey(query.text);
  const asked = [key, withoutKind(key) ?? ''].map(nameTerm);
  const wanted = asked.flatMap((term) => term ?? []);
  const found = wanted.length === 0 ? [] : await terms.postings(wanted, signal);
  const [whole = NOWHERE, part = NOWHERE] = asked.map((term) => placesOf(found[wanted.indexOf(term ?? '')]));
  const idsOf = async (passages: readonly PassageNumber[]) =>
    new Set(passages.length === 0 ? [] : await numbers.idsOf(passages, signal));
  const [pages, sections, probable] = await Promise.all([
    idsOf(whole.pages.length > 0 ? whole.pages : part.pages),
    idsOf(whole.sections),
    idsOf(whole.sections.length > 0 ? [] : part.sections),
  ]);
  return { pages, sections, probable };
}

interface Places {
  readonly pages: readonly PassageNumber[];
  readonly sections: readonly PassageNumber[];
}

const NOWHERE: Places = { pages: [], sections: [] };

function placesOf(postings: TermPostings | undefined): Places {
  const fewOf = (field: FieldName): readonly PassageNumber[] => {
    const { passages, total } = postings?.fields[FIELDS.indexOf(field)] ?? NO_POSTINGS;
    return (total ?? passages.length) > MOST_NAMED ? [] : [...passages];
  };
  return { pages: fewOf('title'), sections: fewOf('heading') };
}
