import type { Cache } from './cache.ts';
import type { TermPostings } from './terms.ts';

/** What the cache keys of decoded postings begin with. */
export const KNOWN_POSTINGS = 'terms@';

const BYTES_PER_POSTING = 6;
/** Of a term without postings, too: that nothing holds it is known then. */
const BYTES_PER_TERM = 200;

interface Known {
  readonly postings: TermPostings | undefined;
}

/**
 * Postings of terms from the cache where they have been asked for before (each keystroke asks for the words before it
 * again), else by `read`. They are of one generation, since numbers and tombstones change with every write.
 */
export async function knownPostings(
  terms: readonly string[],
  read: (missing: readonly string[]) => Promise<readonly (TermPostings | undefined)[]>,
  generation: number,
  cache: Cache | undefined,
): Promise<readonly (TermPostings | undefined)[]> {
  if (cache === undefined) return read(terms);
  const key = (term: string) => `${KNOWN_POSTINGS}${generation}@${term}`;
  const found = terms.map((term) => cache.get<Known>(key(term)));
  const missing = terms.filter((_, at) => found[at] === undefined);
  const loaded = missing.length === 0 ? [] : await read(missing);
  for (const [at, term] of missing.entries()) {
    const postings = loaded[at];
    const length = postings?.fields.reduce((sum, { passages }) => sum + passages.length, 0) ?? 0;
    cache.set(key(term), { postings } satisfies Known, BYTES_PER_TERM + length * BYTES_PER_POSTING);
  }
  let next = 0;
  return found.map((known) => (known === undefined ? loaded[next++] : known.postings));
}
