import type { TextRange } from './text-range.ts';
import { isUnspaced, placedRuns, placedWords } from './words.ts';

/** Most runs of English prose: there is no other word inside. */
const ONE_WORD = /^[A-Z]?[a-z]+$/;

export type IsWanted = (word: string) => boolean;

/** Where the words of a text stand that are wanted: whole runs, else the words inside. */
export function rangesOf(text: string, isWanted: IsWanted): TextRange[] {
  const ranges: TextRange[] = [];
  for (const { start, text: run } of placedRuns(text)) markRun(run, start, isWanted, ranges);
  return ranges;
}

function markRun(run: string, start: number, isWanted: IsWanted, ranges: TextRange[]): void {
  if (!isUnspaced(run) && isWanted(run)) {
    ranges.push({ start, end: start + run.length });
    return;
  }
  if (ONE_WORD.test(run)) return;
  for (const word of placedWords({ start, text: run }))
    if (isWanted(word.text)) ranges.push({ start: word.start, end: word.start + word.text.length });
}

const [SMALL, CAPITAL, FIGURE, LINE] = [1, 2, 3, 4] as const;
/** Of ASCII characters: what kind of word character each is, 0 for others. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[a-z]/.test(character)
    ? SMALL
    : /[A-Z]/.test(character)
      ? CAPITAL
      : /\d/.test(character)
        ? FIGURE
        : code === 95
          ? LINE
          : 0;
});

const SPACE = 32;
const code = (character: string) => character.charCodeAt(0);
const [QUOTE, POINT, HYPHEN, COLON, ARROW, PLUS, SHARP] = ["'", '.', '-', ':', '>', '+', '#'].map(code) as [
  ...[number, number, number, number, number, number, number],
];

/**
 * The same where all wanted words are known to begin with one of `letters` (small and capital). A text is read character by
 * character: most of its words are refused by their first letter, before anything is cut out. Stretches between spaces that are not
 * all ASCII are read as rangesOf() reads them.
 */
export function rangesByLetter(text: string, isWanted: IsWanted, letters: ReadonlySet<string>): TextRange[] {
  const begins = Uint8Array.from({ length: 128 }, (_, at) => (letters.has(String.fromCharCode(at)) ? 1 : 0));
  const ranges: TextRange[] = [];
  let at = 0;
  while (at < text.length) {
    if (text.charCodeAt(at) <= SPACE) {
      at += 1;
      continue;
    }
    const from = at;
    let all = 0;
    for (let unit = text.charCodeAt(at); unit > SPACE; unit = text.charCodeAt(++at)) all |= unit;
    if (all < 128) markStretch({ text, from, end: at, begins }, isWanted, ranges);
    else
      for (const { start, end } of rangesOf(text.slice(from, at), isWanted))
        ranges.push({ start: from + start, end: from + end });
  }
  return ranges;
}

interface Stretch {
  readonly text: string;
  readonly from: number;
  readonly end: number;
  /** 1 for characters that a wanted word may begin with. */
  readonly begins: Uint8Array;
}

/** Marks a stretch of ASCII without spaces. It finds the runs that ASCII_RUN (words.ts) finds. */
function markStretch({ text, from, end, begins }: Stretch, isWanted: IsWanted, ranges: TextRange[]): void {
  const kind = (place: number) => (place < end ? (KINDS[text.charCodeAt(place)] as number) : 0);
  let at = from;
  while (at < end) {
    if (kind(at) === 0) {
      at += 1;
      continue;
    }
    const start = at;
    // A wanted word inside a run begins with its piece or hump: after a sign, with a capital, or with a figure.
    let promising = false;
    let simple = true;
    for (let joint = 0; ; ) {
      let first = true;
      for (let each = kind(at); each !== 0; each = kind(++at)) {
        if (each !== SMALL && (each !== CAPITAL || !first || joint > 0)) simple = false;
        if ((first || each !== SMALL) && begins[text.charCodeAt(at)] === 1) promising = true;
        first = each === LINE;
      }
      joint = jointAt(text, at, kind);
      if (joint === 0) break;
      simple = false;
      at += joint;
    }
    const suffix = suffixAt(text, at, kind);
    at += suffix;
    if (!promising) continue;
    const run = text.slice(start, at);
    if (!simple || suffix > 0) markRun(run, start, isWanted, ranges);
    else if (isWanted(run)) ranges.push({ start, end: at });
  }
}

/** Length of what joins two words at a place to one run; 0 where nothing does. */
function jointAt(text: string, at: number, kind: (place: number) => number): number {
  const unit = text.charCodeAt(at);
  if ((unit === QUOTE || unit === POINT || unit === HYPHEN || unit === COLON) && kind(at + 1) !== 0) return 1;
  const next = text.charCodeAt(at + 1);
  const isPair = (unit === COLON && next === COLON) || (unit === HYPHEN && next === ARROW);
  return isPair && kind(at + 2) !== 0 ? 2 : 0;
}

/** Length of the end of C++ and C#. */
function suffixAt(text: string, at: number, kind: (place: number) => number): number {
  const unit = text.charCodeAt(at);
  if (unit === PLUS && text.charCodeAt(at + 1) === PLUS) return 2;
  return unit === SHARP && kind(at + 1) === 0 ? 1 : 0;
}
