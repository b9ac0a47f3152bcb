import type { StoredPassage } from '../core/document.ts';
import { fold } from '../index/lexical/folding.ts';
import { lastPartKey, nameKey, nameKeys, withoutKind } from '../index/lexical/names.ts';

/** Of so many results the named ones come first: a longer list begins as a shorter one does. */
const AMONG = 10;

interface Nameable {
  readonly passage: Pick<StoredPassage, 'documentId' | 'title' | 'heading' | 'anchor' | 'weight'>;
  readonly score: number;
}

/**
 * Who asks for `VACUUM` wants the page of that name, not one that has the word more often: a page whose title is wholly the
 * question comes first, then sections whose last heading is, or ends in it where none is; of each page one result. BM25 adds up words and
 * cannot know. What weighs less than the rest stays where it is. The places keep their scores.
 */
export function namesFirst<T extends Nameable>(question: string, results: readonly T[]): readonly T[] {
  const asked = nameKey(question);
  // Of signs alone: each heading would include it.
  if (asked === '') return results;
  const among = results.slice(0, AMONG).filter(({ passage }) => passage.weight >= 1);
  const pagesOf = (key: string) =>
    among.flatMap(({ passage: { documentId, title } }) => (isNamed(title, '', key) ? [documentId] : []));
  const whole = pagesOf(asked);
  const bare = withoutKind(asked);
  const pages = new Set(whole.length > 0 || bare === undefined ? whole : pagesOf(bare));
  const own = sectionsNamed(question, asked, among);
  if (pages.size + own.length === 0) return results;
  // The passage under the page's own name before others of the page.
  const ofPages = [...own, ...among].filter(({ passage }) => pages.has(passage.documentId));
  const ofSections = own.filter(({ passage }) => !pages.has(passage.documentId));
  const first = [...firstOfEachPage(ofPages), ...ofSections];
  const order = new Set([...first, ...results]);
  return [...order].map((result, at) => ({ ...result, score: results[at]?.score ?? result.score }));
}

function sectionsNamed<T extends Nameable>(question: string, asked: string, among: readonly T[]): readonly T[] {
  const headingOf = ({ passage: { title, heading } }: T) => heading.at(-1) ?? title;
  const whole = among.filter((each) => isNamed(headingOf(each), each.passage.anchor, asked));
  const isWord = !/\s/.test(question.trim());
  const named = whole.length > 0 || !isWord ? whole : among.filter((each) => lastPartKey(headingOf(each)) === asked);
  // A function before the methods of that name, which stand deeper in their pages. Of chapters that says nothing.
  const isCalled = named.some((each) => headingOf(each).includes('('));
  return isCalled ? named.sort((a, b) => a.passage.heading.length - b.passage.heading.length) : named;
}

function firstOfEachPage<T extends Nameable>(all: readonly T[]): readonly T[] {
  const found = new Map<string, T>();
  for (const one of all) if (!found.has(one.passage.documentId)) found.set(one.passage.documentId, one);
  return [...found.values()];
}

function isNamed(heading: string, anchor: string, asked: string): boolean {
  // Most are not, and to tell so must cost nothing.
  if (!fold(`${heading} ${anchor}`).includes(asked.split(' ', 1)[0] ?? '')) return false;
  return nameKeys(heading, anchor).has(asked);
}
