import type { PassageId } from '../core/document.ts';
import type { Query } from '../core/ports.ts';
import { createAnalyzers } from '../index/lexical/analysis.ts';
import { identifierOf } from '../index/lexical/concepts.ts';
import type { PassageNumbers, TermSource } from '../index/terms.ts';

export interface IdentifierParts {
  readonly terms: TermSource;
  readonly numbers: PassageNumbers;
  /** BCP 47 of questions; the corpus's own languages if absent. */
  readonly languages?: readonly string[];
}

/** A name that more passages hold than a list is long chooses none of them. */
const MOST_HOLDERS = 100;

/**
 * The passages that hold the identifier which is all that a question asks for (`configuration_limit_exceeded`): none where it asks for
 * something else, where nothing holds it, and where very many do. By its meaning, a name is what its words are like.
 */
export async function identifierHolders(
  query: Query,
  { terms, numbers, languages }: IdentifierParts,
  signal: AbortSignal,
): Promise<ReadonlySet<PassageId>> {
  const analyzers = await createAnalyzers(languages ?? terms.statistics().languages);
  const names = identifierOf(query, analyzers);
  const found = names.length === 0 ? [] : await terms.postings(names, signal);
  if (found.some((postings) => postings?.outline !== undefined)) return new Set();
  const lists = found.flatMap((postings) => postings?.fields ?? []);
  const holders = new Set(lists.flatMap(({ passages }) => [...passages]));
  const ids = holders.size > MOST_HOLDERS ? [] : await numbers.idsOf([...holders], signal);
  return new Set(ids.filter((id) => id !== undefined));
}
