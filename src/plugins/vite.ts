import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Plugin, ResolvedConfig, ViteDevServer } from 'vite';
import { indexSite, type SiteReport } from '../cli/index-site.ts';
import { toSearchError } from '../core/errors.ts';

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

/** Sent to the page after each change in development: `import.meta.hot?.on('findling:update', () => search.reload())`. */
export const UPDATE_EVENT = 'findling:update';
const QUIET_MS = 200;

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
      await run().catch((error) => server.config.logger.warn(`findling: ${toSearchError(error).message}`));
      server.middlewares.use(`/${folder}`, (request, response, next) => {
        serveFile(
          join(out, decodeURIComponent((request.url ?? '/').split('?')[0] ?? '')),
          out,
          request.headers.range,
          response,
        )
          .then((done) => done || next())
          .catch(next);
      });
      watchContent(server, content, run);
    },
  };
}

function baseOf({ base }: ResolvedConfig): string {
  return base.startsWith('/') || /^https?:/.test(base) ? base : '/';
}

function watchContent(server: ViteDevServer, content: string, run: () => Promise<SiteReport>): void {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  const again = async () => {
    try {
      const { pages, embedded } = await run();
      server.config.logger.info(`findling: ${embedded} of ${pages} pages indexed again`);
      server.ws.send({ type: 'custom', event: UPDATE_EVENT });
    } catch (error) {
      server.config.logger.warn(`findling: ${toSearchError(error).message}`);
    }
  };
  server.watcher.add(content);
  server.watcher.on('all', (_, path) => {
    if (!path.startsWith(content) || path.includes('/.cache/') || !/\.(html?|mdx?|jsonl)$/i.test(path)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(again);
    }, QUIET_MS);
  });
}

/** False where there is no such file in the folder. */
async function serveFile(
  file: string,
  folder: string,
  range: string | undefined,
  response: import('node:http').ServerResponse,
): Promise<boolean> {
  const found = file.startsWith(folder) ? await stat(file).catch(() => undefined) : undefined;
  if (found?.isFile() !== true) return false;
  const asked = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
  const start = asked === null ? 0 : Number(asked[1]);
  const end = asked === null ? found.size - 1 : Math.min(Number(asked[2]), found.size - 1);
  response.statusCode = asked === null ? 200 : 206;
  response.setHeader('content-type', 'application/octet-stream');
  response.setHeader('cache-control', 'no-cache');
  response.setHeader('content-length', end - start + 1);
  if (asked !== null) response.setHeader('content-range', `bytes ${start}-${end}/${found.size}`);
  createReadStream(file, { start, end }).pipe(response);
  return true;
}
