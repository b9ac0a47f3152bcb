import type { Tokenizer as TokenizerType } from 'htmlparser2';
import {
  BLOCKS,
  HEADINGS,
  hasClass,
  isDropped,
  isNote,
  isRegionRoot,
  likelyRegions,
  PERMALINK_CLASSES,
  type Region,
} from './html-rules.ts';
import { type Attributes, type HtmlHandler, type OnClose, walkHtml } from './html-walk.ts';
import { type BuiltText, textBuilder } from './text-builder.ts';
import { isPermalinkMark, tidyTitle } from './titles.ts';

export interface HtmlReading {
  readonly content: BuiltText;
  /** Of `<title>`; '' where there is none. */
  readonly title: string;
  /** Of `<html lang>`; '' where there is none. */
  readonly language: string;
}

export interface HtmlOptions {
  /** Makes an anchor of a heading's words where the page gives none. */
  readonly slug?: (heading: string) => string;
  /** Reads the whole, navigation included; for fragments. */
  readonly whole?: boolean;
}

/** Of white space inside preformatted text no more is kept. */
const LONGEST_GAP = 500;

/** Lists of definitions deeper than this count as this deep, so that heading paths stay short. */
const DEEPEST_LIST = 4;

/**
 * Reads a page to plain text: its marked body, else its main content, else its body without the site's
 * furniture. A place that turns out empty gives way to the next.
 */
export async function readHtml(html: string, options: HtmlOptions = {}): Promise<HtmlReading> {
  const { Tokenizer } = await import('htmlparser2');
  const regions: readonly Region[] = options.whole === true ? ['body', 'everything'] : likelyRegions(html);
  let reading = readRegion(Tokenizer, html, regions[0] ?? 'everything', options);
  for (const region of regions.slice(1)) {
    if (reading.content.text !== '') break;
    reading = readRegion(Tokenizer, html, region, options);
  }
  return reading;
}

function readRegion(Tokenizer: typeof TokenizerType, html: string, region: Region, options: HtmlOptions): HtmlReading {
  const reader = regionReader(region, options);
  walkHtml(Tokenizer, html, reader.handler);
  return { content: reader.finish(), title: tidyTitle(reader.title()), language: reader.language() };
}

interface RegionReader {
  readonly handler: HtmlHandler;
  title(): string;
  language(): string;
  finish(): BuiltText;
}

