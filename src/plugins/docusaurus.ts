import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type AdapterOptions, type ContentPage, contentIndex, INDEX_FOLDER } from './places.ts';

/** What is needed of Docusaurus's context. */
export interface DocusaurusContext {
  readonly siteDir: string;
  /** With the locale in it. */
  readonly baseUrl: string;
  readonly siteConfig: { readonly trailingSlash?: boolean | undefined };
  readonly i18n: {
    readonly currentLocale: string;
    readonly defaultLocale: string;
    readonly locales: readonly string[];
    readonly localeConfigs: Readonly<Record<string, { readonly htmlLang: string } | undefined>>;
  };
}

/** A Docusaurus plugin, as far as this one goes. */
export interface FindlingPlugin {
  readonly name: string;
  getThemePath(): string;
  configureWebpack(): object;
  allContentLoaded(loaded: { readonly allContent: unknown }): Promise<void>;
  postBuild(built: { readonly outDir: string }): Promise<void>;
}

/** What the thread is given to do. */
export type IndexJob =
  | {
      readonly kind: 'content';
      readonly root: string;
      readonly pages: readonly ContentPage[];
      readonly options: AdapterOptions;
    }
  | {
      readonly kind: 'built';
      readonly root: string;
      readonly outDir: string;
      readonly base: string;
      readonly name: string;
      readonly options: AdapterOptions;
      readonly others: readonly string[];
      /** Pages are `guide.html`, and their links `guide`. */
      readonly isSlashless: boolean;
    };

/**
 * Search for a Docusaurus site: `plugins: [findling]` in its configuration, `[findling, { exclude: […] }]` with options. Indexes each
 * locale's pages after it is built, in development the Markdown, and gives the theme a search bar.
 */
export function findling(context: DocusaurusContext, given: AdapterOptions = {}): FindlingPlugin {
  const { siteDir: root, baseUrl, siteConfig, i18n } = context;
  const isSlashless = siteConfig.trailingSlash === false;
  // Docusaurus may have put more into what it hands over than a thread can be given.
  const options: AdapterOptions = {
    exclude: given.exclude ?? [],
    weight: given.weight ?? {},
    filters: given.filters ?? {},
  };
  const isDevelopment = process.env.NODE_ENV === 'development';
  return {
    name: 'findling',
    getThemePath: () => join(here(), '../../src/plugins/docusaurus/theme'),
    configureWebpack() {
      if (!isDevelopment) return {};
      return {
        devServer: { static: [{ directory: contentIndex(root), publicPath: baseUrl + INDEX_FOLDER, watch: false }] },
      };
    },
    async allContentLoaded({ allContent }) {
      if (!isDevelopment) return;
      const language = i18n.localeConfigs[i18n.currentLocale]?.htmlLang ?? i18n.currentLocale;
      const pages = contentPages(allContent, { root, base: baseUrl, language, isSlashless });
      await inThread({ kind: 'content', root, pages, options }).catch((error) =>
        console.warn(`findling: ${String(error)}`),
      );
    },
    async postBuild({ outDir }) {
      await inThread({
        kind: 'built',
        root,
        outDir,
        base: baseUrl,
        name: i18n.currentLocale,
        options,
        others: otherLocales(i18n),
        isSlashless,
      });
    },
  };
}

/** The default locale's pages lie around those of the others, which may be there from an earlier build. */
function otherLocales({ currentLocale, defaultLocale, locales }: DocusaurusContext['i18n']): readonly string[] {
  if (currentLocale !== defaultLocale) return [];
  return locales.filter((locale) => locale !== defaultLocale).map((locale) => `${locale}/**`);
}

interface ContentSite {
  readonly root: string;
  readonly base: string;
  readonly language: string;
  readonly isSlashless: boolean;
}

/** Docs, posts and Markdown pages with their URLs, from what Docusaurus's own plugins have loaded. */
export function contentPages(
  allContent: unknown,
  { root, base, language, isSlashless }: ContentSite,
): readonly ContentPage[] {
  const pages: ContentPage[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > MOST_NESTING) return;
    const { permalink, source, unlisted, draft } = value as Readonly<Record<string, unknown>>;
    if (typeof permalink === 'string' && typeof source === 'string' && /^@site\/.*\.mdx?$/.test(source)) {
      const file = join(root, source.replace(/^@site\//, ''));
      const path = builtFile(permalink.slice(base.length), isSlashless);
      if (unlisted !== true && draft !== true) pages.push({ file, path, url: permalink, language });
      return;
    }
    for (const each of Object.values(value)) visit(each, depth + 1);
  };
  for (const [plugin, content] of Object.entries(allContent ?? {}))
    if (/^docusaurus-plugin-content-/.test(plugin)) visit(content, 0);
  const byUrl = new Map(pages.map((page) => [page.url, page]));
  return [...byUrl.values()];
}

function builtFile(path: string, isSlashless: boolean): string {
  if (path === '' || path.endsWith('/')) return `${path}index.html`;
  return `${path}${isSlashless ? '.html' : '/index.html'}`;
}

/** plugin id → loadedVersions → number → docs → number; blog: id → blogPosts → number → metadata. */
const MOST_NESTING = 6;

function inThread(job: IndexJob): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(here(), 'docusaurus-worker.js'), { workerData: job });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`The indexer ended with exit status ${code}.`)),
    );
  });
}

function here(): string {
  return dirname(fileURLToPath(import.meta.url));
}
