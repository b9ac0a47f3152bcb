import { fold } from '../index/lexical/folding.ts';
import { nameKey, nameKeys, withoutKind } from '../index/lexical/names.ts';
import type { Result } from './types.ts';

/** Of so many results the named ones come first: a longer list begins as a shorter one does. */
const AMONG = 10;

type Nameable = Pick<Result, 'documentId' | 'title' | 'heading' | 'score'>;

/**
 * Who asks for `VACUUM` wants the page of that name, not one that has the word more often: a page whose title is wholly the
 * question comes first, then sections whose last heading is; of each page one result. BM25 adds up words and cannot know. The places
 * keep their scores.
 */
export function namesFirst<T extends Nameable>(question: string, results: readonly T[]): readonly T[] {
  const asked = nameKey(question);
  // Of signs alone: each heading would include it.
  if (asked === '') return results;
  const among = results.slice(0, AMONG);
  const pagesOf = (key: string) => among.flatMap(({ documentId, title }) => (isNamed(title, key) ? [documentId] : []));
  const whole = pagesOf(asked);
  const bare = withoutKind(asked);
  const pages = new Set(whole.length > 0 || bare === undefined ? whole : pagesOf(bare));
  // A function before the methods of that name, which stand deeper in their pages.
  const own = among
    .filter(({ title, heading }) => isNamed(heading.at(-1) ?? title, asked))
    .sort((a, b) => a.heading.length - b.heading.length);
  if (pages.size + own.length === 0) return results;
  // The passage under the page's own name before others of the page.
  const ofPages = [...own, ...among].filter(({ documentId }) => pages.has(documentId));
  const ofSections = own.filter(({ documentId }) => !pages.has(documentId));
  const first = [...firstOfEachPage(ofPages), ...ofSections];
  const order = new Set([...first, ...results]);
  return [...order].map((result, at) => ({ ...result, score: results[at]?.score ?? result.score }));
}

function firstOfEachPage<T extends Nameable>(all: readonly T[]): readonly T[] {
  const found = new Map<string, T>();
  for (const one of all) if (!found.has(one.documentId)) found.set(one.documentId, one);
  return [...found.values()];
}

function isNamed(heading: string, asked: string): boolean {
  // Most are not, and to tell so must cost nothing.
  if (!fold(heading).includes(asked.split(' ', 1)[0] ?? '')) return false;
  return nameKeys(heading).has(asked);
}
