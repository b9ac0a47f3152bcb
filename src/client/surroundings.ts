import { once } from '../core/cancellation.ts';
import { lazyEmbedder, type Semantic, type Surroundings } from '../engine/host.ts';
import type { SearchableCorpus } from '../engine/moments.ts';
import { openReadOnlyCorpus } from '../engine/published-corpus.ts';
import { staticSpaceOf, transformersSpaceOf } from '../engine/spaces.ts';
import type { OpenOptions } from '../engine/types.ts';
import { MANIFEST_NAME } from '../index/published/manifest.ts';
import { CHUNKER_VERSION } from '../ingest/passages.ts';
import { loadCatalog, staticEmbedderEntry } from '../models/catalog.ts';
import { loadModelText } from '../models/file.ts';
import { sparseStaticEmbedder } from '../models/sparse-embedder.ts';
import { createWordPiece } from '../models/wordpiece.ts';
import { httpStore } from '../store/http.ts';
import { indexedDbStore } from '../store/indexeddb.ts';
import { announceChange, onCorpusChanged, withWriteLock } from '../store/locks.ts';
import { requestPersistence } from '../store/persistence.ts';
import { modelWorkerEmbedder, modelWorkerTier } from './model-tier.ts';

/** A browser's surroundings: IndexedDB, HTTP, Web Locks, and models in a worker of their own. */
export function browserSurroundings(startModelWorker: () => Worker): Surroundings {
  return {
    localStore: (name) => indexedDbStore(`findling:${name}`),
    published: lazyCorpus,
    semantic: async (options) =>
      options.embedder === undefined
        ? staticSemantic(options)
        : {
            embedder: modelWorkerEmbedder(startModelWorker, options.embedder),
            space: transformersSpaceOf(options.embedder),
          },
    reranking: (options) => modelWorkerTier(startModelWorker, options),
    chunker: CHUNKER_VERSION,
    async reading() {
      const [{ readDocument }, { splitPassages }] = await Promise.all([
        import('../ingest/document.ts'),
        import('../ingest/passages.ts'),
      ]);
      return { read: readDocument, split: splitPassages };
    },
    lock: withWriteLock,
    announce: announceChange,
    onChanged: onCorpusChanged,
    persist: requestPersistence,
  };
}

/** The static embedder; its catalog is read at once (it is in the fingerprint), the vocabulary with the first text. */
async function staticSemantic({ models }: OpenOptions): Promise<Semantic> {
  const store = httpStore(models);
  const entry = staticEmbedderEntry(await loadCatalog(store));
  const load = async () =>
    sparseStaticEmbedder(store, entry, createWordPiece(await loadModelText(store, entry.files.vocabulary)));
  return { embedder: lazyEmbedder(load), space: staticSpaceOf(entry) };
}

/** A published index, opened at the first question; while it cannot be, search goes on without it. */
function lazyCorpus(url: string, fingerprint: string): SearchableCorpus {
  const opened = once(() => openReadOnlyCorpus(url, httpStore(url, { mutable: [MANIFEST_NAME] }), fingerprint));
  return { name: url, optional: true, moment: async (signal) => (await opened()).moment(signal) };
}
