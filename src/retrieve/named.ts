import type { PassageId } from '../core/document.ts';
import type { Query } from '../core/ports.ts';
import { nameKey, nameTerm } from '../index/lexical/names.ts';
import type { PassageNumbers, TermSource } from '../index/terms.ts';

export interface NamedParts {
  readonly terms: TermSource;
  readonly numbers: PassageNumbers;
}

/** "Parameters" and "Notes" are names of hundreds of sections, and choose none of them. */
const MOST_NAMED = 10;

/**
 * The passages that stand under the name which is all that a question asks for: of pages first, then of sections. An index that knows no
 * names gives none.
 */
export async function namedPassages(
  query: Query,
  { terms, numbers }: NamedParts,
  signal: AbortSignal,
): Promise<ReadonlySet<PassageId>> {
  const term = nameTerm(nameKey(query.text));
  if (term === undefined || query.excluded.length + query.fielded.length > 0) return new Set();
  const [found] = await terms.postings([term], signal);
  const few = (found?.fields ?? []).filter(({ passages, total }) => (total ?? passages.length) <= MOST_NAMED);
  const named = new Set(few.flatMap(({ passages }) => [...passages]));
  return new Set(named.size === 0 ? [] : await numbers.idsOf([...named], signal));
}
