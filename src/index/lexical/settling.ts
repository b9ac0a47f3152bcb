import type { Reading, TermPostings, TermSource } from '../terms.ts';
import { derivedWeight } from './candidates.ts';
import type { Plan } from './concepts.ts';
import type { Evidence } from './evidence.ts';

interface Outlined {
  readonly terms: TermSource;
  readonly plan: Plan;
  readonly evidence: readonly Evidence[];
  /** All terms that were read. */
  readonly known: ReadonlyMap<string, TermPostings>;
}

/**
 * All terms, with postings in place of outlines; undefined where there is no outline. Conditions (phrases, fielded and
 * excluded words) must know of every passage, and so need whole lists.
 */
export async function settleOutlines(
  { terms, plan, evidence, known }: Outlined,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, TermPostings> | undefined> {
  if (terms.settle === undefined || ![...known.values()].some(({ outline }) => outline !== undefined)) return undefined;
  const reading = (term: string, weight: number): readonly Reading[] => {
    const postings = known.get(term);
    return postings === undefined ? [] : [{ postings, weight }];
  };
  const concepts = evidence.map(({ key, terms: exact, derived }) => [
    ...exact.flatMap((term) => reading(term, 1)),
    ...derived.flatMap((each) => reading(each.term, derivedWeight(key, each))),
  ]);
  const conditions = plan.required.length + plan.excluded.length;
  const whole = conditions > 0 || evidence.some(({ field }) => field !== undefined);
  const others = whole ? [...known.values()].map((postings) => [{ postings, weight: 0 }]) : [];
  return new Map([...known, ...(await terms.settle([...concepts, ...others], whole, signal))]);
}
