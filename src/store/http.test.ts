import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { httpStore } from './http.ts';
import { testStoreReads } from './store.contract.ts';

type Answer = (bytes: Uint8Array, request: IncomingMessage, response: ServerResponse) => void;

let blobs: ReadonlyMap<string, Uint8Array> = new Map();
let answer: Answer = ranged;
let requests: string[] = [];
let base = '';

const server = createServer((request, response) => {
  const name = decodeURIComponent((request.url ?? '').slice(1));
  requests.push(`${name} ${request.headers.range ?? 'whole'}`);
  const bytes = blobs.get(name);
  if (bytes === undefined) response.writeHead(404).end('no such file');
  else answer(bytes, request, response);
});

/** What a right host does. */
function ranged(bytes: Uint8Array, request: IncomingMessage, response: ServerResponse): void {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  const start = Number(first);
  const end = Math.min(Number(last) + 1, bytes.length);
  if (start >= bytes.length) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  const headers = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}`, 'content-length': end - start };
  response.writeHead(206, headers).end(bytes.subarray(start, end));
}

const whole: Answer = (bytes, _, response) => void response.writeHead(200).end(bytes);

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  base = `http://127.0.0.1:${address.port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => {
  answer = ranged;
  requests = [];
});

const open = (how: Answer) => async (given: ReadonlyMap<string, Uint8Array>) => {
  blobs = given;
  answer = how;
  return httpStore(base);
};

testStoreReads('httpStore', open(ranged));
testStoreReads('httpStore on a host without Range', open(whole));

