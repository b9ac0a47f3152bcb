import type { TextRange } from './text-range.ts';

export interface Excerpt {
  readonly text: string;
  /** Relative to `text`. */
  readonly ranges: readonly TextRange[];
}

const ELLIPSIS = '…';
/** How far back a window reaches for the beginning of its sentence, as a part of its length. */
const LEAD = 0.4;
const WORD_REACH = 24;

/**
 * The stretch of at most `maxChars` characters (UTF-16, ellipses included) that holds the most different marked
 * words, then the most marks, then the earliest; it begins with a sentence where one is near, else with a word.
 */
export function excerpt(text: string, ranges: readonly TextRange[], maxChars: number): Excerpt {
  const most = Math.max(8, Math.floor(maxChars));
  if (text.length <= most) return { text, ranges };
  const room = most - 2 * ELLIPSIS.length;
  const first = densest(text, ranges, room);
  const start = beginning(
    text,
    first,
    Math.floor(room * LEAD),
    first === undefined ? 0 : room - (first.end - first.start),
  );
  const end = ending(text, start, Math.min(text.length, start + room));
  const head = start > 0 ? ELLIPSIS : '';
  const shift = head.length - start;
  return {
    text: `${head}${text.slice(start, end)}${end < text.length ? ELLIPSIS : ''}`,
    ranges: ranges
      .filter((range) => range.start >= start && range.end <= end)
      .map((range) => ({ start: range.start + shift, end: range.end + shift })),
  };
}

/** From the first mark of the best window to its last. */
function densest(text: string, ranges: readonly TextRange[], room: number): TextRange | undefined {
  const words = ranges.map(({ start, end }) => text.slice(start, end).toLowerCase());
  let best: { readonly span: TextRange; readonly value: number } | undefined;
  const counts = new Map<string, number>();
  let from = 0;
  for (let to = 0; to < ranges.length; to++) {
    const last = ranges[to];
    if (last === undefined) break;
    counts.set(words[to] ?? '', (counts.get(words[to] ?? '') ?? 0) + 1);
    while (from < to && last.end - (ranges[from]?.start ?? 0) > room) drop(counts, words[from++] ?? '');
    const value = counts.size * 1000 + (to - from);
    if (best === undefined || value > best.value)
      best = { span: { start: ranges[from]?.start ?? 0, end: last.end }, value };
  }
  return best?.span;
}

function drop(counts: Map<string, number>, word: string): void {
  const left = (counts.get(word) ?? 0) - 1;
  if (left > 0) counts.set(word, left);
  else counts.delete(word);
}

function beginning(text: string, span: TextRange | undefined, lead: number, spare: number): number {
  if (span === undefined) return 0;
  const reach = Math.min(lead, Math.max(0, spare));
  const from = Math.max(0, span.start - reach);
  if (from === 0) return 0;
  const before = text.slice(from, span.start);
  const sentence = before.search(/(?<=[.!?]\s+|[。！？\n]\s*)\S/u);
  if (sentence >= 0) return from + sentence;
  const word = before.slice(0, WORD_REACH).search(/(?<=\s)\S/u);
  return word >= 0 ? from + word : whole(text, from);
}

function ending(text: string, start: number, end: number): number {
  if (end >= text.length) return text.length;
  const tail = text.slice(Math.max(start, end - WORD_REACH), end + 1);
  const space = tail.search(/\s\S*$/u);
  return space > 0 ? Math.max(start, end - WORD_REACH) + space : whole(text, end);
}

/** Not between the two halves of a surrogate pair. */
function whole(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
