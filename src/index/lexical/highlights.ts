import type { Query } from '../../core/ports.ts';
import { type Analyzer, createAnalyzer, type Slot } from './analysis.ts';
import { fold, isAscii } from './folding.ts';
import { isLatin } from './languages.ts';
import { type Beginnings, beginningsOf, rangesByBeginnings, rangesOf } from './marking.ts';
import { phraseUnits, placePhrases } from './phrases.ts';
import { placedSigns, signTerm } from './signs.ts';
import type { TextRange } from './text-range.ts';
import { isHangul, isUnspaced, pieces } from './words.ts';

export { type Excerpt, excerpt } from './excerpt.ts';

interface Wanted {
  readonly terms: ReadonlySet<string>;
  /** Folded: a word that begins with one of them is wanted. */
  readonly prefixes: readonly string[];
}

/** What a query asks for in texts. */
export interface Matcher {
  /** Where it stands: ascending, and apart. */
  ranges(text: string): readonly TextRange[];
  /** Which of the query's terms a marked word stands for: `reads` for the same as `Reading`, a name with parts for these too. */
  asked(word: string): readonly string[];
}

/**
 * Finds the words of a text that a query asks for: the same stem in one of the languages, the word being typed by its
 * beginning, phrases as a whole, operators; and the terms that were `meant` by misspelt words.
 */
export async function matcher(
  query: Query,
  languages: readonly string[],
  meant: Iterable<string> = [],
): Promise<Matcher> {
  const analyzers = await Promise.all((languages.length > 0 ? languages : ['en']).map(createAnalyzer));
  const loose = [...query.words, ...query.fielded.map(({ word }) => word)];
  const asked = [...loose, ...query.phrases];
  const phrases = query.phrases.map(phraseUnits).filter((units) => units.length > 1);
  const typed = query.typing ? (query.endsFielded ? loose : query.words).at(-1) : undefined;
  const korean = koreanWords(loose);
  const foreign = analyzers.every(({ language }) => isLatin(language)) ? asked : await withoutEnglishStopWords(asked);
  const wantedBy = (analyzer: Analyzer): Wanted => {
    const words = isLatin(analyzer.language) ? asked : foreign;
    const prefixes = [...typedPrefix(typed, words, analyzer), ...korean];
    return { terms: new Set([...analyzer.analyze(words.join('\n')), ...meant]), prefixes };
  };
  const wanted = new Map(analyzers.map((analyzer) => [analyzer, wantedBy(analyzer)]));
  const verdicts = new Map<string, boolean>();
  const begin = analyzers.every(({ language }) => language === 'en') ? beginnings(wanted.values()) : undefined;
  const matches = (word: string): boolean => {
    const known = verdicts.get(word);
    if (known !== undefined) return known;
    const verdict = [...wanted].some(([analyzer, each]) => isWanted(word, analyzer, each));
    if (verdicts.size < 10_000) verdicts.set(word, verdict);
    return verdict;
  };
  const words = (text: string) =>
    begin === undefined ? rangesOf(text, matches) : rangesByBeginnings(text, matches, begin);
  const signs = new Set(query.words.filter((word) => signTerm(word) !== undefined));
  const operators = (text: string) =>
    signs.size === 0 ? [] : [...placedSigns(text)].filter(({ sign }) => signs.has(sign));
  const asksFor = new Map<string, readonly string[]>();
  return {
    ranges: (text) => union([...placePhrases(text, phrases), ...words(text), ...operators(text)]),
    asked(word) {
      const key = word.toLowerCase();
      const known = asksFor.get(key) ?? askedBy(key, wanted);
      asksFor.set(key, known);
      return known;
    },
  };
}

/** What a marked word stands for; itself where that is no term (a phrase, an operator, a word half typed). */
function askedBy(word: string, wanted: ReadonlyMap<Analyzer, Wanted>): readonly string[] {
  const found = new Set<string>();
  const add = ({ terms, parts }: Slot, own: ReadonlySet<string>) => {
    const first = terms.find((term) => own.has(term));
    if (first !== undefined) found.add(first);
    for (const part of parts) add(part, own);
  };
  for (const [analyzer, { terms }] of wanted) for (const slot of analyzer.slots(word)) add(slot, terms);
  return found.size === 0 ? [word] : [...found];
}

/** In a text of other letters "the" is no word of its language, and lights up nothing; unless nothing else is asked. */
async function withoutEnglishStopWords(asked: readonly string[]): Promise<readonly string[]> {
  const english = await createAnalyzer('en');
  const kept = asked.filter((word) => !isAscii(word) || english.slots(word).length > 0);
  return kept.length > 0 ? kept : asked;
}

/**
 * What the words begin with that are being typed: the last piece as a whole, as planQuery() has it. A stop word beside others asks
 * for nothing, and one letter begins too many words to be worth a mark.
 */
function typedPrefix(typed: string | undefined, words: readonly string[], analyzer: Analyzer): readonly string[] {
  if (typed === undefined || !words.includes(typed)) return [];
  if (analyzer.slots(typed).length === 0 && analyzer.slots(words.join('\n')).length > 0) return [];
  const prefix = fold(pieces(typed).at(-1) ?? '');
  return prefix.length > 1 || isUnspaced(prefix) ? [prefix] : [];
}

/** Korean words take endings; those of two syllables or more are found without by their bigrams. */
function koreanWords(words: readonly string[]): readonly string[] {
  return words
    .filter((word) => !isAscii(word))
    .flatMap(pieces)
    .filter(isHangul)
    .map(fold)
    .filter((word) => word.length > 1);
}

function isWanted(word: string, analyzer: Analyzer, { terms, prefixes }: Wanted): boolean {
  if (prefixes.some((prefix) => fold(word).startsWith(prefix))) return true;
  const [slot] = analyzer.slots(word);
  // A stop word gives no slot, and is wanted only by a query of stop words alone.
  return slot === undefined ? terms.has(fold(word)) : holds(slot, terms);
}

function holds({ terms }: Slot, wanted: ReadonlySet<string>): boolean {
  return terms.some((term) => wanted.has(term));
}

function beginnings(all: Iterable<Wanted>): Beginnings {
  return beginningsOf([...all].flatMap(({ terms, prefixes }) => [...terms, ...prefixes]));
}

function union(ranges: readonly TextRange[]): readonly TextRange[] {
  const joined: TextRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = joined.at(-1);
    if (last !== undefined && range.start < last.end)
      joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    else joined.push(range);
  }
  return joined;
}
