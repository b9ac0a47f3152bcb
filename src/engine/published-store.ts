import { isPart, MANIFEST_NAME, type PublishedFacts } from '../index/published/manifest.ts';
import { httpStore } from '../store/http.ts';
import { type CachedStore, cachedHttpStore } from '../store/http-cache.ts';

/** The files of a published index over HTTP, kept in the Cache API for all tabs and visits. */
export function publishedStore(url: string): CachedStore {
  return cachedHttpStore(httpStore(url, { mutable: [MANIFEST_NAME] }), { url, isImmutable: isPart });
}

/** Forgets the files of an index that this one has replaced. */
export function forgetOthers(store: CachedStore, { parts }: PublishedFacts): void {
  void store.keepOnly(parts.map(({ name }) => name));
}
