import { lazily } from '../../core/lazily.ts';

const LAST_ASCII = 127;

/** Of scripts that are written without blanks. */
const UNSPACED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]`;
/** Of all others. */
const LETTER = String.raw`(?:(?!${UNSPACED})[\p{L}\p{N}\p{M}_])`;
/** Not what clings to the character before it: marks, and signs such as ー. */
const HEAD = String.raw`(?![\p{M}\p{Lm}])`;

/** A kind of place between two characters. */
interface Place {
  /** Tried where `lastIndex` says. */
  pattern(): RegExp;
  /** The same between characters of ASCII, by their codes; NaN at the text's beginning and end. */
  ascii?(before: number, after: number): boolean;
}

const isBlank = (code: number) => code === 32 || (code >= 9 && code <= 13);
const isAsciiLetter = (code: number) =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;
const isSolid = (code: number) => code >= 0 && !isBlank(code);

const SENTENCE_BEGUN = /(?<=[.!?]\s+|[。！？\n]\s*)\S/uy;
const WORD_BEGUN = /(?<=\s)\S/uy;
const WORD_ENDED = /(?<=\S)\s/uy;

export const SENTENCE_START: Place = { pattern: () => SENTENCE_BEGUN };
export const WORD_START: Place = {
  pattern: () => WORD_BEGUN,
  ascii: (before, after) => isBlank(before) && isSolid(after),
};
export const WORD_END: Place = {
  pattern: () => WORD_ENDED,
  ascii: (before, after) => isSolid(before) && isBlank(after),
};
/** The ends of the letters around a place. */
export const LETTERS_START: Place = {
  pattern: lazily(() => new RegExp(String.raw`(?<!${LETTER})(?!\p{M})`, 'uy')),
  ascii: (before) => !isAsciiLetter(before),
};
export const LETTERS_END: Place = {
  pattern: lazily(() => new RegExp(`(?!${LETTER})`, 'uy')),
  ascii: (_, after) => !isAsciiLetter(after),
};
/** Where there are no blanks: names' and addresses' parts, and characters. */
export const PART_START: Place = {
  pattern: lazily(() => new RegExp(`${HEAD}(?:(?<!${LETTER})${LETTER}|${UNSPACED})`, 'uy')),
  ascii: (before, after) => !isAsciiLetter(before) && isAsciiLetter(after),
};
export const PART_END: Place = {
  pattern: lazily(() => new RegExp(`(?<=${LETTER})(?!${LETTER})|${HEAD}${UNSPACED}`, 'uy')),
  ascii: (before, after) => isAsciiLetter(before) && !isAsciiLetter(after),
};
/** Skin tones are named by number: `\p{Emoji_Modifier}` alone takes V8 milliseconds. */
export const CHARACTER_END: Place = {
  pattern: lazily(() => /(?![\p{M}\u200d]|[\u{1f3fb}-\u{1f3ff}])(?<!\u200d)/uy),
  ascii: () => true,
};

export function firstPlace(text: string, place: Place, from: number, to: number): number | undefined {
  for (let at = from; at <= to; at++) if (isPlace(text, place, at)) return at;
  return undefined;
}

export function lastPlace(text: string, place: Place, from: number, to: number): number | undefined {
  for (let at = to; at >= from; at--) if (isPlace(text, place, at)) return at;
  return undefined;
}

function isPlace(text: string, { pattern, ascii }: Place, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  // Written so that NaN, beyond the text, counts as ASCII.
  if (ascii !== undefined && !(before > LAST_ASCII) && !(after > LAST_ASCII)) return ascii(before, after);
  if (isInside(after)) return false;
  const tried = pattern();
  tried.lastIndex = at;
  return tried.test(text);
}

/** The second half of a surrogate pair. */
function isInside(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