function regionReader(region: Region, options: HtmlOptions): RegionReader {
  const builder = textBuilder();
  const needsRoot = region !== 'body' && region !== 'everything';
  let roots = needsRoot ? 0 : 1;
  let title: string | undefined;
  let inTitle = false;
  let language = '';
  let weight = 1;
  let definitionLists = 0;
  let heading: { readonly anchor: string; inner: string } | undefined;
  /** The last id met, and the length of the text there: it serves a heading that follows at once. */
  let mark = { anchor: '', at: -1 };
  let permalink: string | undefined;
  let notes = 0;
  let preformatted = 0;
  /** White space at the end of preformatted text, held back until more follows. */
  let preTail: string | undefined;

  const noteAnchor = (name: string, attributes: Attributes) => {
    const anchor = attributes.id ?? (name === 'a' ? attributes.name : undefined) ?? '';
    if (anchor === '') return;
    if (heading !== undefined && heading.inner === '') heading.inner = anchor;
    mark = { anchor, at: builder.length() };
  };
  const openHeading = (attributes: Attributes, level: number, label?: (text: string) => string): (() => void) => {
    const before = mark.at === builder.length() ? mark.anchor : '';
    const opened = { anchor: attributes.id ?? '', inner: '' };
    heading = opened;
    builder.openHeading();
    return () => {
      heading = undefined;
      const anchor = [opened.anchor, opened.inner, before].find((each) => each !== '') ?? '';
      builder.closeHeading(level, anchor, { ...(label && { label }), ...(options.slug && { slug: options.slug }) });
    };
  };
  /** A definition's place in the order of headings: below h6, deeper for lists inside lists. */
  const definitionLevel = () => 6 + Math.min(Math.max(1, definitionLists), DEEPEST_LIST);
  const openDefinition = (attributes: Attributes): OnClose =>
    openHeading(attributes, definitionLevel(), definitionLabel);
  const openList = () => {
    definitionLists += 1;
    return () => {
      builder.leaveHeadings(definitionLevel());
      definitionLists -= 1;
    };
  };
  const openPreformatted = () => {
    preformatted += 1;
    preTail = undefined;
    return () => {
      preformatted -= 1;
      preTail = undefined;
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
      if (!isPermalinkMark(words)) writeText(words);
    };
  };
  const openElement = (name: string, attributes: Attributes): OnClose => {
    noteAnchor(name, attributes);
    if (name === 'td' || name === 'th') builder.separate('cell');
    const level = HEADINGS.get(name);
    if (level !== undefined && heading === undefined && notes === 0) return openHeading(attributes, level);
    if (name === 'pre') return openPreformatted();
    if (isNote(name, attributes)) return openNote();
    if (name === 'dl') return openList();
    if (name === 'dt' && heading === undefined && (attributes.id ?? '') !== '') return openDefinition(attributes);
    if (name === 'a' && heading !== undefined && permalink === undefined && isPermalink(attributes))
      return openPermalink();
    return undefined;
  };
  const weigh = (value: string | undefined): (() => void) | undefined => {
    const next = Number(value);
    if (value === undefined || value.trim() === '' || !Number.isFinite(next) || next < 0) return undefined;
    const before = weight;
    weight = next;
    builder.setWeight(next);
    return () => {
      weight = before;
      builder.setWeight(before);
    };
  };
  const writeText = (text: string) => {
    if (preformatted > 0 && heading === undefined) {
      const clean = cleanText(text.replace(/\r\n?/g, '\n'));
      const whole = preTail === undefined ? clean.replace(/^\s*\n/, '') : preTail + clean;
      const body = whole.trimEnd();
      if (body !== '') builder.write(body);
      else if (preTail === undefined && whole === '') return;
      preTail = whole.slice(body.length, body.length + LONGEST_GAP);
      return;
    }
    const collapsed = cleanText(text).replace(/[\s\u00a0]+/g, ' ');
    const starts = collapsed.startsWith(' ');
    if (starts) builder.separate('space');
    const ends = collapsed.length > 1 && collapsed.endsWith(' ');
    const body = collapsed.slice(starts ? 1 : 0, ends ? -1 : undefined);
    if (body !== '') builder.write(body);
    if (ends) builder.separate('space');
  };

  const handler: HtmlHandler = {
    open(name, attributes) {
      if (name === 'html') language = attributes.lang ?? language;
      if (name === 'title' && title === undefined) {
        inTitle = true;
        title = '';
        return () => {
          inTitle = false;
        };
      }
      if (BLOCKS.has(name)) builder.separate('block');
      if (isDropped(name, attributes, region, roots > 0)) return 'drop';
      const isRoot = needsRoot && isRegionRoot(name, attributes, region);
      if (isRoot) roots += 1;
      if (roots === 0) return undefined;
      const restoreWeight = weigh(attributes['data-findling-weight']);
      const onClose = openElement(name, attributes);
      if (!isRoot && restoreWeight === undefined) return onClose;
      return () => {
        if (typeof onClose === 'function') onClose();
        restoreWeight?.();
        if (isRoot) roots -= 1;
      };
    },
    close(name) {
      if (BLOCKS.has(name)) builder.separate('block');
    },
    text(text) {
      if (inTitle) title = (title ?? '') + text;
      else if (permalink !== undefined) permalink += text;
      else if (roots > 0) writeText(text);
    },
  };
  return { handler, title: () => title ?? '', language: () => language, finish: builder.finish };
}

function isPermalink(attributes: Attributes): boolean {
  return attributes['aria-hidden'] === 'true' || hasClass(attributes, PERMALINK_CLASSES);
}

/** A signature's name: `class asyncio.Queue(maxsize=0)` is listed as `class asyncio.Queue()`. */
function definitionLabel(text: string): string {
  return text.replace(/(?<=\w)\(.*$/s, '()').slice(0, 120);
}

/** Without soft hyphens, zero-width spaces and control characters. */
function cleanText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return text.replace(/[\u00ad\u200b\ufeff\u0000-\u0008\u000b\u000e-\u001f\u007f]/g, '');
}
