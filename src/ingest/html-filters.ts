import type { Tokenizer as TokenizerType } from 'htmlparser2';
import { filterIn, type GivenFilters, joinFilters } from '../core/filters.ts';
import { type Attributes, walkHtml } from './html-walk.ts';

/** A value is a few words: more elements inside each other, or more text, are a mark that was put on by mistake. */
const MOST_OPEN = 8;
const LONGEST_TEXT = 1000;
const MARK = 'data-findling-filter';
/** What DocSearch's crawler narrows by: `<meta name="docsearch:version" content="2.0,latest">`. Docusaurus writes it into each page. */
const DOCSEARCH = 'docsearch:';

/**
 * What a page says that searches may be narrowed to, wherever in it that stands: `data-findling-filter="version: 2.0"`; or the name alone,
 * where the element's text, or a `<meta>`'s `content`, is the value.
 */
export function readFilterMarks(Tokenizer: typeof TokenizerType, html: string): GivenFilters {
  if (!html.includes(MARK) && !html.includes(DOCSEARCH)) return {};
  const found: GivenFilters[] = [];
  /** The texts of the open elements whose words are a value. */
  const open = new Set<{ text: string }>();
  walkHtml(Tokenizer, html, {
    open(name, attributes) {
      const given = name === 'meta' ? inMeta(attributes) : inElement(attributes);
      if (given === undefined) return undefined;
      if (typeof given !== 'string') return void found.push(given);
      if (open.size === MOST_OPEN) return undefined;
      const value = { text: '' };
      open.add(value);
      return () => {
        open.delete(value);
        found.push({ [given]: value.text });
      };
    },
    close: () => undefined,
    text(text) {
      for (const value of open) if (value.text.length < LONGEST_TEXT) value.text += text;
    },
  });
  return joinFilters(...found);
}

/** A filter, or the name of one. */
function inElement({ [MARK]: mark = '' }: Attributes): GivenFilters | string | undefined {
  return filterIn(mark) ?? (mark.trim() === '' || mark.includes(':') ? undefined : mark);
}

function inMeta(attributes: Attributes): GivenFilters | undefined {
  const { name = '', content = '' } = attributes;
  if (name.startsWith(DOCSEARCH)) return { [name.slice(DOCSEARCH.length)]: content.split(',') };
  const given = inElement(attributes);
  return typeof given === 'string' ? { [given]: content } : given;
}
