import {
  CHARACTER_END,
  firstPlace,
  LETTERS_END,
  LETTERS_START,
  lastPlace,
  PART_END,
  PART_START,
  SENTENCE_START,
  WORD_END,
  WORD_START,
} from './text-places.ts';
import type { TextRange } from './text-range.ts';

export interface Excerpt {
  readonly text: string;
  /** Relative to `text`. */
  readonly ranges: readonly TextRange[];
}

const ELLIPSIS = '…';
/** How far back a window reaches for the beginning of its sentence, as a part of its length. */
const LEAD = 0.4;
/** How many characters from where it should a window may begin or end, to do so with a word. */
const WORD_REACH = 24;

/**
 * The stretch of at most `maxChars` characters (UTF-16, ellipses included) in which the marked words stand for the most that is `asked`
 * (each for itself by default), then the most marks, then the earliest; it begins with a sentence where one is near, else with a word, and ends with one.
 */
export function excerpt(
  text: string,
  ranges: readonly TextRange[],
  maxChars: number,
  asked: (word: string) => readonly string[] = (word) => [word.toLowerCase()],
): Excerpt {
  const most = Math.max(8, Math.floor(maxChars));
  if (text.length <= most) return { text, ranges };
  const room = most - 2 * ELLIPSIS.length;
  const span = densest(text, ranges, room, asked);
  const start = span === undefined ? 0 : beginning(text, span, room);
  const end = ending(text, Math.max(start + 1, span?.end ?? 0), start + room);
  const head = start > 0 ? ELLIPSIS : '';
  const shift = head.length - start;
  return {
    text: `${head}${text.slice(start, end)}${end < text.length ? ELLIPSIS : ''}`,
    ranges: ranges
      .filter((range) => range.start >= start && range.end <= end)
      .map((range) => ({ start: range.start + shift, end: range.end + shift })),
  };
}

/** From the first marked word of the best window to its last. */
function densest(
  text: string,
  marks: readonly TextRange[],
  room: number,
  asked: (word: string) => readonly string[],
): TextRange | undefined {
  const words = marks.map(({ start, end }) => asked(text.slice(start, end)));
  const ranges = marks.map((mark) => wordAround(text, mark, room));
  let best: { readonly span: TextRange; readonly value: number } | undefined;
  const counts = new Map<string, number>();
  let from = 0;
  for (let to = 0; to < ranges.length; to++) {
    const last = ranges[to];
    if (last === undefined) break;
    for (const word of words[to] ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
    while (from < to && last.end - (ranges[from]?.start ?? 0) > room)
      for (const word of words[from++] ?? []) drop(counts, word);
    const value = counts.size * 1000 + (to - from);
    if (best === undefined || value > best.value)
      best = { span: { start: ranges[from]?.start ?? 0, end: last.end }, value };
  }
  return best?.span;
}

/** A mark may be a part of its word, which is shown whole where there is room: `set` of `loop_set`. */
function wordAround(text: string, mark: TextRange, room: number): TextRange {
  const start = lastPlace(text, LETTERS_START, Math.max(0, mark.start - WORD_REACH), mark.start) ?? mark.start;
  const end = firstPlace(text, LETTERS_END, mark.end, mark.end + WORD_REACH) ?? mark.end;
  return end - start > room ? mark : { start, end };
}

function drop(counts: Map<string, number>, word: string): void {
  const left = (counts.get(word) ?? 0) - 1;
  if (left > 0) counts.set(word, left);
  else counts.delete(word);
}

/** With a sentence before the first marked word, else with a word, a part of a long name, that word itself. */
function beginning(text: string, span: TextRange, room: number): number {
  const spare = Math.max(0, room - (span.end - span.start));
  const from = span.start - Math.min(Math.floor(room * LEAD), spare);
  if (from <= 0) return 0;
  return (
    firstPlace(text, SENTENCE_START, from, span.start) ??
    firstPlace(text, WORD_START, from, Math.min(span.start, from + WORD_REACH)) ??
    firstPlace(text, PART_START, from, span.start) ??
    span.start
  );
}

/** With a word, else with a part of a long name; not before `least`, where the last marked word ends. */
function ending(text: string, least: number, most: number): number {
  if (most >= text.length) return text.length;
  const from = Math.max(least, most - WORD_REACH);
  return (
    lastPlace(text, WORD_END, from, most) ??
    lastPlace(text, PART_END, from, most) ??
    lastPlace(text, CHARACTER_END, from, most) ??
    most
  );
}
