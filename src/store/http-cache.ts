import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { ByteRange, Store } from '../core/ports.ts';

export interface HttpCacheOptions {
  /** Names the entries; that of the store behind. */
  readonly url: string;
  /** Blobs whose content belongs to their name for ever; of others the kept copy serves only while the network fails. */
  readonly isImmutable: (name: string) => boolean;
  /** Instead of the platform's, for tests; undefined where there is none (an insecure context). */
  readonly caches?: CacheStorage | undefined;
}

/** A read-only store that keeps what it has read in the browser's Cache API, where all tabs and later visits find it. */
export interface CachedStore extends Store {
  /** Forgets blobs that are not among `names`: those of an index that has been replaced. */
  keepOnly(names: readonly string[]): Promise<void>;
}

const CACHE_NAME = 'findling-published';
const RANGE = 'findling-range';

interface Wanted {
  readonly name: string;
  readonly range: ByteRange | undefined;
}

/**
 * Looks up what was asked for in one turn at once, and answers all at once: those that are not kept then go to the store behind in
 * one turn too, which joins neighbours. One by one they came back in turns of their own, and forty requests went out for fifteen.
 */
function inOneTurn(look: (all: readonly Wanted[]) => Promise<readonly (Uint8Array | undefined)[] | undefined>) {
  let waiting: { readonly wanted: Wanted; readonly resolve: (found: Uint8Array | undefined) => void }[] = [];
  const flush = async () => {
    const all = waiting;
    waiting = [];
    const found = await look(all.map(({ wanted }) => wanted));
    for (const [at, { resolve }] of all.entries()) resolve(found?.[at]);
  };
  return (wanted: Wanted): Promise<Uint8Array | undefined> =>
    new Promise((resolve) => {
      if (waiting.length === 0) queueMicrotask(flush);
      waiting.push({ wanted, resolve });
    });
}

/**
 * Keeps ranges as entries of their own (the Cache API takes no 206), and whole blobs as themselves: of one that is there
 * whole (prefetch) every range is cut. A cache that fails, is full or is not there costs nothing but its benefit.
 */
export function cachedHttpStore(inner: Store, options: HttpCacheOptions): CachedStore {
  const platform = 'caches' in options ? options.caches : globalThis.caches;
  const base = new URL(options.url.replace(/\/*$/, '/'), globalThis.location?.href ?? 'http://localhost/').href;
  const keyOf = (name: string, range?: ByteRange) => {
    const key = new URL(name, base);
    if (range !== undefined) key.searchParams.set(RANGE, `${range.offset}-${range.length}`);
    return key.href;
  };
  const attempt = async <T>(job: (cache: Cache) => Promise<T>): Promise<T | undefined> => {
    try {
      return platform === undefined ? undefined : await job(await platform.open(CACHE_NAME));
    } catch {
      // Storage is full, or switched off: the network has it all.
      return undefined;
    }
  };
  /** What is there of each, in the same order. Whether a blob is there whole is asked once for all its ranges. */
  const keptOf = async (all: readonly Wanted[]): Promise<readonly (Uint8Array | undefined)[] | undefined> =>
    attempt(async (cache) => {
      const wholes = new Map<string, Promise<Blob | undefined>>();
      const wholeOf = (name: string) => {
        const known = wholes.get(name) ?? cache.match(keyOf(name)).then((found) => found?.blob());
        wholes.set(name, known);
        return known;
      };
      return Promise.all(
        all.map(async ({ name, range }) => {
          const own = await cache.match(keyOf(name, range));
          if (own !== undefined) return new Uint8Array(await own.arrayBuffer());
          const whole = range === undefined ? undefined : await wholeOf(name);
          if (whole === undefined || range === undefined) return undefined;
          const part = whole.slice(range.offset, range.offset + range.length);
          return part.size === range.length ? new Uint8Array(await part.arrayBuffer()) : undefined;
        }),
      );
    });
  const kept = inOneTurn(keptOf);
  const keeping = new Set<Promise<void>>();
  const keep = (name: string, range: ByteRange | undefined, bytes: Uint8Array) => {
    const kept = attempt((cache) => cache.put(keyOf(name, range), new Response(new Uint8Array(bytes))));
    keeping.add(kept);
    kept.finally(() => keeping.delete(kept));
  };

  const fresh = async (name: string, range: ByteRange | undefined, signal: AbortSignal | undefined) => {
    try {
      const bytes = await inner.read(name, range, signal);
      if (bytes !== undefined) keep(name, range, bytes);
      return bytes;
    } catch (error) {
      const offline = error instanceof SearchError && error.code === 'network';
      const known = offline ? await kept({ name, range }) : undefined;
      if (known === undefined) throw error;
      return known;
    }
  };

  return {
    ...inner,
    async read(name, range, signal) {
      throwIfAborted(signal);
      if (!options.isImmutable(name)) return fresh(name, range, signal);
      const known = await kept({ name, range });
      if (known !== undefined) return known;
      const bytes = await inner.read(name, range, signal);
      if (bytes !== undefined) keep(name, range, bytes);
      return bytes;
    },
    async keepOnly(names) {
      const wanted = new Set(names.map((name) => keyOf(name)));
      // What is just being kept may be what is to be forgotten.
      await Promise.all(keeping);
      await attempt(async (cache) => {
        for (const { url } of await cache.keys()) {
          const plain = new URL(url);
          plain.searchParams.delete(RANGE);
          // Another index's address may be cut inside of an escaped letter.
          if (!plain.href.startsWith(base) || wanted.has(plain.href)) continue;
          if (options.isImmutable(decodeURIComponent(plain.href.slice(base.length)))) await cache.delete(url);
        }
      });
    },
  };
}
