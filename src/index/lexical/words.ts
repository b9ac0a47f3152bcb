import { lazily } from '../../core/lazily.ts';
import { isAscii } from './folding.ts';

/** A stretch of text without spaces as it stands in the text: a word, an identifier, a run of Chinese. */
const LETTER = String.raw`[\p{L}\p{N}\p{M}\u00ad\u200c\u200d_]`;
const RUN = lazily(
  () =>
    new RegExp(
      String.raw`${LETTER}+(?:(?:['\u2018\u2019\u02bc.\-\u2010\u2011]|::?|->)${LETTER}+)*(?:\+\+|#(?!${LETTER}))?`,
      'gu',
    ),
);
const ASCII_RUN = /\w+(?:(?:['.-]|::?|->)\w+)*(?:\+\+|#(?!\w))?/g;

const PIECE = lazily(() => /\p{N}+(?:\.\p{N}+)+|(?:(?!\p{N}+\.\p{N})[\p{L}\p{N}\p{M}'])+/gu);
const ASCII_PIECE = /\d+(?:\.\d+)+|(?:(?!\d+\.\d)[A-Za-z0-9'])+/g;
const SHARP = /^[a-z]{1,2}(?:\+\+|#)$/i;
const HUMPED = lazily(() => /[\p{Ll}\p{Lu}\p{N}]\p{Lu}/u);
const ASCII_HUMPED = /[A-Za-z0-9][A-Z]/;
const HUMPS = lazily(() => /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{N})(?=\p{Lu}\p{Ll})|(?<=\p{Lu})(?=\p{Lu}\p{Ll}{2})/u);
const ASCII_HUMPS = /(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z]{2})/;

/** Names that every reader takes for one word; their parts would only lead astray ("java" → JavaScript). */
const ONE_WORD = new Set([
  'javascript',
  'typescript',
  'coffeescript',
  'github',
  'gitlab',
  'youtube',
  'linkedin',
  'powershell',
]);

const UNSPACED = lazily(
  () =>
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u,
);
const SCRIPT_RUN = lazily(
  () =>
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u30fc]+|\p{Script=Hangul}+|[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{M}]+|(?:(?!\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Script=Thai}|\p{Script=Lao}|\p{Script=Khmer}|\p{Script=Myanmar})[\s\S])+/gu,
);
const EAST_ASIAN = lazily(() => /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u);
const HANGUL = lazily(() => /\p{Script=Hangul}/u);

const LONGEST_WORD = 64;
const LONGEST_WHOLE = 48;
const MOST_PIECES = 5;

/** Where runs stand in a text. */
export interface Run {
  readonly start: number;
  readonly text: string;
}

/** The runs of a text in order, without their places. */
export function runs(text: string): readonly string[] {
  return text.match(isAscii(text) ? ASCII_RUN : RUN()) ?? [];
}

/** The runs of a text with their places (UTF-16). */
export function* placedRuns(text: string): Generator<Run> {
  for (const match of text.matchAll(isAscii(text) ? ASCII_RUN : RUN())) yield { start: match.index, text: match[0] };
}

/** True for words of scripts written without spaces between words, and for Korean. */
export function isUnspaced(word: string): boolean {
  return !isAscii(word) && UNSPACED().test(word);
}

/** True for Chinese, Japanese and Korean. */
function isEastAsian(word: string): boolean {
  return !isAscii(word) && EAST_ASIAN().test(word);
}

/** True for Korean. */
export function isHangul(word: string): boolean {
  return HANGUL().test(word);
}

/**
 * The pieces of a run, case kept: `asyncio.run` → asyncio, run; `3.11` and `C++` stay one piece; `don't` too;
 * unspaced scripts stand apart from the rest (`React入門` → React, 入門) but are not segmented yet.
 */
export function pieces(run: string): readonly string[] {
  if (SHARP.test(run)) return [run];
  if (isAscii(run)) return (run.match(ASCII_PIECE) ?? []).map(cut);
  const plain = run
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200d\u2060]/g, '');
  return (plain.match(PIECE()) ?? []).flatMap((piece) =>
    isUnspaced(piece) ? (piece.match(SCRIPT_RUN()) ?? []) : [cut(piece)],
  );
}

function cut(word: string): string {
  return word.length > LONGEST_WORD ? word.slice(0, LONGEST_WORD) : word;
}

/** The humps of a camel-case piece, `useState` → use, State; empty where there are none. */
export function humps(piece: string): readonly string[] {
  const plain = isAscii(piece);
  if (!(plain ? ASCII_HUMPED : HUMPED()).test(piece) || ONE_WORD.has(piece.toLowerCase())) return [];
  const parts = piece.split(plain ? ASCII_HUMPS : HUMPS());
  return parts.length > 1 ? parts : [];
}

/** Pieces written together, `foo_bar` and `foo-bar` → foobar; undefined where that makes no name. */
export function whole(parts: readonly string[]): string | undefined {
  if (parts.length < 2 || parts.length > MOST_PIECES || parts.some(isUnspaced)) return undefined;
  const joined = parts.join('').replace(/'/g, '');
  return joined.length > LONGEST_WHOLE || /^[\d.]+$/.test(joined) ? undefined : joined;
}

let segmenter: Intl.Segmenter | undefined;

/**
 * Words of a run in a script without spaces, by Intl.Segmenter; Korean by its spaces. ICU's dictionary in Node,
 * Chromium and Safari, ICU4X's in Firefox, differ now and then in where a word ends: bigrams() bridges that.
 */
export function segment(run: string): readonly string[] {
  if (isHangul(run)) return [run];
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' });
  const words: string[] = [];
  for (const { segment: word, isWordLike } of segmenter.segment(run)) if (isWordLike !== false) words.push(cut(word));
  return words;
}

/**
 * The pairs of neighbouring characters of an East Asian word of three or more. Indexed beside the word, they find it
 * by its parts, take Korean endings off, and make an index built by one segmenter answer queries cut by another.
 */
export function bigrams(word: string): readonly string[] {
  if (!isEastAsian(word)) return [];
  const characters = [...word];
  if (characters.length < 3) return [];
  return characters.slice(1).map((character, at) => (characters[at] ?? '') + character);
}

/** The pieces of a run as they stand in the text, with their places. */
export function placedPieces({ start, text }: Run): readonly Run[] {
  const placed: Run[] = [];
  for (const { index, 0: piece } of text.matchAll(isAscii(text) ? ASCII_PIECE : PIECE()))
    if (isUnspaced(piece))
      for (const script of piece.matchAll(SCRIPT_RUN()))
        placed.push({ start: start + index + script.index, text: script[0] });
    else placed.push({ start: start + index, text: piece });
  return placed;
}

/** The words inside a run with their places: pieces, the humps of camel case, segmented words of unspaced scripts. */
export function placedWords(run: Run): readonly Run[] {
  const placed: Run[] = [];
  for (const piece of placedPieces(run)) {
    const unspaced = isUnspaced(piece.text);
    if (!unspaced) placed.push(piece);
    let from = piece.start;
    for (const word of unspaced ? allSegments(piece.text) : humps(piece.text)) {
      placed.push({ start: from, text: word });
      from += word.length;
    }
  }
  return placed;
}

function allSegments(run: string): readonly string[] {
  if (isHangul(run)) return [run];
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' });
  return Array.from(segmenter.segment(run), ({ segment: word }) => word);
}
