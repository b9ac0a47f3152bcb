import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Source, SourceType } from '../core/document.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import { filtersOf, type GivenFilters, joinFilters } from '../core/filters.ts';
import { contentHash } from '../core/hash.ts';
import { eachOnce, filesBelow } from './folder-files.ts';
import { readHead } from './page-head.ts';

/** A page before it is read. */
export interface SiteSource {
  readonly source: Source;
  /** Its path in the folder, and the line. */
  readonly place: string;
  /** Of all that goes into the page's part of the index. */
  readonly hash: string;
  /** Score multiplier from the command line. */
  readonly weight: number;
  /** How many pages there are in all; undefined where that is not known before the last. */
  readonly of?: number;
}

export interface SourceOptions {
  readonly folder: string;
  /** Folders and files that are not pages: globs relative to the folder. */
  readonly exclude: readonly string[];
  readonly weights: readonly { readonly glob: string; readonly weight: number }[];
  /** What searches may be narrowed to, for pages at paths that match. */
  readonly filters?: readonly { readonly glob: string; readonly filters: GivenFilters }[];
  /** Put before each path; ends with `/`. */
  readonly baseUrl: string;
  /** The index's own folder, inside which no pages are looked for. */
  readonly out: string;
  /** A page's path in its URL, where the site's links have another form: given `guide/` or `guide/page.html`. */
  readonly urlOf?: (path: string) => string;
  /** Told, before the first page, of a glob of `exclude`, `weights` or `filters` that matches no page. */
  readonly onUnmatched?: (glob: string) => void;
  /** Told of a page, or a folder, that is there and cannot be read. */
  readonly onUnreadable?: (path: string, reason: string) => void;
  /** Told of the files and folders outside to which links in this one lead. */
  readonly onLinked?: (places: readonly string[]) => void;
}

const TYPES: Readonly<Record<string, SourceType>> = {
  '.html': 'html',
  '.htm': 'html',
  '.md': 'markdown',
  '.mdx': 'markdown',
};
/** Where hosts look for them, and search should not. */
const NEVER = ['404.html', '**/404.html', 'node_modules/**', '**/node_modules/**'];

/**
 * The pages of a built site: its HTML, or where it has none its Markdown, and the lines of its `.jsonl` files
 * (`{ "url", "title", "text" | "html" | "markdown", "language", "filters" }`). Pages that send on or ask not to be indexed are left out. Links to files and folders
 * are followed; each file is read once. What cannot be read is told and left out. One by one: the pages of a large site need not be in memory together.
 */
