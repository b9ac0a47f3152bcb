import { lazily } from '../../core/lazily.ts';
import type { FieldName, Query } from '../../core/ports.ts';
import type { Analyzer, Slot } from './analysis.ts';
import { fold, isAscii } from './folding.ts';
import { isLatin } from './languages.ts';
import { signTerm } from './signs.ts';
import { otherSpelling } from './spellings.ts';
import { isUnspaced, pieces } from './words.ts';

/** One thing a query asks for, in all languages of the corpus at once. Counts as one term for the score. */
export interface Concept {
  /** Index terms that stand for it, one way a language; the first names it. */
  readonly terms: readonly string[];
  /** Present: it must occur in that field. */
  readonly field?: FieldName;
  /** Present: the word being typed, folded; it matches as a prefix. */
  readonly typed?: string;
  /** The word as asked, folded, to look for what was meant if nothing matches; absent for parts of a word. */
  readonly surface?: string;
  /** Terms of what the word is made of, part by part: where the index holds all parts, nothing is misspelt. */
  readonly made?: readonly (readonly string[])[];
  /** Terms of the word as it is also spelt. */
  readonly spellings?: readonly string[];
}

/** A word and what it is made of: all its parts stand for it where no passage holds the word, or where a named field does not. */
export interface Need {
  readonly terms: readonly string[];
  readonly parts: readonly Need[];
}

export interface Requirement {
  readonly need: Need;
  readonly field?: FieldName;
}

/** A query in the terms of an index. */
export interface Plan {
  readonly concepts: readonly Concept[];
  /** A passage must meet all of them: words of fields and phrases that no language of the corpus drops. */
  readonly required: readonly Requirement[];
  /** A passage must meet none of them. */
  readonly excluded: readonly Need[];
  /** Excluded phrases: only the texts can tell. */
  readonly excludedPhrases: readonly string[];
}

/** Reads a query with each language's analyzer; alternatives of one word become one concept. */
export function planQuery(query: Query, analyzers: readonly Analyzer[]): Plan {
  const needs = (text: string) => needsOf(text, analyzers);
  const isStop = (word: string) => analyzers.some(({ slots }) => slots(word).length === 0);
  const fields = heldInFields(query.fielded, isStop);
  const typedField = query.typing && query.endsFielded ? query.fielded.at(-1) : undefined;
  const typedWord = query.typing && typedField === undefined ? query.words.length - 1 : -1;
  const loose = query.words.flatMap((word, at) => {
    const found = withSpellings(conceptsOf(word, needs(word), at === typedWord), analyzers);
    // What one language drops is no misspelt word of another: `when` does not mean Wen where some pages are not English.
    return at !== typedWord && isStop(word) ? found.map(({ surface: _, ...concept }) => concept) : found;
  });
  const phrases = query.phrases.flatMap(needs).flatMap((need) => conceptsOf('', [need], false));
  const fieldNeeds = fields.map(({ word }) => orSurface(needs(word), [word], analyzers));
  const fielded = fields.flatMap((each, at) =>
    conceptsOf(each.word, fieldNeeds[at] ?? [], each === typedField).map((concept) => ({
      ...concept,
      field: each.field,
    })),
  );
  // A stop word at the end is one, unless nothing else is asked for.
  const isAlone = loose.length + phrases.length + fielded.length === 1;
  if (typedWord >= 0 && !isAlone && needs(query.words[typedWord] ?? '').length === 0) loose.pop();
  const concepts = [...loose, ...phrases, ...fielded];
  // A question of stop words alone: ask for them as they are (they are indexed where a field holds nothing else).
  const spoken = concepts.length > 0 ? [] : orSurface([], [...query.words, ...query.phrases], analyzers);
  return {
    concepts: concepts.length > 0 ? concepts : spoken.flatMap((need) => conceptsOf('', [need], false)),
    // Stop words are not in the index beside others: of a phrase the reading of the texts finds them.
    required: [
      ...query.phrases.flatMap((phrase) => needs(withoutWords(phrase, isStop))).map((need) => ({ need })),
      ...fields.flatMap(({ field }, at) => (fieldNeeds[at] ?? []).map((need) => ({ need, field }))),
    ],
    excluded: query.excluded.filter(isOneWord).flatMap((word) => orSurface(needs(word), [word], analyzers)),
    excludedPhrases: query.excluded.filter((word) => !isOneWord(word)),
  };
}

/**
 * The fielded words that a passage can be held to. The index has stop words of those fields alone that hold nothing else, so
 * that beside other words of the same field they ask for nothing.
 */
export function heldInFields(fielded: Query['fielded'], isStop: (word: string) => boolean): Query['fielded'] {
  const named = new Set(fielded.flatMap(({ field, word }) => (isStop(word) ? [] : [field])));
  return fielded.filter(({ field, word }) => !named.has(field) || !isStop(word));
}

/** Prose may have it as two words: whoever asks for full-text means a full text search. */
const HYPHENATED = lazily(() => /^[^\p{L}\p{N}-]*[\p{L}\p{N}]+(?:[-\u2010\u2011][\p{L}\p{N}]+)+[^\p{L}\p{N}]*$/u);

function isHyphenated(word: string): boolean {
  return /[-\u2010\u2011]/.test(word) && HYPHENATED().test(word);
}

