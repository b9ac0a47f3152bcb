import type { Source } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import { decodeContent } from './decoding.ts';
import { type HtmlHandler, walkHtml } from './html-walk.ts';
import { renderMarkdown } from './markdown.ts';
import { tidyTitle } from './titles.ts';

export interface Link {
  /** The words that carry the link, on one line; never empty. */
  readonly text: string;
  /** As written in the document: relative, absolute or a fragment; never empty. */
  readonly href: string;
}

/** Links of an HTML or Markdown document in their order, navigation included. Other types have none: 'bad-input'. */
export async function readLinks(source: Source): Promise<readonly Link[]> {
  const { type, content } = source;
  if (type !== 'html' && type !== 'markdown')
    throw new SearchError('bad-input', `Links are read from html and markdown; ${source.id} is of the type ${type}.`);
  const text = decodeContent(content, type);
  const { Tokenizer } = await import('htmlparser2');
  const links: Link[] = [];
  let open: { readonly href: string; text: string } | undefined;
  const end = () => {
    const words = tidyTitle(open?.text ?? '');
    if (open !== undefined && words !== '') links.push({ text: words, href: open.href });
    open = undefined;
  };
  const handler: HtmlHandler = {
    open(name, attributes) {
      if (name === 'script' || name === 'style' || name === 'template') return 'drop';
      const href = attributes.href?.trim() ?? '';
      if (name !== 'a' || href === '') return undefined;
      end(); // links don't nest: a second one ends the first
      open = { href, text: '' };
      return end;
    },
    close() {},
    text(piece) {
      if (open !== undefined) open.text += piece;
    },
  };
  if (type === 'html') walkHtml(Tokenizer, text, handler);
  else walkHtml(Tokenizer, await renderMarkdown(text), handler, { selfClosing: true });
  return links;
}
