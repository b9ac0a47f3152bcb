import type { IncomingMessage, ServerResponse } from 'node:http';
import { relative } from 'node:path';
import type { SiteReport } from '../cli/index-site.ts';
import { locate, sendFile } from '../cli/static-server.ts';
import { toSearchError } from '../core/errors.ts';

/** What is needed of a development server of Vite's; those of all its versions have it. */
export interface DevServer {
  readonly config: {
    readonly root: string;
    readonly base: string;
    readonly logger: { info(message: string): void; warn(message: string): void };
  };
  readonly middlewares: { use(path: string, handler: Handler): unknown };
  readonly watcher: {
    add(path: string): unknown;
    on(event: 'all', listener: (event: string, path: string) => void): unknown;
  };
  readonly ws: { send(payload: { type: 'custom'; event: string }): void };
}

type Handler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** Sent to the page after each change in development: `import.meta.hot?.on('findling:update', () => search.reload())`. */
export const UPDATE_EVENT = 'findling:update';
const QUIET_MS = 200;

export interface DevIndex {
  /** Name of the index's folder in the site. */
  readonly folder: string;
  /** Where `run` writes the index. */
  readonly out: string;
  /** Folder whose pages are watched. */
  readonly content: string;
  run(): Promise<SiteReport>;
}

/** Makes an index, serves it as a host with Range would, and makes it again after each change. */
export async function serveDevIndex(server: DevServer, index: DevIndex): Promise<void> {
  const { logger, base } = server.config;
  await index.run().catch((error) => logger.warn(`findling: ${toSearchError(error).message}`));
  server.middlewares.use(pathOf(base) + index.folder, serveFiles(index.out));
  watchContent(server, index);
}

/** Answers with files of a folder; any other path is the next handler's. */
export function serveFiles(folder: string): Handler {
  return (request, response, next) => {
    serveFile(folder, request, response)
      .then((done) => done || next())
      .catch(next);
  };
}

/** The path of a site's base, with `/` at both ends. */
export function pathOf(base: string): string {
  return /^(?:https?:)?\/\//.test(base)
    ? new URL(base, 'http://localhost').pathname.replace(/\/*$/, '/')
    : slashed(base);
}

function slashed(base: string): string {
  return base.startsWith('/') ? base.replace(/\/*$/, '/') : '/';
}

function watchContent(server: DevServer, { content, run }: DevIndex): void {
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
    if (!isPage(relative(content, path))) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(again);
    }, QUIET_MS);
  });
}

/** Not in a folder that begins with a dot: there lie caches, ours too. */
function isPage(path: string): boolean {
  return !/(^|[\\/])(\.|node_modules[\\/])/.test(path) && /\.(html?|mdx?|jsonl)$/i.test(path);
}

/** False where there is no such file in the folder. */
async function serveFile(folder: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const found = await locate(request.url ?? '/', { '/': folder });
  if (found !== undefined) sendFile(request, response, found, { 'cache-control': 'no-cache' });
  return found !== undefined;
}
