import type { Section } from '../core/document.ts';
import { tidyTitle } from './titles.ts';

/** What may stand between two pieces of text; the strongest asked for wins. */
const SEPARATORS = ['', ' ', '\t', '\n'] as const;
export type Separator = 'none' | 'space' | 'cell' | 'block';
const STRENGTH = { none: 0, space: 1, cell: 2, block: 3 } as const satisfies Record<Separator, number>;

interface Heading {
  readonly level: number;
  /** Grows when the heading is continued. */
  text: string;
  readonly anchor: string;
}

interface Part {
  readonly start: number;
  readonly path: readonly Heading[];
  readonly weight: number;
}

export interface BuiltText {
  readonly text: string;
  /** The one heading above all others, if it is of level 1 or begins the text; '' where there is none. */
  readonly mainHeading: string;
  /** The first of several headings of level 1, if it begins the text; '' where there is none. */
  readonly firstHeading: string;
  /** How many headings of level 1 there are. */
  readonly topHeadings: number;
  /** Sections that tile the text; a heading that is the `title`, above all others, is left out of the paths. */
  sections(title: string): readonly Section[];
}

export interface HeadingOptions {
  /** Shortens the words for the heading path; `before` is the label of the heading continued, or ''. */
  readonly label?: (text: string, before: string) => string;
  /** It goes on with the heading closed last, which nothing has followed: the two have one label, anchor and section. */
  readonly continues?: boolean;
  /** Makes the anchor where there is none. */
  readonly slug?: (text: string) => string;
}

/** Takes a document's text piece by piece, and notes where headings and weights change. */
export interface TextBuilder {
  /** Text that stands as it is; not empty. */
  write(text: string): void;
  separate(separator: Separator): void;
  /** Length of the text so far; changes only when something is written. */
  length(): number;
  openHeading(): void;
  /** Ends the heading begun last. */
  closeHeading(level: number, anchor: string, options?: HeadingOptions): void;
  /** Begins a section under names that do not stand in the text, in the place of all headings. */
  label(path: readonly string[], anchor: string): void;
  /** Leaves all headings at `level` or deeper: what follows belongs to the heading above them. */
  leaveHeadings(level: number): void;
  setWeight(weight: number): void;
  finish(): BuiltText;
}

export function textBuilder(): TextBuilder {
  const chunks: string[] = [];
  let length = 0;
  let pending = 0;
  let path: readonly Heading[] = [];
  let weight = 1;
  const parts: Part[] = [];
  const headings: (Heading & { readonly start: number })[] = [];
  /** Where the open heading began: in `chunks`, and in the text. */
  let open: { readonly chunk: number; readonly start: number } | undefined;
  let partDue = true;

  const flushSeparator = () => {
    const separator = length === 0 ? '' : (SEPARATORS[pending] ?? '');
    pending = 0;
    if (separator === '') return;
    chunks.push(separator);
    length += separator.length;
  };
  const flushPart = () => {
    if (!partDue) return;
    partDue = false;
    const last = parts.at(-1);
    if (last?.path === path && last.weight === weight) return;
    parts.push({ start: length, path, weight });
  };
  const write = (text: string) => {
    flushSeparator();
    if (open === undefined) flushPart();
    chunks.push(text);
    length += text.length;
  };
  return {
    write,
    separate(separator) {
      pending = Math.max(pending, STRENGTH[separator]);
    },
    length: () => length,
    openHeading() {
      pending = STRENGTH.block;
      open = { chunk: chunks.length, start: length };
    },
    closeHeading(level, anchor, options = {}) {
      if (open === undefined) return;
      const { chunk, start } = open;
      open = undefined;
      const text = tidyTitle(chunks.slice(chunk).join(''));
      chunks.length = chunk;
      length = start;
      pending = STRENGTH.block;
      if (text === '') return;
      const continued = options.continues === true ? path.at(-1) : undefined;
      const label = options.label?.(text, continued?.text ?? '') ?? text;
      if (continued !== undefined) continued.text = label;
      else {
        const entry = { level, text: label, anchor: anchor === '' ? (options.slug?.(text) ?? '') : anchor };
        headings.push({ ...entry, text, start });
        path = [...path.filter((above) => above.level < level), entry];
        partDue = true;
      }
      write(text);
      pending = STRENGTH.block;
    },
    label(texts, anchor) {
      path = texts.map((text, depth) => ({ level: depth + 1, text, anchor }));
      partDue = true;
      pending = STRENGTH.block;
    },
    leaveHeadings(level) {
      if (!path.some((heading) => heading.level >= level)) return;
      path = path.filter((heading) => heading.level < level);
      partDue = true;
    },
    setWeight(value) {
      if (value === weight) return;
      weight = value;
      partDue = true;
    },
    finish() {
      const text = chunks.join('');
      return { text, ...titlesOf(headings), sections: (title) => sectionsOf(parts, text.length, title) };
    },
  };
}

function titlesOf(headings: readonly (Heading & { readonly start: number })[]) {
  const level = headings.reduce((top, each) => Math.min(top, each.level), 6);
  const highest = headings.filter((each) => each.level === level);
  const first = highest[0];
  const mayBeTitle = first !== undefined && (first.start === 0 || level === 1);
  return {
    mainHeading: mayBeTitle && highest.length === 1 ? first.text : '',
    firstHeading: first?.start === 0 && level === 1 ? first.text : '',
    topHeadings: level === 1 ? highest.length : 0,
  };
}

function sectionsOf(parts: readonly Part[], length: number, title: string): readonly Section[] {
  return parts.flatMap(({ start, path, weight }, index) => {
    const end = parts[index + 1]?.start ?? length;
    if (start === end) return [];
    return {
      start,
      end,
      heading: (path[0]?.text === title ? path.slice(1) : path).map((each) => each.text),
      anchor: path.findLast((each) => each.anchor !== '')?.anchor ?? '',
      weight,
    };
  });
}