/** Of a question for nothing but one identifier (`foo_bar`, `--no-verify`, `useState`, `23505`, `->>`): the terms that stand for it as a whole. */
export function identifierOf({ words, phrases, fielded }: Query, analyzers: readonly Analyzer[]): readonly string[] {
  const [word = ''] = words;
  if (words.length !== 1 || phrases.length + fielded.length > 0) return [];
  if (isUnspaced(word) || isHyphenated(word)) return [];
  const [need, second] = needsOf(word, analyzers);
  if (need === undefined || second !== undefined) return [];
  return need.parts.length > 0 || /\d/.test(word) || signTerm(word) !== undefined ? need.terms : [];
}

function withoutWords(text: string, isLeftOut: (word: string) => boolean): string {
  return text
    .split(/\s+/)
    .filter((word) => !isLeftOut(word))
    .join(' ');
}

/** `found`, or where all were stop words their surface forms. */
function orSurface(found: readonly Need[], texts: readonly string[], analyzers: readonly Analyzer[]): readonly Need[] {
  if (found.length > 0) return found;
  return texts.flatMap((text) => analyzers[0]?.words(text) ?? []).map((word) => ({ terms: [word], parts: [] }));
}

function conceptsOf(word: string, needs: readonly Need[], typing: boolean): readonly Concept[] {
  const surface = word === '' ? undefined : surfaceOf(word);
  const concepts = needs.flatMap(({ terms, parts }, at): readonly Concept[] => [
    { terms, ...(surface !== undefined && needs.length === 1 && at === 0 ? { surface, ...madeOf(parts) } : {}) },
    ...parts.flatMap((part) => conceptsOf('', [part], false)),
  ]);
  if (!typing || surface === undefined || surface === '') return concepts;
  const first = concepts[0];
  // The prefix belongs to the word as a whole if it is one (`useSt` → usest), else to its last piece.
  if (needs.length === 1 && first !== undefined) return [{ ...first, typed: surface, surface }, ...concepts.slice(1)];
  const last = surfaceOf(pieces(word).at(-1) ?? '');
  if (last === '') return concepts;
  return needs.length === 0
    ? [{ terms: [last], typed: last }]
    : [...concepts.slice(0, -1), { ...(concepts.at(-1) ?? { terms: [last] }), typed: last }];
}

function madeOf(parts: readonly Need[]): Pick<Concept, 'made'> {
  return parts.length === 0 ? {} : { made: parts.map(({ terms }) => terms) };
}

/** A word of English beside its other spelling. */
function withSpellings(concepts: readonly Concept[], analyzers: readonly Analyzer[]): readonly Concept[] {
  const english = analyzers.find(({ language }) => language === 'en');
  return concepts.map((concept) => {
    const spelling = otherSpelling(concept.surface ?? '');
    const spellings = spelling === undefined ? [] : (english?.slots(spelling) ?? []).flatMap(({ terms }) => terms);
    return spellings.length === 0 ? concept : { ...concept, spellings };
  });
}

/** The word as one index term would begin: folded, its pieces joined. */
function surfaceOf(word: string): string {
  return pieces(word.replace(/^[^\p{L}\p{N}]+/u, ''))
    .map(fold)
    .join('');
}

/** Otherwise a phrase. */
export function isOneWord(text: string): boolean {
  return !/\s/.test(text);
}

/** A text word by word, as every language of the corpus reads it; stop words left out, operators as they are. */
export function needsOf(text: string, analyzers: readonly Analyzer[]): readonly Need[] {
  return text.split(/\s+/).flatMap((word) => {
    const sign = signTerm(word);
    return sign === undefined ? mergeSlots(readingsOf(word, analyzers)) : [{ terms: [sign], parts: [] }];
  });
}

/**
 * Each language's reading of a word, of those that do not drop it. A stop word is none of another language's words where that has
 * other letters: "the" would be a rare word of the one Hindi page.
 */
function readingsOf(word: string, analyzers: readonly Analyzer[]): readonly (readonly Slot[])[] {
  const readings = analyzers.map((analyzer) => ({ analyzer, slots: analyzer.slots(word) }));
  const isStop =
    isAscii(word) && readings.some(({ analyzer, slots }) => slots.length === 0 && isLatin(analyzer.language));
  return readings.flatMap(({ analyzer, slots }) =>
    slots.length === 0 || (isStop && !isLatin(analyzer.language)) ? [] : [slots],
  );
}

/** Readings of one text by several languages: slot by slot where they agree in number, else the first one's slots. */
function mergeSlots(readings: readonly (readonly Slot[])[]): readonly Need[] {
  const [first = []] = readings;
  return first.map((slot, at) => {
    const same = readings.filter((reading) => reading.length === first.length).map((reading) => reading[at] ?? slot);
    return {
      terms: [...new Set(same.flatMap(({ terms }) => terms))],
      parts: mergeSlots(same.map(({ parts }) => parts).filter((parts) => parts.length > 0)),
    };
  });
}

/** Edits forgiven: none for short words and for names with figures, whose neighbours are other names. */
export function forgivenEdits(word: string): number {
  if (/\p{N}/u.test(word) || (!isAscii(word) && /\p{Lo}/u.test(word))) return 0;
  return word.length >= 8 ? 2 : word.length >= 4 ? 1 : 0;
}
