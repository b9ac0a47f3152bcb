import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { slugger } from '../ingest/slugs.ts';
import { indexBuilt, indexContent } from './adapter.ts';
import { type DevServer, serveDevIndex } from './dev-server.ts';
import { type AdapterOptions, type ContentPage, contentIndex, INDEX_FOLDER } from './places.ts';

/** What is needed of Astro's configuration. */
export interface AstroSite {
  readonly root: URL;
  readonly srcDir: URL;
  readonly base: string;
  readonly trailingSlash: 'always' | 'never' | 'ignore';
}

/** Languages of a Starlight site, as its configuration names them. */
export interface StarlightLocales {
  readonly locales?: Readonly<Record<string, { readonly lang?: string | undefined } | undefined>> | undefined;
  readonly defaultLocale?: string | undefined;
}

interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

interface AstroSetup {
  readonly config: AstroSite;
  updateConfig(config: object): unknown;
}

/** An Astro integration, as far as this one goes. */
export interface FindlingIntegration {
  readonly name: string;
  readonly hooks: {
    'astro:config:setup'(setup: AstroSetup): void;
    'astro:config:done'(done: { readonly config: AstroSite }): void;
    'astro:server:setup'(setup: { readonly server: DevServer }): Promise<void>;
    'astro:build:done'(done: { readonly dir: URL; readonly logger: Logger }): Promise<void>;
  };
}

interface StarlightSetup {
  readonly config: StarlightLocales & { readonly components?: Readonly<Record<string, string>> | undefined };
  updateConfig(config: object): void;
  addIntegration(integration: FindlingIntegration): void;
}

/** A Starlight plugin, as far as this one goes. */
export interface FindlingPlugin {
  readonly name: string;
  readonly hooks: { 'config:setup'(setup: StarlightSetup): void };
}

/**
 * Search for a Starlight site: `starlight({ plugins: [findling()] })`. Indexes the built pages into `findling/<language>/`, in
 * development the Markdown, and takes the place of Pagefind and of its search box.
 */
export function findling(options: AdapterOptions = {}): FindlingPlugin {
  return {
    name: 'findling',
    hooks: {
      'config:setup'({ config, updateConfig, addIntegration }) {
        const { locales, defaultLocale } = config;
        // A site's own Search component stays: it may hold the element itself.
        updateConfig({
          pagefind: false,
          components: { Search: 'findling/starlight/search.astro', ...config.components },
        });
        addIntegration(findlingIntegration({ ...options, locales, defaultLocale }));
      },
    },
  };
}

/** The same for an Astro site without Starlight; its pages hold `<findling-search-dialog>` themselves. */
export function findlingIntegration(options: AdapterOptions & StarlightLocales = {}): FindlingIntegration {
  let site: AstroSite | undefined;
  const decided = (): AstroSite => {
    if (site === undefined) throw new Error('Astro has not said what its configuration is.');
    return site;
  };
  return {
    name: 'findling',
    hooks: {
      'astro:config:setup'({ updateConfig }) {
        // Modules that need no bundling in development; found late, they would make the page reload itself.
        updateConfig({ vite: { optimizeDeps: { exclude: ['findling'] }, ssr: { noExternal: ['findling'] } } });
      },
      'astro:config:done'({ config }) {
        site = config;
      },
      async 'astro:server:setup'({ server }) {
        const { root, srcDir } = decided();
        const content = join(fileURLToPath(srcDir), 'content/docs');
        const folder = fileURLToPath(root);
        const run = async () => indexContent(folder, await contentPages(content, decided(), options), options);
        await serveDevIndex(server, { folder: INDEX_FOLDER, out: contentIndex(folder), content, run });
      },
      async 'astro:build:done'({ dir, logger }) {
        const { root, base, trailingSlash } = decided();
        const urlOf = (path: string) => (trailingSlash === 'never' ? path.replace(/\/$/, '') : path);
        const log = { info: (text: string) => logger.info(text), warn: (text: string) => logger.warn(text) };
        const [outDir, folder] = [fileURLToPath(dir), fileURLToPath(root)];
        await indexBuilt({ outDir, base: slashed(base), root: folder, options, log, urlOf });
      },
    },
  };
}

/** Starlight's Markdown with the URLs that its pages will have. */
export async function contentPages(
  content: string,
  { base, trailingSlash }: Pick<AstroSite, 'base' | 'trailingSlash'>,
  { locales, defaultLocale }: StarlightLocales,
): Promise<readonly ContentPage[]> {
  const names = await readdir(content, { recursive: true }).catch(() => []);
  const files = names.filter((name) => /\.mdx?$/.test(name) && !/(^|[\\/])_/.test(name)).sort();
  return Promise.all(
    files.map(async (name) => {
      const file = join(content, name);
      const slug = await slugOf(file, relative(content, file).split(sep));
      const key = slug.split('/')[0] ?? '';
      const own = locales?.[key];
      const root = locales?.root?.lang ?? locales?.[defaultLocale ?? '']?.lang ?? defaultLocale ?? 'en';
      const end = slug === '' || trailingSlash === 'never' ? '' : '/';
      return {
        file,
        path: `${slug === '' ? '' : slashed(slug)}index.html`,
        url: slashed(base) + slug + end,
        language: own === undefined ? root : (own.lang ?? key),
      };
    }),
  );
}

/** As Astro makes a page's slug of its path, where the front matter gives none. */
async function slugOf(file: string, path: readonly string[]): Promise<string> {
  const given = /^slug:\s*['"]?([^'"\n]*?)['"]?\s*$/m.exec(frontMatterOf(await readFile(file, 'utf8')))?.[1];
  if (given !== undefined) return given === 'index' ? '' : given.replace(/^\/|\/$/g, '');
  return path
    .map((part, at) => slugger()(at === path.length - 1 ? part.replace(/\.mdx?$/, '') : part))
    .join('/')
    .replace(/(^|\/)index$/, '');
}

function frontMatterOf(markdown: string): string {
  return /^---\r?\n([\s\S]*?)\r?\n---/.exec(markdown)?.[1] ?? '';
}

function slashed(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}
