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

/** How wanted words begin: 1 in `one` for a first character, 1 in `two` (first × 128 + second) for the first two letters or figures. */
export interface Beginnings {
  readonly one: Uint8Array;
  readonly two: Uint8Array;
}

const ASCII = 128;

/**
 * How words of English begin whose terms are among `terms`, or that begin with one of them, in small letters and capitals. Porter's
 * stemmer changes endings only: of the first two letters at most a y, to i.
 */
export function beginningsOf(terms: Iterable<string>): Beginnings {
  const [one, two] = [new Uint8Array(ASCII), new Uint8Array(ASCII * ASCII)];
  for (const term of terms)
    for (const first of bothCases(term.charAt(0))) {
      one[first] = 1;
      if (term.length === 1) two.fill(1, first * ASCII, (first + 1) * ASCII);
      const seconds = term.charAt(1) === 'i' ? 'iy' : term.charAt(1);
      for (const second of [...seconds].flatMap(bothCases)) two[first * ASCII + second] = 1;
    }
  return { one, two };
}

/** Codes of an ASCII character as a small letter and as a capital; none of others. */
function bothCases(character: string): readonly number[] {
  return [character.charCodeAt(0), character.toUpperCase().charCodeAt(0)].filter((each) => each < ASCII);
}

/**
 * The same where it is known how wanted words begin. A text is read character by character: nearly all of its words are
 * refused by their first two letters, before anything is cut out. Stretches between spaces that are not all ASCII are read as
 * rangesOf() reads them.
 */
export function rangesByBeginnings(text: string, isWanted: IsWanted, beginnings: Beginnings): TextRange[] {
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
    if (all < ASCII) markStretch({ text, from, end: at, beginnings }, isWanted, ranges);
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
  readonly beginnings: Beginnings;
}

/** Marks a stretch of ASCII without spaces. It finds the runs that ASCII_RUN (words.ts) finds. */
function markStretch({ text, from, end, beginnings }: Stretch, isWanted: IsWanted, ranges: TextRange[]): void {
  const kind = (place: number) => (place < end ? (KINDS[text.charCodeAt(place)] as number) : 0);
  let at = from;
  while (at < end) {
    if (kind(at) === 0) {
      at += 1;
      continue;
    }
    const start = at;
    // A wanted word inside a run begins with its piece or hump: after a sign, with a capital, or with a figure or after one (1.5kg).
    let promising = false;
    let simple = true;
    for (let joint = 0; ; ) {
      let first = true;
      let before = 0;
      for (let each = kind(at); each !== 0; each = kind(++at)) {
        if (each !== SMALL && (each !== CAPITAL || !first || joint > 0)) simple = false;
        if (
          (first || each !== SMALL || before === FIGURE) &&
          mayBegin(text.charCodeAt(at), text.charCodeAt(at + 1), beginnings)
        )
          promising = true;
        first = each === LINE;
        before = each;
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

/** Whether a wanted word may begin so; where a sign follows the first character (e-mail is email), that alone tells. */
function mayBegin(first: number, second: number, { one, two }: Beginnings): boolean {
  const kind = second < ASCII ? (KINDS[second] as number) : 0;
  return (kind === 0 || kind === LINE ? one[first] : two[first * ASCII + second]) === 1;
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
