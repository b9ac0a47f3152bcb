import { join, resolve } from 'node:path';
import type { Plugin, ResolvedConfig } from 'vite';
import { indexSite, type SiteReport } from '../cli/index-site.ts';
import { serveDevIndex } from './dev-server.ts';

export { UPDATE_EVENT } from './dev-server.ts';

export interface FindlingOptions {
  /** Folder of the index inside the site; `findling` by default. */
  readonly folder?: string;
  /** Pages in development, where nothing is built yet: Markdown or HTML. The project's own folder by default. */
  readonly content?: string;
  /** Globs of pages to leave out. */
  readonly exclude?: readonly string[];
  /** Glob → score multiplier. */
  readonly weight?: Readonly<Record<string, number>>;
}

/** Indexes the built pages after each build, and in development the content, again whenever it changes. */
export function findling(options: FindlingOptions = {}): Plugin {
  const folder = options.folder ?? 'findling';
  let config: ResolvedConfig | undefined;
  const cacheOf = (root: string, name: string) => join(root, '.cache/findling', name);
  const index = (from: string, out: string, base: string, cache: string): Promise<SiteReport> =>
    indexSite({
      folder: from,
      out,
      baseUrl: base,
      cache,
      exclude: options.exclude ?? [],
      weights: Object.entries(options.weight ?? {}).map(([glob, weight]) => ({ glob, weight })),
    });
  return {
    name: 'findling',
    configResolved(resolved) {
      config = resolved;
    },
    closeBundle: {
      // After all plugins that write pages.
      order: 'post',
      sequential: true,
      async handler() {
        if (config === undefined || config.command !== 'build' || config.build.ssr !== false) return;
        const dist = resolve(config.root, config.build.outDir);
        const report = await index(dist, join(dist, folder), baseOf(config), cacheOf(config.root, 'build.cache'));
        const { pages, passages, seconds, failed } = report;
        config.logger.info(`findling: ${pages} pages, ${passages} passages in ${seconds.toFixed(1)} s`);
        for (const { id, reason } of failed) config.logger.warn(`findling left out ${id}: ${reason}`);
      },
    },
    async configureServer(server) {
      const { root } = server.config;
      const content = resolve(root, options.content ?? '.');
      const out = cacheOf(root, 'dev');
      const run = () => index(content, out, baseOf(server.config), cacheOf(root, 'dev.cache'));
      await serveDevIndex(server, { folder, out, content, run });
    },
  };
}

function baseOf({ base }: ResolvedConfig): string {
  return base.startsWith('/') || /^https?:/.test(base) ? base : '/';
}
