import { abortable, throwIfAborted } from '../core/cancellation.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import type { ByteRange, Store } from '../core/ports.ts';
import { checkName, checkRange, openness } from './blob.ts';
import { coalesce, type Wanted } from './coalescing.ts';

export interface HttpStoreOptions {
  /** Instead of the platform's: for tests, credentials, a service worker's own. */
  readonly fetch?: typeof fetch;
  /** Bytes of whole files kept in memory for hosts that ignore Range; 64 MB by default. */
  readonly keepBytes?: number;
  /** Names whose content changes: the browser asks the server before it answers from its cache. */
  readonly mutable?: readonly string[];
}

/**
 * A read-only store of files under `baseUrl` (a published index). Ranges asked for together are joined where they are
 * neighbours, and go out as HTTP Range requests; a host that answers with the whole file is understood, and the file kept.
 *
 * Errors: 'network' (no answer, or an error status: trying again may help), 'corrupt' (an answer that is not the bytes
 * asked for: another range, a cut or re-encoded file), 'unsupported' (writing and listing). 404 and 410 are an absent
 * blob, for a range 403 too, as is an HTML page in its place, which some hosts send with status 200. 'timeout' where no answer begins in 30 s.
 */
export function httpStore(baseUrl: string | URL, options: HttpStoreOptions = {}): Store {
  const opened = openness(`The store at ${String(baseUrl)}`);
  const base = String(baseUrl).replace(/\/*$/, '/');
  const request = options.fetch ?? ((...call: Parameters<typeof fetch>) => fetch(...call));
  const files = wholeFiles(options.keepBytes ?? 64_000_000);
  const mutable = new Set(options.mutable);
  const urlOf = (name: string) => base + name.split('/').map(encodeURIComponent).join('/');

  const turns = oneAtATime();
  /** Whole files that come in answer to a range. */
  const coming = new Map<string, Promise<Loaded>>();
  let ignoresRange = false;

  /** The bytes of a range, or the whole file, each with where it begins. */
  async function load(name: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Loaded | undefined> {
    const kept = files.get(name);
    if (kept !== undefined) return { offset: 0, bytes: kept, size: kept.length };
    const response = await send(request, urlOf(name), range, { signal, ...cacheMode(name, range) });
    if (isAbsent(response, range)) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.status !== 200 || range === undefined) return receive(response, name, range);
    ignoresRange = true;
    const other = coming.get(name);
    if (other === undefined) return whole(response, name, range);
    await response.body?.cancel();
    // Whoever asked for that one may have cancelled it.
    return other.catch(() => load(name, range, signal));
  }
  /** What was asked for whole is not kept: were it damaged, asking again would not mend it. */
  async function whole(response: Response, name: string, range: ByteRange): Promise<Loaded> {
    const received = receive(response, name, range);
    coming.set(name, received);
    try {
      const loaded = await received;
      files.keep(name, loaded.bytes);
      return loaded;
    } finally {
      coming.delete(name);
    }
  }
  /**
   * Chromium's HTTP cache lets one request at a time work on a URL: forty ranges of a file, all asked for at once, came one
   * round trip after another, and a question over 4G took six seconds instead of one. So ranges pass it by; those of
   * an index are kept by http-cache.ts.
   */
  const cacheMode = (name: string, range: ByteRange | undefined): Pick<RequestInit, 'cache'> =>
    range !== undefined ? { cache: 'no-store' } : mutable.has(name) ? { cache: 'no-cache' } : {};
  const loadJoined = coalesce((name, range, signal) =>
    range === undefined || !ignoresRange
      ? load(name, range, signal)
      : turns.take(name, () => load(name, range, signal)),
  );

  return {
    async read(name, range, signal) {
      opened.check();
      throwIfAborted(signal);
      checkName(name);
      if (range !== undefined) checkRange(name, Number.MAX_SAFE_INTEGER, range);
      const loaded = await abortable(loadJoined({ name, range: atLeastOneByte(range), signal }), signal);
      return loaded === undefined ? undefined : cut(name, loaded, range);
    },
    async write() {
      throw new SearchError('unsupported', 'A published index cannot be written to from here. Run `findling index`.');
    },
    async list() {
      throw new SearchError('unsupported', 'A web server does not list its files. Read the index’s manifest instead.');
    },
    async close() {
      opened.close();
      files.clear();
    },
  };
}

/** So long a host may take to begin an answer. */
const ANSWER_MS = 30_000;

/** Of a host that answers each range with the whole file, one request at a time for a file: the others find it kept. */
function oneAtATime() {
  const last = new Map<string, Promise<unknown>>();
  return {
    async take<T>(name: string, job: () => Promise<T>): Promise<T> {
      const before = last.get(name);
      const own = before === undefined ? job() : before.catch(() => undefined).then(job);
      last.set(name, own);
      try {
        return await own;
      } finally {
        if (last.get(name) === own) last.delete(name);
      }
    },
  };
}

export interface Loaded {
  /** Where `bytes` begins in the blob. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** The whole blob's, where the host told it. */
  readonly size: number | undefined;
}

/** HTTP has no empty range; one byte tells whether the blob is there and how long it is. */
function atLeastOneByte(range: ByteRange | undefined): Wanted['range'] {
  if (range === undefined || range.length > 0) return range;
  return { offset: Math.max(0, range.offset - 1), length: 1 };
}

function cut(name: string, { offset, bytes, size }: Loaded, range: ByteRange | undefined): Uint8Array {
  const { offset: from, length } = checkRange(name, size ?? offset + bytes.length, range);
  if (length > 0 && (from < offset || from + length > offset + bytes.length)) throw wrongAnswer(name, 'too few bytes');
  return bytes.slice(from - offset, from - offset + length);
}

interface Sending extends RequestInit {
  readonly signal: AbortSignal;
}

/** A browser waits for minutes on a host that takes a request and says nothing; what is asked for meanwhile would wait with it. */
async function send(request: typeof fetch, url: string, range: ByteRange | undefined, { signal, ...init }: Sending) {
  const headers = range && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), ANSWER_MS);
  const cancel = () => silent.abort();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    if (signal.aborted) cancel();
    // It hears of the signal as long as its body is read.
    return await request(url, { ...init, signal: silent.signal, ...(headers && { headers }) });
  } catch (error) {
    if (silent.signal.aborted && !signal.aborted)
      throw new SearchError('timeout', `'${url}' has not been answered within ${ANSWER_MS / 1000} s. Try again later.`);
    throw networkError(url, signal, error);
  } finally {
    clearTimeout(timer);
  }
}

