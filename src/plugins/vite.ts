import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Plugin, ResolvedConfig } from 'vite';
import { indexSite } from '../cli/index-site.ts';
import { globsOf, unmatched } from './adapter.ts';
import { serveDevIndex } from './dev-server.ts';
import type { AdapterOptions } from './places.ts';

export { UPDATE_EVENT } from './dev-server.ts';

export interface FindlingOptions extends AdapterOptions {
  /** Folder of the index inside the site; `findling` by default. */
  readonly folder?: string;
  /** Pages in development, where nothing is built yet: Markdown or HTML. The project's own folder by default. */
  readonly content?: string;
}

/** Indexes the built pages after each build, and in development the content, again whenever it changes. */
export function findling(options: FindlingOptions = {}): Plugin {
  const folder = options.folder ?? 'findling';
  let config: ResolvedConfig | undefined;
  let hasFailed = false;
  const cacheOf = (root: string, name: string) => join(root, '.cache/findling', name);
  const globs = globsOf(options);
  return {
    name: 'findling',
    // For pages with findling's workers. In Vite's other format a worker is one file, with pdf.js in it, where it is built at all;
    // and versions before Vite 8 would prebundle the module away from its workers.
    config: () => ({ worker: { format: 'es' }, optimizeDeps: { exclude: ['findling'] } }),
    configResolved(resolved) {
      config = resolved;
    },
    buildEnd(error) {
      hasFailed = error !== undefined;
    },
    renderError() {
      hasFailed = true;
    },
    closeBundle: {
      // After all plugins that write pages.
      order: 'post',
      sequential: true,
      async handler() {
        // It is called after a failed build too, where an error of ours would take the place of the build's.
        if (hasFailed || config === undefined || config.command !== 'build' || config.build.ssr !== false) return;
        const { root, base, build, logger } = config;
        if (!isWhole(base)) logger.warn(relativeBase(base));
        const dist = resolve(root, build.outDir);
        const { pages, passages, seconds, failed } = await indexSite({
          ...globs,
          folder: dist,
          out: join(dist, folder),
          baseUrl: baseOf(base),
          cache: cacheOf(root, 'build.cache'),
          onUnmatched: (glob) => logger.warn(unmatched(glob)),
        });
        logger.info(`findling: ${pages} pages, ${passages} passages in ${seconds.toFixed(1)} s`);
        for (const { id, reason } of failed) logger.warn(`findling left out ${id}: ${reason}`);
      },
    },
    async configureServer(server) {
      const { root, base, build } = server.config;
      const content = resolve(root, options.content ?? '.');
      const out = cacheOf(root, 'dev');
      const exclude = [...globs.exclude, ...inside(content, resolve(root, build.outDir))];
      const cache = cacheOf(root, 'dev.cache');
      const run = () => indexSite({ ...globs, exclude, folder: content, out, baseUrl: baseOf(base), cache });
      await serveDevIndex(server, { folder, out, content, run });
    },
  };
}

/** A glob for the built site where it lies in the content: an earlier build's pages are no content. */
function inside(content: string, outDir: string): readonly string[] {
  const path = relative(content, outDir);
  return path === '' || /^\.\.(?:[\\/]|$)/.test(path) || isAbsolute(path) ? [] : [`${path.split(sep).join('/')}/**`];
}

function baseOf(base: string): string {
  return isWhole(base) ? base : '/';
}

/** Vite's `base` may be `./` as well. */
function isWhole(base: string): boolean {
  return base.startsWith('/') || /^https?:/.test(base);
}

function relativeBase(base: string): string {
  return `findling: results link to "/…", because base: '${base}' does not say where the site will be. One that is served in a folder needs that folder: base: '/folder/'.`;
}
