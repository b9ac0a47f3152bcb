import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { indexSite, type SiteReport } from '../cli/index-site.ts';
import { givenTo, globPattern, type SourceOptions } from '../cli/index-sources.ts';
import { filtersOf, type GivenFilters } from '../core/filters.ts';
import { type AdapterOptions, type ContentPage, contentIndex, INDEX_FOLDER } from './places.ts';

interface Log {
  info(message: string): void;
  warn(message: string): void;
}

export interface BuiltSite {
  readonly outDir: string;
  readonly base: string;
  /** The project's folder: earlier work is kept in its `.cache/findling/`. */
  readonly root: string;
  readonly options: AdapterOptions;
  /** Globs of pages that other builds may have left there. */
  readonly others?: readonly string[];
  readonly log: Log;
  /** Name of the cache, where a project builds several sites. */
  readonly name?: string;
  readonly urlOf?: (path: string) => string;
}

/** Indexes a built site into its `findling/<language>/`, as `findling index` would, and says what it did. */
export async function indexBuilt(site: BuiltSite): Promise<SiteReport> {
  const { outDir, base, root, options, others = [], log, name, urlOf } = site;
  const globs = globsOf(options);
  const report = await indexSite({
    ...globs,
    exclude: [...globs.exclude, ...others],
    byLanguage: true,
    onUnmatched: (glob) => others.includes(glob) || log.warn(unmatched(glob)),
    folder: outDir,
    out: join(outDir, INDEX_FOLDER),
    baseUrl: base,
    cache: join(root, '.cache/findling', `${name ?? 'build'}.cache`),
    ...(urlOf === undefined ? {} : { urlOf }),
  });
  const { pages, embedded, passages, indexes, seconds, failed } = report;
  const sizes = indexes.map(({ language, bytes }) => `${language} ${Math.ceil(bytes / 1000)} kB`).join(', ');
  log.info(
    `findling: ${pages} pages (${embedded} new or changed), ${passages} passages, ${sizes}, ${seconds.toFixed(1)} s`,
  );
  for (const { id, reason } of failed) log.warn(`findling left out ${id}: ${reason}`);
  return report;
}

/** What is said of a glob that matches no page: it is most likely mistyped. */
export function unmatched(glob: string): string {
  return `findling: no page matches '${glob}'`;
}

/** The globs of an adapter's options, as indexSite() takes them. */
export function globsOf({ exclude = [], weight = {}, filters = {} }: AdapterOptions): Globs {
  return {
    exclude,
    weights: Object.entries(weight).map(([glob, each]) => ({ glob, weight: each })),
    filters: Object.entries(filters).map(([glob, each]) => ({ glob, filters: filtersOf(each) ?? {} })),
  };
}

type Globs = Required<Pick<SourceOptions, 'exclude' | 'weights' | 'filters'>>;

/** Indexes Markdown under the URLs that its pages will have; globs are for the files that it will be built into. */
export async function indexContent(
  root: string,
  pages: readonly ContentPage[],
  options: AdapterOptions,
): Promise<SiteReport> {
  const folder = join(root, '.cache/findling/content');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const groups = byWeight(pages, options);
  // A glob weighs a whole file of lines, so that each weight has a file.
  const nameOf = (weight: number) => `${weight}.jsonl`;
  for (const [weight, group] of groups) await writeFile(join(folder, nameOf(weight)), await linesOf(group));
  return indexSite({
    exclude: [],
    weights: [...groups.keys()].map((weight) => ({ glob: nameOf(weight), weight })),
    byLanguage: true,
    folder,
    out: contentIndex(root),
    baseUrl: '/',
    cache: join(root, '.cache/findling/dev.cache'),
  });
}

interface FilteredPage extends ContentPage {
  readonly filters: GivenFilters;
}

function byWeight(
  pages: readonly ContentPage[],
  options: AdapterOptions,
): ReadonlyMap<number, readonly FilteredPage[]> {
  const globs = globsOf(options);
  const excluded = globs.exclude.map(globPattern);
  const given = givenTo(globs);
  const groups = new Map<number, FilteredPage[]>();
  for (const page of pages) {
    if (excluded.some((pattern) => pattern.test(page.path))) continue;
    const { weight, filters } = given(page.path);
    groups.set(weight, [...(groups.get(weight) ?? []), { ...page, filters }]);
  }
  return groups;
}

async function linesOf(pages: readonly FilteredPage[]): Promise<string> {
  const lines = await Promise.all(
    pages.map(async ({ file, url, language, filters }) =>
      JSON.stringify({ url, language, filters, markdown: await readFile(file, 'utf8') }),
    ),
  );
  return lines.join('\n');
}
