import type { Tokenizer as TokenizerType } from 'htmlparser2';
import type { GivenFilters } from '../core/filters.ts';
import { readFilterMarks } from './html-filters.ts';
import { headingReader } from './html-headings.ts';
import { BLOCKS, isDropped, isLookup, isRegionRoot, likelyRegions, type Region } from './html-rules.ts';
import { type Attributes, type HtmlHandler, type OnClose, walkHtml } from './html-walk.ts';
import { countWords } from './sentences.ts';
import { type BuiltText, type TextBuilder, textBuilder } from './text-builder.ts';
import { textFlow } from './text-flow.ts';
import { tidyTitle } from './titles.ts';

export interface HtmlReading {
  readonly content: BuiltText;
  /** Of `<title>`; '' where there is none. */
  readonly title: string;
  /** Of `<html lang>`; '' where there is none. */
  readonly language: string;
  readonly filters: GivenFilters;
}

export interface HtmlOptions {
  /** Makes an anchor of a heading's words where the page gives none. */
  readonly slug?: (heading: string) => string;
  /** Reads the whole, navigation included, and takes self-closed tags as such; for fragments and Markdown. */
  readonly whole?: boolean;
}

/** Fewer words beside an index's tables or a search are a hint on how to use it. */
const FEW_WORDS = 20;

/**
 * Reads a page to plain text: its marked body, else its main content, else its body without the site's
 * furniture. A place that turns out empty gives way to the next. An index or a search page has no text.
 */
export async function readHtml(html: string, options: HtmlOptions = {}): Promise<HtmlReading> {
  const { Tokenizer } = await import('htmlparser2');
  return { ...readContent(Tokenizer, html, options), filters: readFilterMarks(Tokenizer, html) };
}

type ContentReading = Omit<HtmlReading, 'filters'>;

function readContent(Tokenizer: typeof TokenizerType, html: string, options: HtmlOptions): ContentReading {
  const regions: readonly Region[] = options.whole === true ? ['body'] : likelyRegions(html);
  const read = (region: Region) => readRegion(Tokenizer, html, region, options);
  for (const region of regions) {
    const reading = read(region);
    if (reading.onlyLeads) return { ...reading, content: textBuilder().finish() };
    if (reading.content.text === '') continue;
    return region === 'article' ? articlesOrBody(reading, read('body')) : reading;
  }
  return read('everything');
}

/**
 * Articles are the content where all main headings are theirs, and on a page without one where most of the text is. Else
 * they stand beside the content (comments, related posts) or below what heads them all (a list of posts): the body has both.
 */
function articlesOrBody(articles: ContentReading, body: ContentReading): ContentReading {
  const { text, topHeadings } = articles.content;
  if (topHeadings < body.content.topHeadings) return body;
  return topHeadings > 0 || text.length * 2 > body.content.text.length ? articles : body;
}

interface RegionReading extends ContentReading {
  /** Its page is an index or a search page: there is no text but headings and a hint. */
  readonly onlyLeads: boolean;
}

function readRegion(
  Tokenizer: typeof TokenizerType,
  html: string,
  region: Region,
  options: HtmlOptions,
): RegionReading {
  const reader = regionReader(region, options);
  walkHtml(Tokenizer, html, reader.handler, options.whole === true ? { selfClosing: true } : {});
  const content = reader.finish();
  const onlyLeads = reader.hasLookup() && countProse(content) < FEW_WORDS;
  return { content, title: tidyTitle(reader.title()), language: reader.language(), onlyLeads };
}

/** How many words stand beside the headings; a letter alone is a link into an index. */
function countProse({ text, sections }: BuiltText): number {
  const prose = sections('').map(({ start, end, heading }) => {
    const section = text.slice(start, end);
    const own = heading.at(-1) ?? '';
    return section.startsWith(own) ? section.slice(own.length) : section;
  });
  return countWords(prose.join(' ').replace(/(?<!\S)\S(?!\S)/gu, ''));
}

interface RegionReader {
  readonly handler: HtmlHandler;
  title(): string;
  language(): string;
  /** Part of it leads to other pages: an index's table, or a search. */
  hasLookup(): boolean;
  finish(): BuiltText;
}

function regionReader(region: Region, options: HtmlOptions): RegionReader {
  const builder = textBuilder();
  const flow = textFlow(builder, () => headings.isInside());
  const headings = headingReader(builder, flow.write, options.slug);
  const openWeight = weigher(builder);
  const page = pageFacts();
  const needsRoot = region !== 'body' && region !== 'everything';
  const rootRegion = needsRoot ? region : 'article';
  let roots = 0;
  let lookup = false;
  const isReading = () => !needsRoot || roots > 0;

  const openElement = (name: string, attributes: Attributes): (() => void) | undefined => {
    if (name === 'td' || name === 'th') builder.separate('cell');
    return both(headings.open(name, attributes), openCode(name, attributes));
  };
  const openCode = (name: string, attributes: Attributes) => {
    if (name === 'pre') return flow.openPreformatted();
    return name === 'code' && attributes.class?.startsWith('language-') ? flow.openProgram() : undefined;
  };
  const openRoot = () => {
    roots += 1;
    return () => {
      roots -= 1;
    };
  };
  const handler: HtmlHandler = {
    open(name, attributes) {
      if (name === 'html' || name === 'title') return page.open(name, attributes);
      if (BLOCKS.has(name)) builder.separate('block');
      const place = { region, inside: roots > 0, inHeading: headings.isInside(), whole: options.whole === true };
      lookup ||= isLookup(attributes, place);
      if (isDropped(name, attributes, place)) return 'drop';
      const onRoot = isRegionRoot(name, attributes, rootRegion) ? openRoot() : undefined;
      if (!isReading()) return undefined;
      const onWeight = openWeight(attributes['data-findling-weight']);
      return both(openElement(name, attributes), both(onWeight, onRoot));
    },
    close(name) {
      if (BLOCKS.has(name)) builder.separate('block');
    },
    text(text) {
      if (page.takesText(text) || headings.takesText(text)) return;
      if (isReading()) flow.write(text);
    },
  };
  return { handler, title: page.title, language: page.language, hasLookup: () => lookup, finish: builder.finish };
}

/** Two things to do when an element ends, in this order. */
function both(first: (() => void) | undefined, second: (() => void) | undefined): (() => void) | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return () => {
    first();
    second();
  };
}

/** What a page says of itself: its first `<title>`, and `<html lang>`. */
function pageFacts() {
  let title: string | undefined;
  let inTitle = false;
  let language = '';
  return {
    open(name: 'html' | 'title', attributes: Attributes): OnClose {
      if (name === 'html') language = attributes.lang ?? attributes['xml:lang'] ?? language;
      if (name === 'html' || title !== undefined) return undefined;
      title = '';
      inTitle = true;
      return () => {
        inTitle = false;
      };
    },
    takesText(text: string): boolean {
      if (inTitle) title = (title ?? '') + text;
      return inTitle;
    },
    title: () => title ?? '',
    language: () => language,
  };
}

/** Sets the weight that an element asks for until it ends; what is no weight is passed over. */
function weigher(builder: TextBuilder): (value: string | undefined) => (() => void) | undefined {
  let weight = 1;
  const set = (next: number) => {
    weight = next;
    builder.setWeight(next);
  };
  return (value) => {
    const next = Number(value);
    if (value === undefined || value.trim() === '' || !Number.isFinite(next) || next < 0) return undefined;
    const before = weight;
    set(next);
    return () => set(before);
  };
}
