/** Letters of the scripts that are written without blanks between words. */
const UNSPACED =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f]|[\ud840-\ud8bf][\udc00-\udfff]/;
const UNSPACED_ALL = new RegExp(UNSPACED, 'g');

/** A run of letters without a blank counts as one word for each this many: an address or a key is no single word. */
const LONGEST_WORD = 24;
/** Unspaced letters to a word, about right for Chinese, Japanese and Thai. */
const LETTERS_A_WORD = 2;
/** Segmenters copy what they are given; texts without a line end are handed over in stretches of this length. */
const STRETCH = 20_000;

/** How many words a text has, whatever its script. Splitting a text at blanks does not change the sum by more than rounding. */
export function countWords(text: string): number {
  let words = 0;
  let run = 0;
  let unspaced = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code === 0xa0) {
      if (run > 0) words += Math.ceil(run / LONGEST_WORD);
      run = 0;
    } else {
      run += 1;
      unspaced ||= code >= 0x0e00;
    }
  }
  if (run > 0) words += Math.ceil(run / LONGEST_WORD);
  return unspaced && UNSPACED.test(text) ? countMixed(text) : words;
}

function countMixed(text: string): number {
  let letters = 0;
  const spaced = text.replace(UNSPACED_ALL, () => {
    letters += 1;
    return ' ';
  });
  return countWords(spaced) + letters / LETTERS_A_WORD;
}

type Granularity = 'sentence' | 'word';

/** Cuts text into pieces: sentences or words, each with the blanks that follow. */
export type Cutter = (text: string, granularity: Granularity) => readonly string[];

/** Cuts by Intl.Segmenter in the given language (BCP 47), or by punctuation where the platform has none. */
export function cutter(language: string): Cutter {
  const segmenters = new Map<Granularity, Intl.Segmenter>();
  const segmenter = (granularity: Granularity): Intl.Segmenter | undefined => {
    if (typeof Intl.Segmenter !== 'function') return undefined;
    const made = segmenters.get(granularity) ?? new Intl.Segmenter(knownLocale(language), { granularity });
    segmenters.set(granularity, made);
    return made;
  };
  return (text, granularity) => lines(text).flatMap((line) => cutLine(line, granularity, segmenter(granularity)));
}

function cutLine(line: string, granularity: Granularity, segmenter: Intl.Segmenter | undefined): readonly string[] {
  if (segmenter === undefined)
    return line.match(granularity === 'sentence' ? /.+?(?:[.!?。！？]+["')\]]*\s+|$)/gsu : /\S+\s*|\s+/gu) ?? [line];
  const pieces = Array.from(segmenter.segment(line), ({ segment }) => segment);
  return joinTo(pieces, granularity === 'sentence' ? /\S/ : /^[\p{L}\p{N}]/u);
}

/** Blanks (and between words, punctuation) come as pieces of their own: what is no `start` stays with the piece before it. */
function joinTo(pieces: readonly string[], start: RegExp): readonly string[] {
  const joined: string[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last !== undefined && !start.test(piece)) joined[joined.length - 1] = last + piece;
    else joined.push(piece);
  }
  return joined;
}

/** A text's lines, each with its line ends; longer ones in stretches that end at a blank where there is one. */
function lines(text: string): readonly string[] {
  const all = text.match(/[^\n]*\n+|[^\n]+$/g) ?? [];
  return all.every((line) => line.length <= STRETCH) ? all : all.flatMap(stretches);
}

function stretches(line: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  while (line.length - start > STRETCH) {
    const blank = line.lastIndexOf(' ', start + STRETCH - 1);
    const end = blank > start ? blank + 1 : whole(line, start + STRETCH);
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
