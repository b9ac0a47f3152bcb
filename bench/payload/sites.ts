import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** Debian's packages of documentation: `apt-get install python3-doc postgresql-doc-15 debian-handbook`. */
const SOURCES = {
  python: '/usr/share/doc/python3.11/html',
  postgres: '/usr/share/doc/postgresql-doc-15/html',
  handbook: '/usr/share/doc/debian-handbook/html/en-US',
} as const;

/** Structures are taken from pages up to this size: a site of 10,000 pages is not made of books. */
const LARGEST_STRUCTURE = 40_000;

export interface Site {
  readonly name: string;
  readonly folder: string;
  readonly pages: number;
}

const root = resolve(import.meta.dirname, '../../.cache/payload');

function htmlFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.html'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The sites whose documentation is installed here; of the others their names. */
export function missingSources(): readonly string[] {
  return Object.values(SOURCES).filter((folder) => !existsSync(folder));
}

/** A site's folder of HTML pages, made at the first call. `10k` and other counts are made by repeating structures. */
export function siteOf(name: 'python' | 'postgres' | number): Site {
  const folder = join(root, `site-${name}`);
  const done = join(root, `site-${name}.pages`);
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    const pages = typeof name === 'number' ? synthesise(folder, name) : copy(SOURCES[name], folder);
    writeFileSync(done, String(pages));
  }
  return {
    name: typeof name === 'number' ? `${name / 1000}k` : name,
    folder,
    pages: Number(readFileSync(done, 'utf8')),
  };
}

function copy(from: string, to: string): number {
  const files = htmlFiles(from);
  for (const file of files) put(join(to, relative(from, file)), readFileSync(file));
  return files.length;
}

function put(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/**
 * `count` pages: each has the tags of a real page and, in the place of its text, a run of real sentences of the three
 * manuals and of the installed packages' Markdown, so that no page is another's copy and words are as common as in life.
 */
function synthesise(folder: string, count: number): number {
  const structures = Object.values(SOURCES)
    .flatMap(htmlFiles)
    .filter((file) => statSync(file).size <= LARGEST_STRUCTURE && statSync(file).size > 2000)
    .map((file) => readFileSync(file, 'utf8'));
  const sentences = poolOfSentences();
  for (let page = 0; page < count; page += 1) {
    const structure = structures[page % structures.length] ?? '';
    const seed = (page * 2_654_435_761) % 4_294_967_296;
    const next = sentenceRun(sentences, Math.floor((seed / 4_294_967_296) * sentences.length));
    const title = next(50);
    put(join(folder, String(Math.floor(page / 500)), `page-${page}.html`), retold(structure, title, next));
  }
  return count;
}

function retold(html: string, title: string, next: (length: number) => string): string {
  const bodyAt = Math.max(0, html.search(/<body/i));
  const head = html.slice(0, bodyAt).replace(/<title>[^<]*/i, `<title>${title}`);
  let headings = 0;
  const body = html.slice(bodyAt).replace(/(<(h[1-6])\b[^>]*>)?([^<>]*)(?=<)/gi, (whole, open, level, text: string) => {
    if (text.trim().length < 3) return whole;
    if (level !== undefined) {
      headings += 1;
      return `${open}${headings === 1 ? title : next(Math.min(50, Math.max(20, text.length)))}`;
    }
    return text.trim().length < 16 ? whole : ` ${next(text.length)} `;
  });
  return head + body.replace(/<script[\s\S]*?<\/script>/gi, '');
}

/** Takes sentences in order from a starting place, cut to about the length asked for. */
function sentenceRun(sentences: readonly string[], start: number) {
  let at = start;
  return (length: number): string => {
    let text = '';
    while (text.length < length) {
      text += `${text === '' ? '' : ' '}${sentences[at % sentences.length]}`;
      at += 1;
    }
    if (text.length > length * 1.3 + 20) text = text.slice(0, text.lastIndexOf(' ', length + 20));
    return text;
  };
}

/** Real sentences of what is installed here: the manuals that are, and the packages' Markdown. */
export function poolOfSentences(): readonly string[] {
  const modules = resolve(import.meta.dirname, '../../node_modules');
  const markdown = readdirSync(modules, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /^(readme|changelog|api|guide)\w*\.md$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const html = Object.values(SOURCES).filter(existsSync).flatMap(htmlFiles);
  const texts = [
    ...html.map((file) => plain(readFileSync(file, 'utf8').slice(0, 300_000))),
    ...markdown.map((file) => readFileSync(file, 'utf8').slice(0, 60_000)),
  ];
  return texts.flatMap((text) =>
    (text.match(/[A-Z][^.!?\n]{25,400}[.!?](?=\s)/g) ?? []).map((each) =>
      each.replace(/[<>&]/g, ' ').replace(/\s+/g, ' '),
    ),
  );
}

function plain(html: string): string {
  return html
    .replace(/<(script|style|head)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/\s+/g, ' ')
    .replace(/<\/(p|li|dd|td|h\d|div)>/gi, '\n')
    .replace(/<[^>]+>/g, '')
    .replace(/&lt;|&gt;/g, ' ')
    .replace(/&amp;/g, '&')
    .replace(/&#?\w+;/g, ' ');
}
