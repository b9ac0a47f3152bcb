import { fold } from '../index/lexical/folding.ts';
import { phraseUnits } from '../index/lexical/phrases.ts';
import type { Result } from './types.ts';

/** Of so many results the named ones come first: a longer list begins as a shorter one does. */
const AMONG = 10;

/** `25.1.`, `F.1.`, `Chapter 5.`, `Part III.`, `3.2` before a heading. */
const NUMBER = /^(?:(?:\p{L}+\s+)?(?:\p{Lu}|[IVXLC]+|\d+)(?:\.\d+)*[.:]|\d+(?:\.\d+)*)\s+/u;
/** What follows a name: `zipfile — Work with ZIP archives`, `parser: Parsing messages`. */
const EXPLANATION = /(?:\s[—–|-]|:)\s.*$/su;
/** `zipfile.ZipFile` in `class zipfile.ZipFile(file)`. */
const CALLED = /(?<!\S)[^\s(]+(?=\()/u;

type Named = Pick<Result, 'documentId' | 'title' | 'heading' | 'score'>;

/**
 * Who asks for `VACUUM` wants the page of that name, not one that has the word more often: a page whose title is wholly the
 * question comes first, then sections whose last heading is; of each page one result. BM25 adds up words and cannot know. The places
 * keep their scores.
 */
export function namesFirst<T extends Named>(question: string, results: readonly T[]): readonly T[] {
  const asked = keyOf(question);
  const among = results.slice(0, AMONG);
  const pages = new Set(among.flatMap(({ documentId, title }) => (isNamed(title, asked) ? [documentId] : [])));
  const own = among.filter(({ title, heading }) => isNamed(heading.at(-1) ?? title, asked));
  if (asked === '' || pages.size + own.length === 0) return results;
  // The passage under the page's own name before others of the page.
  const ofPages = [...own, ...among].filter(({ documentId }) => pages.has(documentId));
  const ofSections = own.filter(({ documentId }) => !pages.has(documentId));
  const first = [...firstOfEachPage(ofPages), ...ofSections];
  const order = new Set([...first, ...results]);
  return [...order].map((result, at) => ({ ...result, score: results[at]?.score ?? result.score }));
}

function firstOfEachPage<T extends Named>(all: readonly T[]): readonly T[] {
  const found = new Map<string, T>();
  for (const one of all) if (!found.has(one.documentId)) found.set(one.documentId, one);
  return [...found.values()];
}

function isNamed(heading: string, asked: string): boolean {
  // Most are not, and to tell so must cost nothing.
  if (!fold(heading).includes(asked.split(' ', 1)[0] ?? '')) return false;
  const bare = heading.replace(NUMBER, '');
  return [heading, bare, bare.replace(EXPLANATION, ''), CALLED.exec(bare)?.[0] ?? ''].some(
    (name) => keyOf(name) === asked,
  );
}

/** By its words as they are: `opener` is not `open`, and `pg_dump` is `pg dump`. */
function keyOf(text: string): string {
  return phraseUnits(text).join(' ');
}
