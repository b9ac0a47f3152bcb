import { readFileSync, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A link as Chromium's "Fast 4G" preset has it: 9 Mbit/s down and 165 ms before the first byte of each answer. */
export const FAST_4G: Link = { bitsPerSecond: 9_000_000, latencyMs: 165 };

export interface Link {
  readonly bitsPerSecond: number;
  readonly latencyMs: number;
}

export interface MeasuredServer {
  readonly url: string;
  /** Bytes sent, headers included, and requests, since the last call. */
  take(): { readonly bytes: number; readonly requests: number };
  /** Makes all later answers as slow as that link; undefined for as fast as can be. */
  throttle(link: Link | undefined): void;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
};
const SLICE = 4096;

/**
 * What a static host does: gzip for text, Range for the rest, HTTP/1.1. It counts bytes at the sockets, so that workers'
 * requests are counted too, and throttles here for the same reason: DevTools slows the page's own requests only.
 */
export async function measuredServer(folders: Readonly<Record<string, string>>): Promise<MeasuredServer> {
  const sockets = new Map<Socket, number>();
  let gone = 0;
  let requests = 0;
  let link: Link | undefined;
  let lineFree = 0;
  const zipped = new Map<string, Buffer>();

  const bodyOf = (file: string, compress: boolean): Buffer => {
    const known = zipped.get(file) ?? (compress ? gzipSync(readFileSync(file), { level: 9 }) : readFileSync(file));
    zipped.set(file, known);
    return known;
  };
  const send = async (response: ServerResponse, body: Buffer) => {
    if (link === undefined) return void response.end(body);
    await sleep(link.latencyMs);
    // One line for all: a slice goes out when those before it have.
    for (let from = 0; from < body.length; from += SLICE) {
      const slice = body.subarray(from, from + SLICE);
      lineFree = Math.max(lineFree, performance.now()) + (slice.length * 8000) / link.bitsPerSecond;
      await sleep(lineFree - performance.now());
      response.write(slice);
    }
    response.end();
  };

  const server = createServer((request, response) => {
    requests += 1;
    const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
    const prefix = Object.keys(folders)
      .filter((each) => path.startsWith(each))
      .sort((a, b) => b.length - a.length)[0];
    const file = join(folders[prefix ?? ''] ?? '', path.slice(prefix?.length ?? 0) || 'index.html');
    if (prefix === undefined || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(file)];
    const whole = bodyOf(file, type !== undefined);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [start, end] =
      range === null ? [0, whole.length - 1] : [Number(range[1]), Math.min(Number(range[2]), whole.length - 1)];
    const body = whole.subarray(start, end + 1);
    response.writeHead(range === null ? 200 : 206, {
      'content-type': type ?? 'application/octet-stream',
      'content-length': body.length,
      'cache-control': 'public, max-age=3600',
      ...(type === undefined ? { 'accept-ranges': 'bytes' } : { 'content-encoding': 'gzip' }),
      ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${whole.length}` }),
    });
    void send(response, body);
  });
  server.on('connection', (socket) => {
    sockets.set(socket, 0);
    socket.on('close', () => {
      gone += bytesOf(socket);
      sockets.delete(socket);
    });
  });
  const total = () => [...sockets.keys()].reduce((sum, socket) => sum + bytesOf(socket), gone);
  let taken = { bytes: 0, requests: 0 };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    take() {
      const now = { bytes: total(), requests };
      const since = { bytes: now.bytes - taken.bytes, requests: now.requests - taken.requests };
      taken = now;
      return since;
    },
    throttle(next) {
      link = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function bytesOf(socket: Socket): number {
  return socket.bytesWritten;
}

function sleep(ms: number): Promise<void> {
  return ms > 0.5 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
}
