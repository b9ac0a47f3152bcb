/** A piece of a page's text, as pdf.js gives it. */
export interface TextItem {
  readonly str: string;
  /** The last two numbers are the place on the page, y upwards. */
  readonly transform: readonly unknown[];
  readonly width: number;
  readonly height: number;
  readonly hasEOL: boolean;
}

/** A line of a page. */
export interface PageLine {
  readonly text: string;
  /** It stands far below the line before, or above it, as in the next column. */
  readonly afterGap: boolean;
  /** A number begins it, or ends it apart from the words, as a page's number does and that of "Question 3" does not. */
  readonly isNumbered: boolean;
}

/** A line this many of its heights below the one before begins a paragraph. */
const PARAGRAPH_GAP = 1.6;
/** A space this many of its line's heights wide sets apart what follows; between words of a justified line it is narrower. */
const WIDE_SPACE = 1.5;
/** A line at a page's edge that this part of the pages has is a running title. */
const RUNNING_SHARE = 0.3;
const FEWEST_RUNNING = 3;
/** At a line's beginning, or at its end after a mark or a wide space, which is a tab here. */
const PAGE_NUMBER = /^[^\p{L}\p{N}]*(?:\d+|[ivxl]+)(?![\p{L}\p{N}])|[\t|/•·–—-] ?(?:\d+|[ivxl]+)[^\p{L}\p{N}]*$/u;

/** A page's lines that are not blank, in the order in which they were drawn. */
export function pageLines(items: readonly TextItem[]): readonly PageLine[] {
  const lines: PageLine[] = [];
  let text = '';
  let height = 0;
  let y = Number.NaN;
  let above = Number.NaN;
  const endLine = () => {
    const words = text
      .replace(/(?:\s*\.){5,}/g, ' … ')
      .replace(/\s+/g, ' ')
      .trim();
    if (words !== '') {
      const gap = above - y;
      const afterGap = gap > PARAGRAPH_GAP * height || gap < 0;
      lines.push({ text: words, afterGap, isNumbered: PAGE_NUMBER.test(text.trim()) });
      above = y;
    }
    text = '';
    height = 0;
  };
  for (const item of items) {
    if (text === '') y = Number(item.transform[5]);
    height = Math.max(height, item.height);
    text += item.str === ' ' && item.width > WIDE_SPACE * height ? '\t' : item.str;
    if (item.hasEOL) endLine();
  }
  endLine();
  return lines;
}

/** The pages without their running titles and page numbers: first and last lines that recur but for their numbers. */
export function withoutRunningTitles(pages: readonly (readonly PageLine[])[]): readonly (readonly PageLine[])[] {
  const counts = new Map<string, number>();
  for (const page of pages)
    for (const key of new Set([headKey(page), footKey(page)])) counts.set(key, (counts.get(key) ?? 0) + 1);
  const enough = Math.max(FEWEST_RUNNING, pages.length * RUNNING_SHARE);
  const isRunning = (key: string) => key !== '' && (counts.get(key) ?? 0) >= enough;
  return pages.map((page) => page.slice(isRunning(headKey(page)) ? 1 : 0, isRunning(footKey(page)) ? -1 : undefined));
}

/** A page may begin with a heading that the next page's differs from by its number alone: "Question 3". */
function headKey([line]: readonly PageLine[]): string {
  if (line === undefined) return '';
  return line.isNumbered ? withoutNumbers(line.text) : line.text;
}

/** No heading ends a page: any number may be the page's. */
function footKey(page: readonly PageLine[]): string {
  return page.length > 1 ? withoutNumbers(page.at(-1)?.text ?? '') : '';
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+|\b[ivxl]+\b/g, '0');
}

/** Lines joined to paragraphs: at gaps and before list items a new one begins; a word hyphenated at a line's end is one again. */
export function paragraphs(lines: readonly PageLine[]): readonly string[] {
  const all: string[] = [];
  for (const { text, afterGap } of lines) {
    const last = all.at(-1);
    if (last === undefined || afterGap || /^[•‣▪◦●–]\s/.test(text)) all.push(text);
    else if (/\p{L}-$/u.test(last) && /^\p{Ll}/u.test(text)) all[all.length - 1] = last.slice(0, -1) + text;
    else all[all.length - 1] = `${last} ${text}`;
  }
  return all;
}
