import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { indexSite, type SiteReport } from '../cli/index-site.ts';
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
  readonly log: Log;
  /** Name of the cache, where a project builds several sites. */
  readonly name?: string;
  readonly urlOf?: (path: string) => string;
}

/** Indexes a built site into its `findling/<language>/`, as `findling index` would, and says what it did. */
export async function indexBuilt({ outDir, base, root, options, log, name, urlOf }: BuiltSite): Promise<SiteReport> {
  const report = await indexSite({
    ...shared(options),
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

function shared({ exclude, weight }: AdapterOptions) {
  const weights = Object.entries(weight ?? {}).map(([glob, each]) => ({ glob, weight: each }));
  return { exclude: exclude ?? [], weights, byLanguage: true };
}

/** Indexes Markdown under the URLs that its pages will have. */
export async function indexContent(root: string, pages: readonly ContentPage[]): Promise<SiteReport> {
  const lines = await Promise.all(
    pages.map(async ({ file, url, language }) =>
      JSON.stringify({ url, language, markdown: await readFile(file, 'utf8') }),
    ),
  );
  const folder = join(root, '.cache/findling/content');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'pages.jsonl'), lines.join('\n'));
  const cache = join(root, '.cache/findling/dev.cache');
  return indexSite({ ...shared({}), folder, out: contentIndex(root), baseUrl: '/', cache });
}
