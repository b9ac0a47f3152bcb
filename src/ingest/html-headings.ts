import { BLOCKS, HEADINGS, hasClass, isNote, PERMALINK_CLASSES } from './html-rules.ts';
import type { Attributes } from './html-walk.ts';
import type { TextBuilder } from './text-builder.ts';
import { isPermalinkMark } from './titles.ts';

/** Lists of definitions deeper than this count as this deep, so that heading paths stay short. */
const DEEPEST_LIST = 4;
const LONGEST_LABEL = 120;

/** Finds the headings of a page, and where each can be linked to. */
export interface HeadingReader {
  /** Takes notice of an element; gives back what is to be done at its end. */
  open(name: string, attributes: Attributes): (() => void) | undefined;
  /** Inside the words of a heading. */
  isInside(): boolean;
  /** True if the text was kept back: it belongs to a link or button that may turn out to be but the heading's own address. */
  takesText(text: string): boolean;
}

/** `write` writes text to the builder; `slug` makes an anchor where the page gives none. */
export function headingReader(
  builder: TextBuilder,
  write: (text: string) => void,
  slug: ((heading: string) => string) | undefined,
): HeadingReader {
  /** The open heading: the first id inside it, and the words taken for links to its address. */
  let heading: { inner: string; permalinks: string } | undefined;
  /** The last id met, and the length of the text there: it serves a heading that follows at once. */
  let mark = { anchor: '', at: -1 };
  let permalink: string | undefined;
  let notes = 0;
  let lists = 0;

  const noteAnchor = (name: string, attributes: Attributes) => {
    const anchor = attributes.id ?? (name === 'a' ? attributes.name : undefined) ?? '';
    if (anchor === '') return;
    if (heading !== undefined && heading.inner === '') heading.inner = anchor;
    mark = { anchor, at: builder.length() };
  };
  const openHeading = ({ id = '' }: Attributes, level: number, label?: (text: string) => string) => {
    const before = id === '' && mark.at === builder.length() ? mark.anchor : '';
    const opened = { inner: '', permalinks: '' };
    heading = opened;
    const start = builder.length();
    builder.openHeading();
    return () => {
      // "Permalinks" and "Anchor positioning" are headings too: what has no other words is headed by these.
      if (builder.length() === start && /[\p{L}\p{N}]/u.test(opened.permalinks)) write(opened.permalinks);
      heading = undefined;
      const anchor = [id, opened.inner, before].find((each) => each !== '') ?? '';
      builder.closeHeading(level, anchor, { ...(label && { label }), ...(slug && { slug }) });
    };
  };
  /** A definition's place in the order of headings: below h6, deeper for lists inside lists. */
  const definitionLevel = () => 6 + Math.min(Math.max(1, lists), DEEPEST_LIST);
  const openList = () => {
    lists += 1;
    return () => {
      builder.leaveHeadings(definitionLevel());
      lists -= 1;
    };
  };
  const openNote = () => {
    notes += 1;
    return () => {
      notes -= 1;
    };
  };
  const openPermalink = () => {
    permalink = '';
    return () => {
      const words = permalink ?? '';
      permalink = undefined;
      if (!isPermalinkMark(words)) write(words);
      else if (heading !== undefined) heading.permalinks += words;
    };
  };
  return {
    open(name, attributes) {
      noteAnchor(name, attributes);
      if (permalink !== undefined && BLOCKS.has(name)) permalink += ' ';
      if (heading !== undefined)
        return permalink === undefined && mayBePermalink(name, attributes) ? openPermalink() : undefined;
      const level = HEADINGS.get(name);
      if (level !== undefined && notes === 0) return openHeading(attributes, level);
      if (name === 'dl') return openList();
      if (name === 'dt' && (attributes.id ?? '') !== '')
        return openHeading(attributes, definitionLevel(), definitionLabel);
      return isNote(name, attributes) ? openNote() : undefined;
    },
    isInside: () => heading !== undefined,
    takesText(text) {
      if (permalink === undefined) return false;
      permalink += text;
      return true;
    },
  };
}

/** Any button may copy the heading's address, or be the heading of a section that folds: its words tell. */
function mayBePermalink(name: string, attributes: Attributes): boolean {
  if (name !== 'a') return name === 'button';
  return attributes['aria-hidden'] === 'true' || hasClass(attributes, PERMALINK_CLASSES);
}

/** A signature's name: `class asyncio.Queue(maxsize=0)` is listed as `class asyncio.Queue()`. */
function definitionLabel(text: string): string {
  return text.replace(/(?<=\w)\(.*$/s, '()').slice(0, LONGEST_LABEL);
}