export async function* findSources(options: SourceOptions): AsyncGenerator<SiteSource> {
  const folder = resolve(options.folder);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new SearchError('not-found', `${folder} is no folder. Build the site first, and give the folder it is in.`);
  const { pages, lines } = await listPages(folder, options);
  const given = givenTo(options);
  const of = lines.length === 0 ? { of: pages.length } : {};
  const unreadable = (path: string, error: unknown) => options.onUnreadable?.(path, toSearchError(error).message);
  for (const path of pages) {
    const content = await readFile(join(folder, path)).catch((error: unknown) => unreadable(path, error));
    const type = TYPES[extension(path)] ?? 'html';
    if (content === undefined || isHidden({ type, content })) continue;
    const page = pageUrl(path);
    const url = options.baseUrl + encodeURI(options.urlOf?.(page) ?? page).replace(/[?#]/g, encodeURIComponent);
    yield { ...siteSource({ id: url, type, content }, path, given(path)), ...of };
  }
  for (const path of lines)
    try {
      yield* readLines(join(folder, path), path, options.baseUrl, given(path), unreadable);
    } catch (error) {
      unreadable(path, error);
    }
}

/** The paths of the files that hold pages: one page each, or one in each line. */
async function listPages(folder: string, options: SourceOptions) {
  const excluded = [...NEVER, ...options.exclude].map(globPattern);
  const isExcluded = (path: string) => excluded.some((pattern) => pattern.test(path));
  const out = await realpath(options.out).catch(() => resolve(options.out));
  const { files, passedOver, unreadable, linked } = filesBelow(folder, {
    skips: (name, real) => name === 'node_modules' || real === out,
    isExcluded: (path) => isExcluded(insideOf(path)),
  });
  options.onLinked?.(linked);
  const readable = files.filter(({ path }) => TYPES[extension(path)] !== undefined || path.endsWith('.jsonl'));
  tellUnmatched([...readable.map(({ path }) => path), ...passedOver.map(insideOf)], options);
  for (const { path, reason } of unreadable)
    if (mayHoldPages(path) && !isExcluded(path)) options.onUnreadable?.(path, reason);
  const paths = eachOnce(readable.filter(({ path }) => !isExcluded(path)))
    .map(({ path }) => path)
    .sort();
  // Of two pages with one URL the first is taken: index.html before index.htm, as hosts have it.
  const ofTypes = (...types: readonly string[]) =>
    types.flatMap((type) => paths.filter((path) => extension(path) === type));
  const html = ofTypes('.html', '.htm');
  const pages = html.length > 0 ? html : ofTypes('.md', '.mdx');
  return { pages, lines: paths.filter((path) => path.endsWith('.jsonl')) };
}

/** A page of a folder: a glob that leaves out all such leaves out the folder. */
function insideOf(folder: string): string {
  return `${folder}/-`;
}

/** By its name: a folder's mostly has no extension. Editors lock a file by a link that leads nowhere, `.#page.md`. */
function mayHoldPages(path: string): boolean {
  const type = extension(path);
  return !/(?:^|\/)\.[^/]*$/.test(path) && (type === '' || type === '.jsonl' || TYPES[type] !== undefined);
}

/** What globs give to a page. */
interface Given {
  readonly weight: number;
  readonly filters: GivenFilters;
}

/** What the globs give to the page, or to the pages in the file, at a path. */
export function givenTo({
  weights,
  filters = [],
}: Pick<SourceOptions, 'weights' | 'filters'>): (path: string) => Given {
  const patterned = <T extends { readonly glob: string }>(all: readonly T[]) =>
    all.map((each) => ({ ...each, pattern: globPattern(each.glob) }));
  const [weighing, filtering] = [patterned(weights), patterned(filters)];
  return (path) => ({
    weight: weighing.reduce((product, { pattern, weight }) => (pattern.test(path) ? product * weight : product), 1),
    filters: joinFilters(...filtering.flatMap((each) => (each.pattern.test(path) ? [each.filters] : []))),
  });
}

function tellUnmatched(paths: readonly string[], { exclude, weights, filters = [], onUnmatched }: SourceOptions): void {
  for (const glob of [...exclude, ...[...weights, ...filters].map((each) => each.glob)]) {
    const pattern = globPattern(glob);
    if (!paths.some((path) => pattern.test(path))) onUnmatched?.(glob);
  }
}

function isHidden({ type, content }: Pick<Source, 'type' | 'content'>): boolean {
  return type === 'html' && readHead(content).hidden;
}

function siteSource(given: Source, place: string, { weight, filters: ofGlobs }: Given): SiteSource {
  const { id, type, content, title = '', language = '' } = given;
  const filters = joinFilters(given.filters ?? {}, ofGlobs);
  const hash = contentHash(id, type, title, language, String(weight), JSON.stringify(filters), content);
  return { source: { ...given, filters }, place, weight, hash };
}

/** `guide/index.html` is found at `guide/`. */
function pageUrl(path: string): string {
  return path.replace(/(^|\/)index\.(?:html?|mdx?)$/, '$1').replace(/\.mdx?$/, '');
}

function extension(path: string): string {
  return /\.[a-z]+$/i.exec(path)?.[0].toLowerCase() ?? '';
}

/** A line that is no page is left out; a file that begins with such a one is another program's, and one word about it is enough. */
async function* readLines(
  file: string,
  path: string,
  baseUrl: string,
  given: Given,
  unreadable: (place: string, error: unknown) => void,
): AsyncGenerator<SiteSource> {
  let at = 0;
  let pages = 0;
  for await (const line of linesOf(file)) {
    at += 1;
    // A byte-order mark counts as blank here, and JSON.parse refuses it.
    const text = line.trim();
    if (text === '') continue;
    const place = `${path}, line ${at}`;
    try {
      const source = sourceOfLine(text, baseUrl);
      pages += 1;
      if (!isHidden(source)) yield siteSource(source, place, given);
    } catch (error) {
      unreadable(place, error);
      if (pages === 0) return;
    }
  }
}

/** A file of a million lines may be longer than a string can be; and readline would break lines at U+2028. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function sourceOfLine(line: string, baseUrl: string): Source {
  const fail = (what: string) => new SearchError('bad-input', `${what}.`);
  let value: Readonly<Record<string, unknown>> | null;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new SearchError('bad-input', 'this is not JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null) throw fail('expected an object with "url" and "text"');
  const { url, title, language } = value;
  const filters = value.filters === undefined || value.filters === null ? {} : filtersOf(value.filters);
  if (filters === undefined) throw fail('expected "filters" to be an object of names and values');
  if (typeof url !== 'string' || url === '') throw fail('expected a "url"');
  const whole = /^[a-z]+:\/\//i.test(url) ? url : baseUrl + url.replace(/^\//, '');
  return {
    // Ids hold no '#'.
    id: whole.replaceAll('#', '%23'),
    ...(whole.includes('#') ? { url: whole } : {}),
    ...contentOf(value, fail),
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof language === 'string' ? { language } : {}),
    filters,
  };
}

/** The first of its fields that holds text: exports write null for the others. */
function contentOf(
  value: Readonly<Record<string, unknown>>,
  fail: (what: string) => SearchError,
): Pick<Source, 'type' | 'content'> {
  for (const type of ['html', 'markdown', 'text'] as const) {
    const content = value[type];
    if (typeof content === 'string') return { type, content };
  }
  throw fail('expected "text", "html" or "markdown"');
}

/**
 * `**` any folders, `*` anything but a slash, `?` one character, `{a,b}` either. A pattern without a slash matches at any depth; one
 * whose last name has no wildcard means a folder of that name with all it holds as well.
 */
export function globPattern(glob: string): RegExp {
  return new RegExp(`^(?:${alternatives(glob).map(patternSource).join('|')})$`);
}

/** The globs that a glob with `{a,b}` stands for; braces may lie in braces. */
function alternatives(glob: string): readonly string[] {
  const [, before = '', words, after = ''] = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/.exec(glob) ?? [];
  if (words === undefined) return [glob];
  return words.split(',').flatMap((word) => alternatives(before + word + after));
}

function patternSource(glob: string): string {
  const plain = glob.replace(/^\.?\//, '').replace(/\/$/, '/**');
  const source = plain.replace(/\*\*\/|\*\*|\*|\?|[^*?]+/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  const lastName = plain.slice(plain.lastIndexOf('/') + 1);
  return `${plain.includes('/') ? '' : '(?:.*/)?'}${source}${/[*?]/.test(lastName) ? '' : '(?:/.*)?'}`;
}
