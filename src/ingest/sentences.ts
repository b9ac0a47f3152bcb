/** Letters of the scripts that are written without blanks between words. */
const UNSPACED =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f]|[\ud840-\ud8bf][\udc00-\udfff]/;

/** A run of letters without a blank counts as one word for each this many: an address or a key is no single word. */
const LONGEST_WORD = 24;
/** Unspaced letters to a word, about right for Chinese, Japanese and Thai. */
const LETTERS_A_WORD = 2;
/** A segmenter's time for a letter grows with the text (7 times from 1,000 to 20,000 letters in Node 20): long ones are handed over in stretches. */
const LINE_STRETCH = 5_000;
const WORD_STRETCH = 1_000;
/** More letters than this without a blank or a full stop are no language, and may be cut anywhere. */
const LONGEST_UNSPACED = 4_000;

/** How many words a text has, whatever its script. A text's parts have no fewer words together than the whole. */
export function countWords(text: string): number {
  let words = 0;
  let run = 0;
  let letters = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isLetter = code >= 0x0e00 && isUnspaced(code);
    if (code > 0x20 && code !== 0xa0 && !isLetter) {
      run += 1;
      continue;
    }
    if (run > 0) words += Math.ceil(run / LONGEST_WORD);
    run = 0;
    if (!isLetter) continue;
    letters += 1;
    if (code >= 0xd800 && code <= 0xdbff) at += 1; // its low surrogate
  }
  if (run > 0) words += Math.ceil(run / LONGEST_WORD);
  return words + letters / LETTERS_A_WORD;
}

/** The same letters as UNSPACED, by UTF-16 code unit; a search in a pattern for each would take most of the time. */
function isUnspaced(code: number): boolean {
  return (
    code <= 0x0eff || // from 0x0e00, Thai and Lao
    (code >= 0x1000 && code <= 0x109f) ||
    (code >= 0x1780 && code <= 0x17ff) ||
    (code >= 0x3040 && code <= 0x30ff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0xd840 && code <= 0xd8bf) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xff66 && code <= 0xff9f)
  );
}

/** Cuts text into pieces that tile it; blanks and punctuation stay with what they follow. */
export interface Cutter {
  sentences(text: string): readonly string[];
  words(text: string): readonly string[];
}

/**
 * Cuts by Intl.Segmenter in the given language (BCP 47), or by punctuation where the platform has none. It is asked
 * for words only in scripts without blanks: it is slow, and elsewhere blanks do as well.
 */
export function cutter(language: string): Cutter {
  const sentenceSegmenter = segmenterOf(language, 'sentence');
  const wordSegmenter = segmenterOf(language, 'word');
  return {
    sentences: (text) =>
      lines(text).flatMap((line) =>
        SENTENCE_END.test(line) ? segments(line, sentenceSegmenter(), /\S/, SENTENCE) : [line],
      ),
    words: (text) =>
      (text.match(/\S+\s*|\s+/g) ?? []).flatMap((word) =>
        word.length <= LONGEST_UNSPACED && UNSPACED.test(word)
          ? stretches(word, WORD_STRETCH).flatMap((part) => segments(part, wordSegmenter(), /^[\p{L}\p{N}]/u, LETTER))
          : [word],
      ),
  };
}

/** A mark that may end a sentence, with more behind it. */
const SENTENCE_END =
  /[.!?\u2026\u0589\u061f\u06d4\u0964\u0965\u104a\u104b\u1362\u17d4\u17d5\u3002\uff01\uff0e\uff1f\uff61](?=.*\S)/;
const SENTENCE = /.+?(?:[.!?]["')\]]*\s+|[。！？]+|$)/gsu;
const LETTER = /./gsu;

function segmenterOf(language: string, granularity: 'sentence' | 'word'): () => Intl.Segmenter | undefined {
  let made: Intl.Segmenter | undefined;
  return () => {
    if (typeof Intl.Segmenter === 'function') made ??= new Intl.Segmenter(knownLocale(language), { granularity });
    return made;
  };
}

/** A segmenter's pieces, or those of `pattern` without one. Those that are no `start` are joined to the one before. */
function segments(
  text: string,
  segmenter: Intl.Segmenter | undefined,
  start: RegExp,
  pattern: RegExp,
): readonly string[] {
  const pieces = segmenter === undefined ? text.match(pattern) : Array.from(segmenter.segment(text), (s) => s.segment);
  const joined: string[] = [];
  for (const piece of pieces ?? []) {
    const last = joined.at(-1);
    if (last !== undefined && !start.test(piece)) joined[joined.length - 1] = last + piece;
    else joined.push(piece);
  }
  return joined;
}

/** A text's lines, each with its line ends. */
function lines(text: string): readonly string[] {
  const all = text.match(/[^\n]*\n+|[^\n]+$/g) ?? [];
  return all.flatMap((line) => stretches(line, LINE_STRETCH));
}

/** A long line in parts that end at a blank where there is one. */
function stretches(line: string, length: number): readonly string[] {
  if (line.length <= length) return [line];
  const parts: string[] = [];
  let start = 0;
  while (line.length - start > length) {
    const blank = line.slice(start, start + length).lastIndexOf(' ');
    const end = blank > 0 ? start + blank + 1 : whole(line, start + length);
    parts.push(line.slice(start, end));
    start = end;
  }
  parts.push(line.slice(start));
  return parts;
}

/** `at`, or the place before it, so that no surrogate pair is cut in two. */
export function whole(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff && at > 1 ? at - 1 : at;
}

function knownLocale(language: string): string {
  try {
    return Intl.Segmenter.supportedLocalesOf([language])[0] ?? 'en';
  } catch {
    return 'en'; // not a language tag
  }
}
