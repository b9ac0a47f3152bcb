import { type Document, documentId, type Source, type SourceType } from '../core/document.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import { type GivenFilters, joinFilters } from '../core/filters.ts';
import { lostScript } from '../core/lost-script.ts';
import { decodeContent } from './decoding.ts';
import { readHtml } from './html.ts';
import { languageOf } from './language.ts';
import { readMarkdown } from './markdown.ts';
import { readPdf } from './pdf.ts';
import { readText } from './text.ts';
import type { BuiltText } from './text-builder.ts';
import { titleOfAddress } from './titles.ts';

const CALLED: Readonly<Record<SourceType, string>> = {
  html: 'HTML',
  markdown: 'Markdown',
  text: 'text',
  pdf: 'PDF files',
};

interface Reading {
  readonly content: BuiltText;
  readonly title?: string;
  readonly language?: string;
  readonly filters?: GivenFilters;
  /** The title stands above a heading of level 1. */
  readonly titleFirst?: boolean;
}

/**
 * Reads a source to plain text with its sections. The parser for its type is loaded when first needed.
 * Broken encoding and broken markup are read as far as they go.
 * Errors: 'bad-input' for a bad id, a type this reads not, or a PDF that cannot be read; 'network' where the parser does not come.
 */
export async function readDocument(source: Source): Promise<Document> {
  const id = documentId(source.id);
  const reading = await read(source).catch((error: unknown) => {
    throw toSearchError(lostScript(error, `reads ${CALLED[source.type]}`), 'bad-input');
  });
  const { content } = reading;
  const filters = joinFilters(reading.filters ?? {}, source.filters ?? {});
  const title = source.title ?? titleOf(reading) ?? titleOfAddress(source.url ?? source.id);
  return {
    id,
    url: source.url ?? source.id,
    title,
    language: languageOf(source.language ?? reading.language ?? '', content.text),
    text: content.text,
    sections: content.sections(title),
    ...(Object.keys(filters).length === 0 ? {} : { filters }),
  };
}

async function read(source: Source): Promise<Reading> {
  const { type, content } = source;
  switch (type) {
    case 'html':
      return readHtml(decodeContent(content, type));
    case 'markdown':
      return { ...(await readMarkdown(decodeContent(content, type))), titleFirst: true };
    case 'text':
      return { content: readText(decodeContent(content, type)) };
    case 'pdf':
      if (typeof content === 'string')
        throw new SearchError('bad-input', `The PDF ${source.id} was given as text. Expected its bytes, a Uint8Array.`);
      return { ...(await readPdf(content, source.id)), titleFirst: true };
    default: {
      const other: never = type;
      throw new SearchError(
        'bad-input',
        `${source.id} is of the type ${JSON.stringify(other)}. Expected html, markdown, text or pdf.`,
      );
    }
  }
}

/** A page's one main heading is its title: `<title>` often adds the site's name. Front matter is never so. */
function titleOf({ content, title = '', titleFirst = false }: Reading): string | undefined {
  const { mainHeading, firstHeading } = content;
  if (!titleFirst && firstHeading !== '' && isWithSiteName(title, firstHeading)) return firstHeading;
  const candidates = titleFirst ? [title, mainHeading] : [mainHeading, title];
  return [...candidates, firstHeading].find((each) => each !== '');
}

/** True for the heading's words with more behind a mark that sets names apart. */
function isWithSiteName(title: string, heading: string): boolean {
  return title.startsWith(heading) && /^ (?:[-—–|·]|::) \S/.test(title.slice(heading.length));
}