function networkError(what: string, signal: AbortSignal | undefined, error: unknown): SearchError {
  if (signal?.aborted) return toSearchError(new DOMException('cancelled', 'AbortError'));
  const reason = error instanceof Error ? error.message : String(error);
  return new SearchError('network', `'${what}' could not be fetched: ${reason}. Check the connection and try again.`, {
    cause: error,
  });
}

const ABSENT: readonly number[] = [404, 410];
/** What buckets answer for a file that is not there to those who may not list them; a manifest, read whole, that is refused is refused. */
const REFUSED = 403;

function isAbsent(response: Response, range: ByteRange | undefined): boolean {
  if (response.status === REFUSED && range !== undefined) return true;
  const isPage = response.ok && /^text\/html\b/i.test(response.headers.get('content-type') ?? '');
  return ABSENT.includes(response.status) || isPage;
}

async function receive(response: Response, name: string, range: ByteRange | undefined): Promise<Loaded> {
  const { status } = response;
  if (status === 416) {
    await response.body?.cancel();
    const size = sizeIn(response.headers.get('content-range'));
    // The range lies outside; `cut` says so with the size. Without one all that is known is that it is too long.
    return { offset: 0, bytes: new Uint8Array(0), size: size ?? 0 };
  }
  if (status !== 200 && !(status === 206 && range !== undefined)) {
    await response.body?.cancel();
    throw new SearchError('network', `The server answered ${status} for '${name}'. Try again later.`);
  }
  const bytes = await bodyOf(response, name);
  if (status === 200 || range === undefined) return { offset: 0, bytes, size: bytes.length };
  return partOf(response, name, range, bytes);
}

async function bodyOf(response: Response, name: string): Promise<Uint8Array> {
  const stated = response.headers.get('content-length');
  // Of another origin's answer one hears the length, and not the encoding.
  const isEncoded = response.headers.get('content-encoding') !== null || response.type === 'cors';
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw networkError(name, undefined, error);
  }
  // The length stated is that of the encoded bytes where there is an encoding.
  if (stated !== null && !isEncoded && Number(stated) !== bytes.length) throw wrongAnswer(name, 'a cut file');
  return bytes;
}

function partOf(response: Response, name: string, { offset, length }: ByteRange, bytes: Uint8Array): Loaded {
  const header = response.headers.get('content-range');
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? '') ?? [];
  const size = total === undefined || total === '*' ? undefined : Number(total);
  // A range that runs over the end is answered up to the end.
  const end = Math.min(offset + length, size ?? Number.POSITIVE_INFINITY);
  const isHidden = header === null && bytes.length === length; // a host elsewhere that does not expose the header
  if (!isHidden && !(Number(first) === offset && Number(last) + 1 === end))
    throw wrongAnswer(name, `another range (${header ?? 'unnamed'})`);
  if (!isHidden && bytes.length !== end - offset) throw wrongAnswer(name, `${bytes.length} of ${end - offset} bytes`);
  return { offset, bytes, size };
}

function sizeIn(contentRange: string | null): number | undefined {
  const size = /^bytes \*\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}

function wrongAnswer(name: string, what: string): SearchError {
  return new SearchError(
    'corrupt',
    `The server sent ${what} for '${name}'. Check that it serves the index’s files unchanged, and publish them again.`,
  );
}

/** Whole files that a host without Range has sent, so that each range does not fetch them again; oldest go first. */
function wholeFiles(limit: number) {
  const files = new Map<string, Uint8Array>();
  let total = 0;
  return {
    get: (name: string) => files.get(name),
    keep(name: string, bytes: Uint8Array): void {
      if (bytes.length > limit || files.has(name)) return;
      files.set(name, bytes);
      total += bytes.length;
      for (const [oldest, { length }] of files) {
        if (total <= limit) return;
        files.delete(oldest);
        total -= length;
      }
    },
    clear(): void {
      files.clear();
      total = 0;
    },
  };
}
