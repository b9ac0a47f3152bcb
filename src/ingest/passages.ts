import { type Document, type Passage, passageId, type Section } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import { type Cutter, countWords, cutter, whole } from './sentences.ts';

export { CHUNKER_VERSION } from './chunker-version.ts';

export interface PassageOptions {
  /** No passage is longer; words as countWords() counts them. 180 by default. */
  readonly maxWords?: number;
  /** Shorter neighbours under one heading become one passage. 8 by default. */
  readonly fewWords?: number;
}

/** Letters a word may have before it is cut; see countWords(). */
const LETTERS_A_WORD = 24;
/** From this part of the wanted length on, a passage ends where a paragraph does. */
const NEARLY_FULL = 0.75;

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly words: number;
  readonly section: Section;
}

/**
 * Cuts a document at its headings, then at sentences, into passages of about the same length, at most `maxWords`.
 * The passages tile the document: joined, they are its text. None goes across a change of weight. A heading that
 * stands alone goes with the section after it, and neighbours of a few words go together under the first's heading.
 * A section of weight 0 is left out: a search by meaning knows no weights.
 */
export function splitPassages(document: Document, options: PassageOptions = {}): readonly Passage[] {
  const { maxWords = 180, fewWords = 8 } = options;
  if (!(maxWords >= 1)) throw new SearchError('bad-input', `maxWords must be 1 or more, not ${maxWords}.`);
  const cut = cutter(document.language);
  const passages: Passage[] = [];
  for (const { start, end, words, section } of joinSections(document, fewWords, maxWords)) {
    if (section.weight === 0) continue;
    const text = document.text.slice(start, end);
    let at = start;
    for (const part of words <= maxWords ? [text] : splitText(text, maxWords, cut)) {
      passages.push({
        id: passageId(document.id, passages.length),
        documentId: document.id,
        start: at,
        end: at + part.length,
        heading: section.heading,
        anchor: section.anchor,
        weight: section.weight,
        text: part,
      });
      at += part.length;
    }
  }
  return passages;
}

function joinSections(document: Document, fewWords: number, maxWords: number): readonly Stretch[] {
  const joined: Stretch[] = [];
  let carried: number | undefined;
  for (const [index, section] of document.sections.entries()) {
    const next = document.sections[index + 1];
    const start = carried ?? section.start;
    carried = undefined;
    if (next !== undefined && leadsInto(section, next) && isLoneHeading(document, section)) {
      carried = start;
      continue;
    }
    const stretch = { start, end: section.end, section, words: countWords(document.text.slice(start, section.end)) };
    const last = joined.at(-1);
    const together = last === undefined ? stretch.words : last.words + stretch.words;
    const areFew = last !== undefined && last.words < fewWords && stretch.words < fewWords && together <= maxWords;
    if (areFew && areSiblings(last.section, section))
      joined[joined.length - 1] = { ...last, end: stretch.end, words: together };
    else joined.push(stretch);
  }
  return joined;
}

/** A section that holds nothing but its heading, or the title. */
function isLoneHeading(document: Document, section: Section): boolean {
  const own = section.heading.at(-1) ?? document.title;
  if (section.end - section.start > own.length + 8) return false;
  return document.text.slice(section.start, section.end).trim() === own;
}

/** `next` stands under the heading of `section`, or beside it under the same heading above. */
function leadsInto(section: Section, next: Section): boolean {
  const above = section.heading.slice(0, -1);
  return (
    next.weight === section.weight &&
    next.heading.length >= section.heading.length &&
    above.every((heading, index) => heading === next.heading[index])
  );
}

function areSiblings(a: Section, b: Section): boolean {
  return a.weight === b.weight && a.heading.length === b.heading.length && leadsInto(a, b);
}

function splitText(text: string, maxWords: number, cut: Cutter): readonly string[] {
  const pieces = cut.sentences(text).flatMap((sentence) => shorten(sentence, maxWords, cut));
  return fill(pieces, maxWords);
}

interface Piece {
  readonly text: string;
  readonly words: number;
}

/** A sentence as pieces of at most `maxWords`: itself, or its words, or for words without end, their letters. */
function shorten(sentence: string, maxWords: number, cut: Cutter): readonly Piece[] {
  const words = countWords(sentence);
  if (words <= maxWords) return [{ text: sentence, words }];
  return cut.words(sentence).flatMap((word) => shortenWord(word, maxWords));
}

function shortenWord(word: string, maxWords: number): readonly Piece[] {
  const words = countWords(word);
  if (words <= maxWords || word.length < 2) return [{ text: word, words }];
  const length = Math.min(Math.ceil(word.length / 2), Math.ceil(maxWords * LETTERS_A_WORD));
  const pieces: Piece[] = [];
  for (let start = 0; start < word.length; ) {
    const end = Math.max(whole(word, Math.min(start + length, word.length)), start + 1);
    pieces.push(...shortenWord(word.slice(start, end), maxWords));
    start = end;
  }
  return pieces;
}

/** Puts pieces together to as few texts as will do, about equally long, rather ended with a paragraph than inside one. */
function fill(pieces: readonly Piece[], maxWords: number): readonly string[] {
  const texts: string[] = [];
  let remaining = pieces.reduce((sum, piece) => sum + piece.words, 0);
  let parts = Math.ceil(remaining / maxWords);
  let text = '';
  let words = 0;
  const end = () => {
    texts.push(text);
    remaining -= words;
    parts = Math.ceil(remaining / maxWords);
    text = '';
    words = 0;
  };
  /** Inside code, lines that end before an indented one are no paragraphs. */
  const isFull = (piece: Piece, next: Piece | undefined) => {
    if (parts < 2 || remaining - words > (parts - 1) * maxWords) return false;
    const wanted = remaining / parts;
    const endsParagraph = piece.text.endsWith('\n') && next !== undefined && /^\S/.test(next.text);
    return words >= wanted || (endsParagraph && words >= wanted * NEARLY_FULL);
  };
  for (const [index, piece] of pieces.entries()) {
    if (text !== '' && words + piece.words > maxWords) end();
    text += piece.text;
    words += piece.words;
    if (isFull(piece, pieces[index + 1])) end();
  }
  if (text !== '') end();
  return texts;
}
