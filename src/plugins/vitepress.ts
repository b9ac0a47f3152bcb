import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { indexBuilt, indexContent } from './adapter.ts';
import { serveDevIndex } from './dev-server.ts';
import { type AdapterOptions, type ContentPage, contentIndex, INDEX_FOLDER } from './places.ts';

/** What is needed of VitePress's own configuration, which it hands to Vite's plugins. */
export interface VitePressSite {
  readonly root: string;
  readonly srcDir: string;
  readonly outDir: string;
  readonly pages: readonly string[];
  readonly rewrites: { readonly map: Readonly<Record<string, string | undefined>> };
  readonly cleanUrls: boolean;
  readonly site: {
    readonly base: string;
    readonly lang: string;
    readonly locales: Readonly<Record<string, { readonly lang?: string } | undefined>>;
  };
  readonly logger: { info(message: string): void; warn(message: string): void };
  buildEnd?: (site: VitePressSite) => unknown;
}

/**
 * Search for a VitePress site: `export default defineConfig({ vite: { plugins: [findling()] } })`. Indexes the built pages into
 * `findling/<language>/`, in development the Markdown, and takes the place of the default theme's search box.
 */
export function findling(options: AdapterOptions = {}): Plugin {
  let site: VitePressSite | undefined;
  return {
    name: 'findling:vitepress',
    config: () => ({
      resolve: { alias: [{ find: /^.*\/VPNavBarSearch\.vue$/, replacement: searchComponent() }] },
      // Vue's compiler must see the component; the element behind it is made of modules that need no bundling.
      ssr: { noExternal: ['findling'] },
      optimizeDeps: { exclude: ['findling'] },
      // For sites with findling's workers, as in findling/vite.
      worker: { format: 'es' },
    }),
    configResolved(config) {
      site = siteOf(config);
      if (config.command === 'build') indexAtEnd(site, options);
    },
    async configureServer(server) {
      if (site === undefined) return;
      const given = site;
      const { root, srcDir } = given;
      // VitePress gives its configuration other pages when a file comes or goes.
      const run = () => indexContent(root, contentPages(given), options);
      await serveDevIndex(server, { folder: INDEX_FOLDER, out: contentIndex(root), content: srcDir, run });
    },
  };
}

const hooked = new WeakSet<VitePressSite>();

/** VitePress writes its pages after Vite's builds (it runs two), and calls `buildEnd` when they are all there. */
function indexAtEnd(site: VitePressSite, options: AdapterOptions): void {
  if (hooked.has(site)) return;
  hooked.add(site);
  const own = site.buildEnd;
  site.buildEnd = async (ended) => {
    await own?.(ended);
    const { outDir, root, logger: log, cleanUrls } = ended;
    const urlOf = (path: string) => (cleanUrls ? path.replace(/\.html$/, '') : path);
    await indexBuilt({ outDir, base: ended.site.base, root, options, log, urlOf });
  };
}

/** The pages of the content with the URLs that VitePress will give them. Pages of dynamic routes have no file, and are left out. */
export function contentPages({ srcDir, pages, rewrites, cleanUrls, site }: VitePressSite): readonly ContentPage[] {
  return pages
    .filter((page) => !page.includes('['))
    .map((page) => {
      const path = (rewrites.map[page] ?? page).replace(/\.md$/, '.html');
      const link = path.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, cleanUrls ? '' : '.html');
      const key = path.split('/')[0] ?? '';
      const locale = site.locales[key];
      const language = locale === undefined ? (site.locales.root?.lang ?? site.lang) : (locale.lang ?? key);
      return { file: join(srcDir, page), path, url: site.base + link, language };
    });
}

function siteOf(config: object): VitePressSite {
  const site = 'vitepress' in config ? config.vitepress : undefined;
  if (typeof site !== 'object' || site === null)
    throw new Error("findling/vitepress belongs into VitePress's configuration; plain Vite takes findling/vite.");
  return site as VitePressSite;
}

/** Lies in the package's src: the site's own Vite compiles it. */
function searchComponent(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '../../src/plugins/vitepress/search.vue');
}
