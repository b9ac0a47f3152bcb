import { SearchError } from '../core/errors.ts';
import { keepingOf, publishedStore } from '../engine/published-store.ts';
import { createSearcher } from '../engine/searcher.ts';
import { staticIndex } from '../engine/static-index.ts';
import type { Answer, FilterCounts, SearchOptions } from '../engine/types.ts';

export type { Answer, FilterCounts, Result, SearchOptions } from '../engine/types.ts';

export interface SiteSearchOptions {
  /** Folders of indexes that `findling index` wrote; several sites are searched as one. */
  readonly urls: readonly string[];
  /** BCP 47 language of questions; the indexes' own languages by default. */
  readonly language?: string;
}

export interface SiteSearch {
  /** Lexical results first, then semantic ones: `onAnswer` gets each, the promise the last. */
  search(
    text: string,
    options?: SearchOptions & { readonly signal?: AbortSignal; onAnswer?(answer: Answer): void },
  ): Promise<Answer>;
  /** What searches may be narrowed to: filter → value → pages that have it. */
  filters(signal?: AbortSignal): Promise<FilterCounts>;
  /** Reads what every question needs: call it when the search box gets the focus. Rejects where no index can be opened. */
  warm(): Promise<void>;
  /** Lets the next search read the index anew: it was rebuilt. */
  reload(): void;
  /** Reads everything, for offline use. Bytes so far and of all, the indexes taken together. */
  prefetch(onProgress?: (loaded: number, total: number) => void, signal?: AbortSignal): Promise<void>;
}

/**
 * Search for a page with nothing but published indexes: no worker, no local documents, no models. The whole of it is
 * some tens of kilobytes; createSearch() has everything else.
 */
export function createSiteSearch(options: SiteSearchOptions): SiteSearch {
  const indexes = options.urls.map((url) => {
    const store = publishedStore(url);
    return staticIndex(url, store, keepingOf(store));
  });
  const refuse = () =>
    Promise.reject(
      new SearchError('unsupported', 'Reranking needs createSearch(); this page searches without models.'),
    );
  const searcher = createSearcher({
    corpora: indexes,
    embedder: { embedQuery: refuse, embedPassages: refuse },
    reranker: () => ({ name: 'none', rerank: refuse }),
    ...(options.language === undefined ? {} : { language: options.language }),
  });
  return {
    search: (text, { signal, onAnswer, ...rest } = {}) =>
      searcher.search(text, { pipeline: 'hybrid', ...rest }, signal, onAnswer),
    filters: searcher.filters,
    async warm() {
      const opened = await Promise.allSettled(indexes.map((index) => index.open()));
      // One that is out of reach is named by the search, which goes on with the others.
      if (opened.every(({ status }) => status === 'rejected')) await indexes[0]?.open();
    },
    reload() {
      for (const index of indexes) index.reload();
    },
    async prefetch(onProgress, signal) {
      const opened = await Promise.all(indexes.map((index) => index.open(signal)));
      const bytes = opened.map(({ facts }) => facts.parts.reduce((sum, part) => sum + part.bytes, 0));
      const total = bytes.reduce((sum, each) => sum + each, 0);
      let before = 0;
      for (const [at, index] of opened.entries()) {
        await index.prefetch((loaded) => onProgress?.(before + loaded, total), signal);
        before += bytes[at] ?? 0;
      }
    },
  };
}
