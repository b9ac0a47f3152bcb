import { isPart, MANIFEST_NAME } from '../index/published/manifest.ts';
import { httpStore } from '../store/http.ts';
import { type CachedStore, cachedHttpStore } from '../store/http-cache.ts';
import type { IndexEvents } from './static-index.ts';

/** The files of a published index over HTTP, kept in the Cache API for all tabs and visits. */
export function publishedStore(url: string): CachedStore {
  return cachedHttpStore(httpStore(url, { mutable: [MANIFEST_NAME] }), { url, isImmutable: isPart });
}

/** Forgets files that an index has replaced, and all where one was not what it should be: a host may have garbled it only once. */
export function keepingOf(store: CachedStore): IndexEvents {
  return {
    onOpened: ({ facts }) => void store.keepOnly(facts.parts.map(({ name }) => name)),
    onCorrupt: () => void store.keepOnly([]),
  };
}
