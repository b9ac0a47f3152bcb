import type { PDFDocumentLoadingTask, PDFDocumentProxy } from 'pdfjs-dist';
import { SearchError } from '../core/errors.ts';
import { type PageLine, pageLines, paragraphs, withoutRunningTitles } from './pdf-layout.ts';
import { type BuiltText, textBuilder } from './text-builder.ts';
import { tidyTitle } from './titles.ts';
import { showWorkerScope } from './worker-scope.ts';

export interface PdfReading {
  readonly content: BuiltText;
  readonly title: string;
  readonly language: string;
}

/** Bookmarks beyond these are not looked up: each costs a search in the file. */
const MOST_BOOKMARKS = 2000;

/**
 * Reads a PDF's text; each page is a section under its bookmark (where the file has bookmarks) and `Page n`, with the
 * anchor `page=n`. Running titles are left out.
 * Errors: 'bad-input' for what is no PDF, asks for a password, or holds no text (scanned pages).
 */
export async function readPdf(bytes: Uint8Array, id: string): Promise<PdfReading> {
  const pdfjs = await loadPdfjs(); // where it cannot be loaded, nothing is wrong with the file
  let task: PDFDocumentLoadingTask | undefined;
  try {
    task = pdfjs.getDocument({
      data: new Uint8Array(bytes), // pdf.js takes the buffer for itself, and refuses a Buffer: a copy is both
      isEvalSupported: false,
      useWasm: false,
      useSystemFonts: false,
      disableFontFace: true,
      isOffscreenCanvasSupported: false,
      isImageDecoderSupported: false,
      verbosity: pdfjs.VerbosityLevel.ERRORS,
    });
    return await readPages(await task.promise, id);
  } catch (error) {
    if (error instanceof SearchError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const isLocked = error instanceof Error && error.name === 'PasswordException';
    throw new SearchError(
      'bad-input',
      isLocked ? `The PDF ${id} asks for a password. Save it without one.` : `${id} is not a readable PDF: ${reason}`,
      { cause: error },
    );
  } finally {
    await task?.destroy();
  }
}

async function readPages(pdf: PDFDocumentProxy, id: string): Promise<PdfReading> {
  const pages: (readonly PageLine[])[] = [];
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    pages.push(pageLines(items.filter((item) => 'str' in item)));
    page.cleanup();
  }
  const bookmarks = await readBookmarks(pdf);
  const builder = textBuilder();
  for (const [index, lines] of withoutRunningTitles(pages).entries()) {
    const page = index + 1;
    builder.label([...bookmarkOf(bookmarks, page), `Page ${page}`], `page=${page}`);
    for (const paragraph of paragraphs(lines)) {
      builder.write(paragraph);
      builder.separate('block');
    }
  }
  const content = builder.finish();
  if (content.text === '')
    throw new SearchError('bad-input', `The PDF ${id} holds no text, only pictures. Expected a PDF with text.`);
  const { info } = await pdf.getMetadata();
  const title = textField(info, 'Title');
  return { content, title: isFileName(title) ? '' : title, language: textField(info, 'Language') };
}

/** Word processors put the file's name there, or none. Names of things end like files too: Node.js, ASP.NET. */
export function isFileName(title: string): boolean {
  return /\.(?:docx?|docm|dotx?|odt|rtf|txt|html?|pdf|e?ps|pptx?|odp|xlsx?|ods|indd|qxd|tex|dvi|pages|pub|wpd)$|^untitled/i.test(
    title,
  );
}

interface Bookmark {
  readonly page: number;
  /** The titles above it, and its own. */
  readonly path: readonly string[];
}

/** In the order of the file; those that lead nowhere are left out. */
async function readBookmarks(pdf: PDFDocumentProxy): Promise<readonly Bookmark[]> {
  const outline = (await pdf.getOutline().catch(() => null)) ?? [];
  const waiting = outline.map((item) => ({ item, above: [] as readonly string[] })).reverse();
  const bookmarks: Bookmark[] = [];
  for (let seen = 0; seen < MOST_BOOKMARKS; seen += 1) {
    const next = waiting.pop();
    if (next === undefined) break;
    const path = [...next.above, tidyTitle(next.item.title)];
    const page = await pageOf(pdf, next.item.dest).catch(() => undefined);
    if (page !== undefined) bookmarks.push({ page, path });
    waiting.push(...next.item.items.map((item) => ({ item, above: path })).reverse());
  }
  return bookmarks;
}

async function pageOf(pdf: PDFDocumentProxy, dest: string | readonly unknown[] | null): Promise<number | undefined> {
  const explicit = typeof dest === 'string' ? await pdf.getDestination(dest) : dest;
  const target = explicit?.[0];
  if (typeof target === 'number') return target + 1;
  if (typeof target !== 'object' || target === null || !('num' in target) || !('gen' in target)) return undefined;
  return (await pdf.getPageIndex({ num: Number(target.num), gen: Number(target.gen) })) + 1;
}

/** The first bookmark on the page, else the last before it. */
function bookmarkOf(bookmarks: readonly Bookmark[], page: number): readonly string[] {
  const found = bookmarks.find((each) => each.page === page) ?? bookmarks.findLast((each) => each.page < page);
  return found?.path ?? [];
}

async function loadPdfjs() {
  try {
    return await import('./pdfjs.ts');
  } finally {
    showWorkerScope(); // pdfjs.ts does so itself, unless it failed
  }
}

function textField(info: object, name: string): string {
  const value: unknown = Reflect.get(info, name);
  return typeof value === 'string' ? value.trim() : '';
}
