import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { listen } from './arguments.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.htm': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.xml': 'application/xml',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.pdf': 'application/pdf',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

/** What a strict static host would send. Styles are the page's own; WebAssembly must be compiled. */
export const STRICT_CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'";

export interface ServeOptions {
  /** URL prefix → folder; the longest prefix wins. `/` should be among them. */
  readonly folders: Readonly<Record<string, string>>;
  /** 0 for a free port. */
  readonly port: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called before each file is sent; true when it has answered by itself (tests break hosts so). */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface StaticServer {
  readonly url: string;
  readonly server: Server;
  close(): Promise<void>;
}

/** Serves folders on localhost, with Range, ETag and no directory listings. */
export async function serveFolders(options: ServeOptions): Promise<StaticServer> {
  const server = createServer((request, response) => {
    if (options.intercept?.(request, response) === true) return;
    answer(request, response, options).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  const port = await listen(server, options.port);
  return {
    url: `http://localhost:${port}`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface FoundFile {
  readonly file: string;
  readonly size: number;
  readonly modified: number;
}

interface LocatedFile extends FoundFile {
  /** It is the index.html of a folder that the URL names without a slash: a relative link in it would lead beside the folder. */
  readonly needsSlash: boolean;
}

/** The file that a URL's path names, or undefined for none, a folder without index.html, or an escape from the root. */
export async function locate(url: string, folders: ServeOptions['folders']): Promise<LocatedFile | undefined> {
  const path = decodePath(url);
  if (path === undefined) return undefined;
  const prefix = Object.keys(folders)
    .filter((each) => `${path}/`.startsWith(each.endsWith('/') ? each : `${each}/`))
    .sort((a, b) => b.length - a.length)[0];
  const root = prefix === undefined ? undefined : folders[prefix];
  if (prefix === undefined || root === undefined || path.includes('\0')) return undefined;
  const base = normalize(root);
  let file = join(base, path.slice(prefix.length));
  if (file !== base && !file.startsWith(base.endsWith(sep) ? base : base + sep)) return undefined;
  let found = await stat(file).catch(() => undefined);
  const needsSlash = found?.isDirectory() === true && !path.endsWith('/');
  if (found?.isDirectory()) {
    file = join(file, 'index.html');
    found = await stat(file).catch(() => undefined);
  }
  return found?.isFile() ? { file, size: found.size, modified: found.mtimeMs, needsSlash } : undefined;
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ServeOptions): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405);
  const found = await locate(request.url ?? '/', options.folders);
  if (found === undefined) return end(response, 404);
  if (found.needsSlash) return end(response, 301, { location: withSlash(request.url ?? '') });
  const cache = isImmutable(found.file) ? 'public, max-age=31536000, immutable' : 'no-cache';
  sendFile(request, response, found, { 'cache-control': cache, ...options.headers });
}

/** Answers with a file, or with the range of it that is asked for. */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  found: FoundFile,
  more: Readonly<Record<string, string>>,
): void {
  const etag = `"${found.size.toString(36)}-${Math.trunc(found.modified).toString(36)}"`;
  const headers = {
    'content-type': TYPES[extname(found.file).toLowerCase()] ?? 'application/octet-stream',
    'accept-ranges': 'bytes',
    etag,
    ...more,
  };
  if (request.headers['if-none-match'] === etag) {
    end(response, 304, headers);
    return;
  }
  const range = parseRange(request.headers.range, found.size);
  if (range === 'unsatisfiable') {
    end(response, 416, { ...headers, 'content-range': `bytes */${found.size}` });
    return;
  }
  const { start, end: last } = range ?? { start: 0, end: found.size - 1 };
  response.writeHead(range === undefined ? 200 : 206, {
    ...headers,
    'content-length': String(last - start + 1),
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${last}/${found.size}` }),
  });
  if (request.method === 'HEAD' || found.size === 0) {
    response.end();
    return;
  }
  createReadStream(found.file, { start, end: last })
    // It may have been removed since it was found.
    .on('error', () => response.destroy())
    .pipe(response);
}

/** Whether a file's name ends in a hash of its content, as bundlers write it; `quick-reference` ends in a word. */
function isImmutable(file: string): boolean {
  const hash = /-(\w{8,}|[\w-]{8})\.\w+$/.exec(file)?.[1] ?? '';
  return /[\dA-Z]/.test(hash) && !/\.(?:html?|json)$/i.test(file);
}

function end(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers);
  response.end(status === 404 ? 'Not found' : undefined);
}

/** Relative to the folder around it: `//host` as a whole would be another host's. */
function withSlash(url: string): string {
  const [, name = '', query = ''] = /([^/?#]*)(\?[^#]*)?(?:#.*)?$/.exec(url) ?? [];
  return `./${name}/${query}`;
}

function decodePath(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split(/[?#]/)[0] ?? '/');
  } catch {
    return undefined;
  }
}

/** One `bytes=` range; several, or another unit, count as none, which RFC 9110 allows. */
function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
}
