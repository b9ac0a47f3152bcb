import { lazily } from '../../core/lazily.ts';
import { phraseUnits } from './phrases.ts';

/** `25.1.`, `F.1.`, `Chapter 5.`, `Part III.`, `3.2` before a heading. */
const NUMBER = lazily(() => /^(?:(?:\p{L}+\s+)?(?:\p{Lu}|[IVXLC]+|\d+)(?:\.\d+)*[.:]|\d+(?:\.\d+)*)\s+/u);
/** What follows a name: `zipfile — Work with ZIP archives`, `parser: Parsing messages`. */
const EXPLANATION = /(?:\s[—–|-]|:)\s.*$/su;
/** `zipfile.ZipFile` in `class zipfile.ZipFile(file)`. */
const CALLED = /(?<!\S)[^\s(]+(?=\()/u;
/** Before a call stand types and kinds (`class`, `unsigned long`, `PyObject *`); a word of a sentence begins with a capital, or comes after one. */
const PLAIN_WORD = lazily(() => /^\p{Lu}[\p{Ll}’'-]*$/u);
const CALL_OF_KIND = /^(?:the|an?)\s(?:\S+\s)?[^\s(]+\([^()]*\)\s(\w+)$/iu;
/** Each of `-f, --failfast` and `--output <file>`. */
const OPTION = lazily(() => /(?<!\S)--?[\p{L}\p{N}][^\s,=[<]*/gu);
/** Nobody asks for "The with statement" with its article. */
const ARTICLE = /^(?:the|an?) (?=.)/u;
/** 99 of 100 titles of Python's and PostgreSQL's manuals are no longer; what is longer is mostly a question, and need not look a name up. */
const LONGEST_KEY = 48;

/** `>>>` and `...` are entries of Python's glossary. */
const SIGNS = /^[!#$%&*+\-/:<=>?@\\^|~.]{1,4}$/;

/** What names are compared by: the words as they are, of an operator its signs. `opener` is not `open`, and `pg_dump` is `pg dump`. '' where there are none. */
export function nameKey(text: string): string {
  const key = phraseUnits(text).join(' ').replace(ARTICLE, '');
  return key === '' && SIGNS.test(text.trim()) ? text.trim() : key;
}

/** `queue.Queue.put`, as generators of reference pages make anchors. */
const QUALIFIED = /^[A-Za-z_]\w*(?:(?:\.|::|#)\w+)+$/;
/** `Queue.put` in `Queue.put(item)`, `xml.sax.XMLReader` in `class xml.sax.XMLReader`: a heading that is nothing but a name of parts. */
const OF_PARTS = /^(?:[a-z]+ )*(?:[A-Za-z_]\w*(?:\.|::|#))+(\w+)(?:[(,].*)?$/s;
/** What is written in the language itself: `with` is the whole of "The with statement", where `data` is not that of "data type". */
const SPOKEN_KINDS: ReadonlySet<string> = new Set(['clause', 'command', 'keyword', 'operator', 'statement']);
const MOST_WORDS_SPOKEN = 3;

/**
 * The keys of what a title or a heading names: itself, without its number, without what explains it, what is called, and options;
 * a keyword without its kind; and the anchor, where that is the heading's name in full.
 */
export function nameKeys(heading: string, anchor = ''): ReadonlySet<string> {
  const unnumbered = heading.replace(NUMBER(), '');
  const names = [heading, unnumbered, unnumbered.replace(EXPLANATION, ''), calledIn(unnumbered)];
  const options = unnumbered.startsWith('-') ? (unnumbered.match(OPTION()) ?? []) : [];
  const keys = [...names, ...options].map(nameKey).filter((key) => key !== '');
  const full = QUALIFIED.test(anchor) ? nameKey(anchor) : '';
  const isFull = keys.some((key) => full.endsWith(` ${key}`));
  return new Set([...keys, ...keys.flatMap(spoken), ...(isFull ? [full] : [])]);
}

/** What a heading declares, as it is called; '' where there is no call, or one that is spoken of: "Why doesn't list.sort() return the list?". */
function calledIn(heading: string): string {
  const call = CALLED.exec(heading);
  if (call === null) return '';
  const before = heading.slice(0, call.index).split(/\s+/).filter(Boolean);
  // "The parse_args() method".
  const kind = CALL_OF_KIND.exec(heading)?.[1];
  if (kind !== undefined && KINDS.has(kind.toLowerCase())) return call[0];
  const isProse = before.some((word) => PLAIN_WORD().test(word) && !KINDS.has(word.toLowerCase()));
  return isProse ? '' : call[0];
}

function spoken(key: string): readonly string[] {
  const words = key.split(' ');
  const isSpoken = SPOKEN_KINDS.has(words.at(-1) ?? '') && words.length > 1 && words.length <= MOST_WORDS_SPOKEN;
  return isSpoken ? [words.slice(0, -1).join(' ')] : [];
}

/** The key of the last part of a heading that is a name of parts: `put` of `Queue.put()`; '' where it is none. */
export function lastPartKey(heading: string): string {
  return nameKey(OF_PARTS.exec(heading)?.[1] ?? '');
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

/**
 * Behind the key of a name's last part. Told from names, for these go first, and `get` is the last part of too many to choose from;
 * beside them among the terms, so that one block of a published index mostly has both.
 */
const LAST_PART = '.';

/** The index term of a name's key; undefined where it is too long for one. */
export function nameTerm(key: string): string | undefined {
  return key === '' || key.length > LONGEST_KEY ? undefined : NAME + key;
}

/** The index term of the key of a name's last part. */
export function lastPartTerm(key: string): string | undefined {
  const name = nameTerm(key);
  return name && name + LAST_PART;
}

export function isNameTerm(term: string): boolean {
  return term.startsWith(NAME);
}

/** The terms of a title or heading's names, and of the last part of it. */
export function nameTerms(heading: string, anchor = ''): readonly string[] {
  return [...[...nameKeys(heading, anchor)].map(nameTerm), lastPartTerm(lastPartKey(heading))].flatMap(
    (term) => term ?? [],
  );
}
