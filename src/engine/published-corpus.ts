import { SearchError } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import { openCorpus } from '../index/corpus.ts';
import { loadManifest } from '../index/manifest.ts';
import { exactVectorIndex } from '../index/vectors/scan.ts';
import type { SearchableCorpus } from './moments.ts';
import { type IndexEvents, staticIndex } from './static-index.ts';

/**
 * A corpus that somebody else wrote, e.g. served as static files: an index of `findling index`, or a local corpus's own
 * files. SearchError 'not-found' where there is neither, 'mismatch' where it was made with another model or another way
 * of reading than `fingerprint` says. `events` are those of an index of `findling index`.
 */
export async function openReadOnlyCorpus(
  name: string,
  store: Store,
  fingerprint: string,
  events?: IndexEvents,
): Promise<SearchableCorpus> {
  const published = staticIndex(name, store, events);
  const found = await published.open().then(
    () => true,
    (error: unknown) => {
      if (error instanceof SearchError && error.code === 'not-found') return false;
      throw error;
    },
  );
  if (found) return published;
  if ((await loadManifest(store, '')) === undefined)
    throw new SearchError('not-found', `There is no index at ${name}.`);
  const corpus = await openCorpus(store, { fingerprint, analyzer: refuse });
  const view = corpus.view();
  const { documents } = corpus.statistics();
  const vectors = exactVectorIndex(view);
  return {
    name,
    optional: true,
    moment: async () => ({ documents, size: view.size, terms: view, numbers: view, passages: view, vectors }),
  };
}

function refuse(): Promise<never> {
  return Promise.reject(new SearchError('unsupported', 'A published index cannot be added to.'));
}
