import { SearchError } from '../core/errors.ts';
import { type BuiltText, textBuilder } from './text-builder.ts';

export interface PdfReading {
  readonly content: BuiltText;
  readonly title: string;
  readonly language: string;
}

/** A line this many of its heights below the one before begins a paragraph. */
const PARAGRAPH_GAP = 1.6;

/**
 * Reads a PDF's text; each page is a section `Page n` with the anchor `page=n`.
 * Errors: 'bad-input' for what is no PDF, asks for a password, or holds no text (scanned pages).
 */
export async function readPdf(bytes: Uint8Array, id: string): Promise<PdfReading> {
  const pdfjs = await loadPdfjs();
  // pdf.js takes the buffer for itself; the caller keeps his.
  const task = pdfjs.getDocument({
    data: bytes.slice(),
    isEvalSupported: false,
    useWasm: false,
    useSystemFonts: false,
    disableFontFace: true,
    isOffscreenCanvasSupported: false,
    isImageDecoderSupported: false,
    stopAtErrors: false,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
  });
  try {
    const pdf = await task.promise;
    const builder = textBuilder();
    for (let number = 1; number <= pdf.numPages; number += 1) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      builder.label(`Page ${number}`, `page=${number}`);
      writeLines(builder, paragraphs(items.filter((item) => 'str' in item)));
      page.cleanup();
    }
    const content = builder.finish();
    if (content.text === '')
      throw new SearchError('bad-input', `The PDF ${id} holds no text, only pictures. Expected a PDF with text.`);
    const { info } = await pdf.getMetadata();
    return { content, title: textField(info, 'Title'), language: textField(info, 'Language') };
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
    await task.destroy();
  }
}

/**
 * pdf.js starts a worker by the address of a file of its own. Given its worker's code as a module instead, it runs
 * in the thread that calls it, which for us is a worker already; in Node there is no other way.
 */
async function loadPdfjs() {
  await import('pdfjs-dist/legacy/build/pdf.worker.mjs');
  return import('pdfjs-dist/legacy/build/pdf.mjs');
}

interface TextItem {
  readonly str: string;
  /** The last two numbers are the place on the page, y upwards. */
  readonly transform: readonly unknown[];
  readonly height: number;
  readonly hasEOL: boolean;
}

function paragraphs(items: readonly TextItem[]): readonly string[][] {
  const all: string[][] = [[]];
  let line = '';
  let height = 0;
  let y = Number.NaN;
  let lastY = Number.NaN;
  const endLine = () => {
    const gap = lastY - y;
    if (line.trim() !== '') {
      if (gap > PARAGRAPH_GAP * height || gap < 0) all.push([]);
      all.at(-1)?.push(line.replace(/\s+/g, ' ').trim());
      lastY = y;
    }
    line = '';
    height = 0;
  };
  for (const item of items) {
    if (line === '') y = Number(item.transform[5]);
    height = Math.max(height, item.height);
    line += item.str;
    if (item.hasEOL) endLine();
  }
  endLine();
  return all;
}

function writeLines(builder: ReturnType<typeof textBuilder>, all: readonly string[][]): void {
  for (const lines of all) {
    const text = lines.reduce((joined, line) => {
      if (joined === '') return line;
      return /\p{L}-$/u.test(joined) && /^\p{Ll}/u.test(line) ? joined.slice(0, -1) + line : `${joined} ${line}`;
    }, '');
    if (text !== '') builder.write(text);
    builder.separate('block');
  }
}

function textField(info: object, name: string): string {
  const value: unknown = Reflect.get(info, name);
  return typeof value === 'string' ? value.trim() : '';
}
