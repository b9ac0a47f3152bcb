import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * What is wrong with a file: one bit, its end, its absence, another page in its place, or a server in trouble. One that
 * is held comes once it is mended.
 */
export type Fault = 'flipped' | 'truncated' | 'absent' | 'html' | 'unavailable' | 'held';

interface Broken {
  readonly file: string;
  readonly fault: Fault;
  readonly mended: Promise<void>;
  mend(): void;
}

/**
 * A models folder for each test that can be broken and mended: `/faulty/ID/…` gives the files of `locate`. A PUT to
 * `/faulty/ID/FILE?fault=NAME` breaks a file, a DELETE mends it. Faults are made by the server, because requests of
 * nested workers and of service workers are out of reach for a test's own interception.
 */
export function faultyFolder(locate: (file: string) => string) {
  const broken = new Map<string, Broken>();
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const match = /^\/faulty\/([\w-]+)\/(.+)$/.exec(pathname);
    if (match === null) return false;
    const [, id = '', file = ''] = match;
    if (request.method === 'GET') {
      const wrong = broken.get(id);
      send(request, response, locate(file), wrong?.file === file ? wrong : undefined).catch(() =>
        response.writeHead(404).end(),
      );
      return true;
    }
    broken.get(id)?.mend();
    broken.delete(id);
    if (request.method === 'PUT') broken.set(id, breakFile(file, searchParams.get('fault') as Fault));
    response.writeHead(204).end();
    return true;
  };
}

function breakFile(file: string, fault: Fault): Broken {
  let mend: () => void = () => undefined;
  const mended = new Promise<void>((resolve) => {
    mend = resolve;
  });
  return { file, fault, mended, mend };
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  wrong: Broken | undefined,
): Promise<void> {
  const fault = wrong?.fault;
  if (fault === 'held') await wrong?.mended;
  const headers = { 'cache-control': 'no-store', 'content-type': 'application/octet-stream' };
  if (fault === 'absent') return void response.writeHead(404, headers).end();
  if (fault === 'unavailable') return void response.writeHead(503, headers).end();
  if (fault === 'html')
    return void response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end('<!doctype html><p>Welcome');
  const bytes = await readFile(path);
  const middle = bytes.length >> 1;
  if (fault === 'flipped') bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  const sent = fault === 'truncated' ? bytes.subarray(0, middle) : bytes;
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [start, end] = range === null ? [0, sent.length - 1] : [Number(range[1]), Number(range[2])];
  if (start >= sent.length)
    return void response.writeHead(416, { ...headers, 'content-range': `bytes */${sent.length}` }).end();
  const part = sent.subarray(start, end + 1);
  if (range === null) return void response.writeHead(200, headers).end(part);
  const last = start + part.length - 1;
  response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${last}/${sent.length}` }).end(part);
}