describe('httpStore', () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) & 255);
  const store = (how: Answer = ranged) => {
    blobs = new Map([['a.bin', bytes]]);
    answer = how;
    return httpStore(`${base}/`);
  };
  const range = { offset: 1_000, length: 50 };

  it('joins neighbouring ranges into one request', async () => {
    const index = store();
    const parts = await Promise.all([0, 500, 90_000, 10].map((offset) => index.read('a.bin', { offset, length: 20 })));
    expect(requests.sort()).toEqual(['a.bin bytes=0-519', 'a.bin bytes=90000-90019']);
    expect(parts[1]).toEqual(bytes.slice(500, 520));
    expect(parts[2]).toEqual(bytes.slice(90_000, 90_020));
  });

  it('asks for all ranges at once, past the browser’s cache, when the host has answered with one', async () => {
    const modes: (RequestCache | undefined)[] = [];
    let [open, most] = [0, 0];
    const counted: typeof fetch = async (url, init) => {
      modes.push(init?.cache);
      open += 1;
      most = Math.max(most, open);
      try {
        return await fetch(url, init);
      } finally {
        open -= 1;
      }
    };
    store();
    const index = httpStore(base, { fetch: counted });
    const far = [0, 20_000, 40_000, 60_000].map((offset) => ({ offset, length: 20 }));
    await index.read('a.bin', range);
    const parts = await Promise.all(far.map((each) => index.read('a.bin', each)));
    expect(parts).toEqual(far.map(({ offset }) => bytes.slice(offset, offset + 20)));
    expect(most).toBe(4);
    expect(new Set(modes)).toEqual(new Set(['no-store']));
  });

  it('takes one answer of a host without Range, and then asks it once a file, whatever is asked for at once', async () => {
    const index = store(whole);
    blobs = new Map([
      ['a.bin', bytes],
      ['b.bin', bytes],
    ]);
    const far = [0, 20_000, 40_000, 60_000].map((offset) => ({ offset, length: 20 }));
    const wanted = far.map(({ offset }) => bytes.slice(offset, offset + 20));
    expect(await Promise.all(far.map((each) => index.read('a.bin', each)))).toEqual(wanted);
    // Nobody knew: all went out, and the answers to three were broken off.
    expect(requests).toHaveLength(4);
    expect(await Promise.all(far.map((each) => index.read('b.bin', each)))).toEqual(wanted);
    expect(requests).toHaveLength(5);
  });

  it('is not misled by one who cancels the answer that all wait for', async () => {
    const slow: Answer = (sent, _, response) => {
      response.writeHead(200, { 'content-length': sent.length });
      response.write(sent.subarray(0, 10));
      setTimeout(() => response.end(sent.subarray(10)), 60);
    };
    const index = store(slow);
    const impatient = new AbortController();
    setTimeout(() => impatient.abort(), 30);
    const [first, second] = await Promise.allSettled([
      index.read('a.bin', range, impatient.signal),
      index.read('a.bin', { offset: 50_000, length: 3 }),
    ]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
    expect(second).toMatchObject({ status: 'fulfilled', value: bytes.slice(50_000, 50_003) });
  });

  it('goes on with the others when the first range fails', async () => {
    let calls = 0;
    store();
    const failing: typeof fetch = async (url, init) => {
      calls += 1;
      if (calls === 1) throw new TypeError('line down');
      return fetch(url, init);
    };
    const index = httpStore(base, { fetch: failing });
    const [first, second] = await Promise.allSettled([
      index.read('a.bin', range),
      index.read('a.bin', { offset: 50_000, length: 3 }),
    ]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'network' } });
    expect(second).toMatchObject({ status: 'fulfilled', value: bytes.slice(50_000, 50_003) });
  });

  it('fetches a file once from a host without Range, and again when it is too large to keep', async () => {
    const index = store(whole);
    await index.read('a.bin', range);
    expect(await index.read('a.bin', { offset: 5, length: 5 })).toEqual(bytes.slice(5, 10));
    expect(requests).toHaveLength(1);
    const frugal = httpStore(base, { keepBytes: 1_000 });
    await frugal.read('a.bin', range);
    await frugal.read('a.bin', range);
    expect(requests).toHaveLength(3);
  });

  it("calls an answer that is not the bytes asked for 'corrupt'", async () => {
    const wrong: Readonly<Record<string, Answer>> = {
      'another range': (all, _, response) =>
        void response.writeHead(206, { 'content-range': `bytes 0-49/${all.length}` }).end(all.subarray(0, 50)),
      'no range named, wrong length': (all, _, response) => void response.writeHead(206).end(all.subarray(0, 40)),
      'fewer bytes than named': (all, _, response) =>
        void response
          .writeHead(206, { 'content-range': `bytes 1000-1049/${all.length}` })
          .end(all.subarray(1_000, 1_040)),
      'a file that has become shorter': (all, request, response) => ranged(all.subarray(0, 1_020), request, response),
      'a file that ends before the range': (all, request, response) => ranged(all.subarray(0, 900), request, response),
      '416 without a size': (_, __, response) => void response.writeHead(416).end(),
    };
    for (const [what, how] of Object.entries(wrong))
      await expect(store(how).read('a.bin', range), what).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('reads a range whose header the host does not expose', async () => {
    const hidden: Answer = (all, _, response) => void response.writeHead(206).end(all.subarray(1_000, 1_050));
    expect(await store(hidden).read('a.bin', range)).toEqual(bytes.slice(1_000, 1_050));
  });

  it('reads a file that the host compresses', async () => {
    const gzip: Answer = (all, _, response) =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(all));
    expect(await store(gzip).read('a.bin', range)).toEqual(bytes.slice(1_000, 1_050));
  });

  it('takes a refused part for one that is gone, as buckets have it, and a refused whole file for refused', async () => {
    const refusing: Answer = (_, __, response) => void response.writeHead(403).end('<Error/>');
    expect(await store(refusing).read('a.bin', range)).toBeUndefined();
    await expect(store(refusing).read('a.bin')).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('403'),
    });
  });

  it('gives up a host that takes a request and says nothing, and asks again next time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let asked = 0;
      const silentOnce = async (_: unknown, init?: RequestInit) => {
        asked += 1;
        if (asked > 1) return new Response(bytes);
        return new Promise<never>((_resolve, reject) =>
          init?.signal?.addEventListener('abort', () => reject(new DOMException('gone', 'AbortError')), { once: true }),
        );
      };
      const index = httpStore('https://example.org/', { fetch: silentOnce as typeof fetch });
      const waiting = expect(index.read('a.bin')).rejects.toMatchObject({ code: 'timeout' });
      await vi.advanceTimersByTimeAsync(31_000);
      await waiting;
      expect((await index.read('a.bin'))?.length).toBe(bytes.length);
    } finally {
      vi.useRealTimers();
    }
  });

  it('compares no lengths where another origin does not say how its answer is encoded', async () => {
    const encoded = new Response(bytes, { headers: { 'content-length': '56' } });
    await expect(
      httpStore('https://a.example/', { fetch: async () => encoded.clone() }).read('catalog.json'),
    ).rejects.toMatchObject({ code: 'corrupt' });
    Object.defineProperty(encoded, 'type', { value: 'cors' });
    const read = await httpStore('https://b.example/', { fetch: async () => encoded }).read('catalog.json');
    expect(read?.length).toBe(bytes.length);
  });

  it("calls error answers, a cut connection and a dead host 'network', and tries again next time", async () => {
    const status =
      (code: number): Answer =>
      (_, __, response) =>
        void response.writeHead(code).end('sorry');
    const cutOff: Answer = (all, _, response) => {
      response.writeHead(200, { 'content-length': all.length });
      response.write(all.subarray(0, 50), () => response.destroy());
    };
    const index = store();
    for (const how of [status(500), status(401), status(304), cutOff]) {
      answer = how;
      await expect(index.read('a.bin', range)).rejects.toMatchObject({ code: 'network' });
    }
    answer = ranged;
    expect(await index.read('a.bin', range)).toEqual(bytes.slice(1_000, 1_050));
    const dead = httpStore('http://127.0.0.1:1');
    await expect(dead.read('a.bin')).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('a.bin'),
    });
  });

  it('takes an HTML page in a blob’s place for an absent blob', async () => {
    const page: Answer = (_, __, response) =>
      void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>');
    expect(await store(page).read('a.bin', range)).toBeUndefined();
  });

  it('cancels the request with its reader', async () => {
    let closed = false;
    const slow: Answer = (_, request, response) => {
      response.writeHead(200).write('a little');
      request.socket.once('close', () => {
        closed = true;
      });
    };
    const controller = new AbortController();
    const reading = store(slow).read('a.bin', range, controller.signal);
    setTimeout(() => controller.abort(), 30);
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    await expect.poll(() => closed).toBe(true);
  });

  it('neither writes nor lists', async () => {
    await expect(store().write({ remove: ['a.bin'] })).rejects.toMatchObject({ code: 'unsupported' });
    await expect(store().list('')).rejects.toMatchObject({ code: 'unsupported' });
  });
});
