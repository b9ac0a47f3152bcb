import { lazily } from '../../core/lazily.ts';
import { phraseUnits } from './phrases.ts';

/** `25.1.`, `F.1.`, `Chapter 5.`, `Part III.`, `3.2` before a heading. */
const NUMBER = lazily(() => /^(?:(?:\p{L}+\s+)?(?:\p{Lu}|[IVXLC]+|\d+)(?:\.\d+)*[.:]|\d+(?:\.\d+)*)\s+/u);
/** What follows a name: `zipfile — Work with ZIP archives`, `parser: Parsing messages`. */
const EXPLANATION = /(?:\s[—–|-]|:)\s.*$/su;
/** `zipfile.ZipFile` in `class zipfile.ZipFile(file)`. */
const CALLED = /(?<!\S)[^\s(]+(?=\()/u;
/** Each of `-f, --failfast` and `--output <file>`. */
const OPTION = lazily(() => /(?<!\S)--?[\p{L}\p{N}][^\s,=[<]*/gu);
/** Nobody asks for "The with statement" with its article. */
const ARTICLE = /^(?:the|an?) (?=.)/u;
/** 99 of 100 titles of Python's and PostgreSQL's manuals are no longer; what is longer is mostly a question, and need not look a name up. */
const LONGEST_KEY = 48;

/** What names are compared by: the words as they are. `opener` is not `open`, and `pg_dump` is `pg dump`. '' where there are none. */
export function nameKey(text: string): string {
  return phraseUnits(text).join(' ').replace(ARTICLE, '');
}

/** The keys of what a title or a heading names: itself, without its number, without what explains it, what is called, and options. */
export function nameKeys(heading: string): ReadonlySet<string> {
  const unnumbered = heading.replace(NUMBER(), '');
  const names = [heading, unnumbered, unnumbered.replace(EXPLANATION, ''), CALLED.exec(unnumbered)?.[0] ?? ''];
  const options = unnumbered.startsWith('-') ? (unnumbered.match(OPTION()) ?? []) : [];
  return new Set([...names, ...options].map(nameKey).filter((key) => key !== ''));
}

/** What readers of documentation in English call the things that they ask for by name. */
const KINDS: ReadonlySet<string> = new Set(
  'attribute builtin class clause command component constant decorator directive event exception field function hook keyword library macro method module operator option package parameter property setting statement tool type utility variable'.split(
    ' ',
  ),
);
/** A longer question is a sentence, and its last word no kind. */
const MOST_WORDS_WITH_KIND = 4;

/** `zip` of `zip function` and `function zip`; undefined where a key names no kind of thing. */
export function withoutKind(key: string): string | undefined {
  const words = key.split(' ');
  if (words.length < 2 || words.length > MOST_WORDS_WITH_KIND) return undefined;
  if (KINDS.has(words.at(-1) ?? '')) return words.slice(0, -1).join(' ');
  return KINDS.has(words[0] ?? '') ? words.slice(1).join(' ') : undefined;
}

/** No word's term begins so: names lie by themselves among the terms, and nothing half typed or misspelt finds them. */
const NAME = '=';

/** The index term of a name's key; undefined where it is too long for one. */
export function nameTerm(key: string): string | undefined {
  return key === '' || key.length > LONGEST_KEY ? undefined : NAME + key;
}

export function isNameTerm(term: string): boolean {
  return term.startsWith(NAME);
}

/** The terms of a title or heading's names. */
export function nameTerms(heading: string): readonly string[] {
  return [...nameKeys(heading)].flatMap((key) => nameTerm(key) ?? []);
}
