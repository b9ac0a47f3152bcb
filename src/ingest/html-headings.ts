import { BLOCKS, HEADINGS, hasClass, isNote, PERMALINK_CLASSES } from './html-rules.ts';
import type { Attributes } from './html-walk.ts';
import type { HeadingOptions, TextBuilder } from './text-builder.ts';
import { isPermalinkMark, isPermalinkSign } from './titles.ts';

/** Lists of definitions deeper than this count as this deep, so that heading paths stay short. */
const DEEPEST_LIST = 4;
const LONGEST_LABEL = 120;
/** Ends a label that names not all that is defined. */
const MORE = ', …';

/** Ids that a generator counts up (Sphinx, for its index): the next build may give them to others. */
const NUMBERED = /^(?:id|index-)\d+$/;

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
  /** The id of the open section that no heading has stood in yet. */
  let sectionAnchor = '';
  let permalink: string | undefined;
  let notes = 0;
  let lists = 0;
  /** Length of the text at the end of a definition's name that nothing has followed yet; -1 for none. */
  let nameEnd = -1;
  /** The open `<dt>`: where it began, and what ends its heading if it is one. */
  let term: { readonly start: number; end: (() => void) | undefined } | undefined;

  const noteAnchor = (name: string, attributes: Attributes) => {
    const anchor = attributes.id ?? (name === 'a' ? attributes.name : undefined) ?? '';
    if (anchor === '') return;
    if (heading !== undefined && heading.inner === '') heading.inner = anchor;
    mark = { anchor, at: builder.length() };
  };
  const openHeading = ({ id = '' }: Attributes, level: number, options: HeadingOptions = {}) => {
    const before = id === '' && mark.at === builder.length() ? mark.anchor : '';
    const outer = sectionAnchor;
    sectionAnchor = '';
    const opened = { inner: '', permalinks: '' };
    heading = opened;
    const start = builder.length();
    builder.openHeading();
    return () => {
      // "Permalinks" and "Anchor positioning" are headings too: what has no other words is headed by these.
      if (builder.length() === start && /[\p{L}\p{N}]/u.test(opened.permalinks)) write(opened.permalinks);
      heading = undefined;
      const anchors = [id, opened.inner, before, outer].filter((each) => each !== '');
      const anchor = anchors.find((each) => !NUMBERED.test(each)) ?? anchors[0] ?? '';
      builder.closeHeading(level, anchor, { ...options, ...(slug && { slug }) });
    };
  };
  /** A definition's place in the order of headings: below h6, deeper for lists inside lists. */
  const definitionLevel = () => 6 + Math.min(Math.max(1, lists), DEEPEST_LIST);
  const openList = () => {
    lists += 1;
    nameEnd = -1;
    return () => {
      builder.leaveHeadings(definitionLevel());
      lists -= 1;
      nameEnd = -1;
    };
  };
  /** Names with nothing between them have one definition, the one that follows the last. */
  const openDefinition = (attributes: Attributes) => {
    const start = builder.length();
    const close = openHeading(attributes, definitionLevel(), { label: definitionLabel, continues: nameEnd === start });
    return () => {
      close();
      if (builder.length() > start) nameEnd = builder.length();
    };
  };
  const openTerm = (attributes: Attributes) => {
    const { id = '' } = attributes;
    // What is defined without an address is no text of the term before it.
    if (id === '' && nameEnd !== builder.length()) builder.leaveHeadings(definitionLevel());
    const opened = { start: builder.length(), end: id === '' ? undefined : openDefinition(attributes) };
    term = opened;
    return () => {
      term = undefined;
      opened.end?.();
    };
  };
  const openSection = (id: string) => {
    const outer = sectionAnchor;
    sectionAnchor = id;
    return () => {
      if (sectionAnchor === id) sectionAnchor = outer;
    };
  };
  const openNote = () => {
    notes += 1;
    return () => {
      notes -= 1;
    };
  };
  const openPermalink = (isMark: (words: string) => boolean) => {
    permalink = '';
    return () => {
      const words = permalink ?? '';
      permalink = undefined;
      if (!isMark(words)) write(words);
      else if (heading !== undefined) heading.permalinks += words;
    };
  };
  return {
    open(name, attributes) {
      noteAnchor(name, attributes);
      if (permalink !== undefined && BLOCKS.has(name)) permalink += ' ';
      if (heading !== undefined) {
        const isMark = permalink === undefined ? permalinkTest(name, attributes) : undefined;
        return isMark && openPermalink(isMark);
      }
      const level = HEADINGS.get(name);
      if (level !== undefined && notes === 0) return openHeading(attributes, level);
      if (name === 'dl') return openList();
      if (name === 'dd') nameEnd = -1;
      if (name === 'dt') return openTerm(attributes);
      // Older pages have the id in a link in front of the words.
      if (term?.start === builder.length() && name === 'a' && (attributes.id ?? attributes.name ?? '') !== '')
        term.end = openDefinition(attributes);
      if (isNote(name, attributes)) return openNote();
      // Where ids are made of the words, a heading's own is nearer.
      const { id = '' } = attributes;
      return name === 'section' && id !== '' && slug === undefined ? openSection(id) : undefined;
    },
    isInside: () => heading !== undefined,
    takesText(text) {
      if (permalink === undefined) return false;
      permalink += text;
      return true;
    },
  };
}

/**
 * Any button may copy the heading's address, or be the heading of a section that folds, and any link into the page may lead
 * to the heading: their words tell. Of a link that nothing else marks, only signs are taken for the address.
 */
function permalinkTest(name: string, attributes: Attributes): ((words: string) => boolean) | undefined {
  if (name === 'button') return isPermalinkMark;
  if (name !== 'a') return undefined;
  if (attributes['aria-hidden'] === 'true' || hasClass(attributes, PERMALINK_CLASSES)) return isPermalinkMark;
  return attributes.href?.startsWith('#') ? isPermalinkSign : undefined;
}

/**
 * A signature's name: `class asyncio.Queue(maxsize=0)` is listed as `class asyncio.Queue()`. After the names before it, if
 * there is room for all of it.
 */
function definitionLabel(text: string, before: string): string {
  const name = text.replace(/(?<=\w)\(.*$/s, '()').slice(0, LONGEST_LABEL);
  if (before === '') return name;
  if (before.endsWith(MORE) || before.split(', ').includes(name)) return before;
  const both = `${before}, ${name}`;
  return both.length <= LONGEST_LABEL ? both : before + MORE;
}
