import { once } from '../core/cancellation.ts';
import { lostScript } from '../core/lost-script.ts';
import { lazyEmbedder, lazyReranking, type Semantic, type Surroundings, unnamedReranking } from '../engine/host.ts';
import { isReadWhole } from '../engine/local-corpus.ts';
import type { SearchableCorpus } from '../engine/moments.ts';
import { openReadOnlyCorpus } from '../engine/published-corpus.ts';
import { keepingOf, publishedStore } from '../engine/published-store.ts';
import { staticSpaceOf, transformersSpaceOf } from '../engine/spaces.ts';
import type { FetchedCatalog, OpenOptions } from '../engine/types.ts';
import { CHUNKER_VERSION } from '../ingest/chunker-version.ts';
import { loadCatalog, type ModelCatalog, parseCatalog, staticEmbedderEntry } from '../models/catalog.ts';
import { loadModelText } from '../models/file.ts';
import { keptFiles } from '../models/kept-files.ts';
import { sparseStaticEmbedder } from '../models/sparse-embedder.ts';
import { createWordPiece } from '../models/wordpiece.ts';
import { httpStore } from '../store/http.ts';
import { localStore } from '../store/local.ts';
import { announceChange, onCorpusChanged, withWriteLock } from '../store/locks.ts';
import { requestPersistence } from '../store/persistence.ts';
import { localName } from './local-name.ts';

/**
 * A browser's surroundings: its storage, HTTP, Web Locks, and models in a worker of their own. What the first answer does not need
 * (readers, reranking) is imported when it is needed. Writers are not: as a script of their own they cost a cold load more (docs/decisions/0009).
 */
export function browserSurroundings(startModelWorker: () => Worker): Surroundings {
  return {
    localStore: (name, found) => localStore(localName(name), { readWhole: isReadWhole, found }),
    published: lazyCorpus,
    async semantic(options, catalog) {
      if (options.embedder === undefined) return staticSemantic(options, catalog);
      const { modelWorkerEmbedder } = await modelTier();
      return {
        embedder: modelWorkerEmbedder(startModelWorker, options.embedder),
        space: transformersSpaceOf(options.embedder),
      };
    },
    reranking(options) {
      if (options.reranker === undefined || options.reranker === 'none') return unnamedReranking();
      return lazyReranking(async () => (await modelTier()).modelWorkerTier(startModelWorker, options));
    },
    chunker: CHUNKER_VERSION,
    async reading() {
      try {
        const [{ readDocument }, { splitPassages }] = await Promise.all([
          import('../ingest/document.ts'),
          import('../ingest/passages.ts'),
        ]);
        return { read: readDocument, split: splitPassages };
      } catch (error) {
        throw lostScript(error, 'reads files');
      }
    },
    lock: withWriteLock,
    announce: announceChange,
    onChanged: onCorpusChanged,
    persist: requestPersistence,
  };
}

async function modelTier() {
  try {
    return await import('./model-tier.ts');
  } catch (error) {
    throw lostScript(error, 'runs models');
  }
}

/** No corpus's name: `localName()`. */
const MODELS_KEPT = 'findling-models';

/** The static embedder; its catalog is read at once (it is in the fingerprint), the vocabulary with the first text. */
async function staticSemantic({ models }: OpenOptions, catalog: FetchedCatalog | undefined): Promise<Semantic> {
  const store = httpStore(models);
  const entry = staticEmbedderEntry((await givenCatalog(catalog)) ?? (await loadCatalog(store)));
  const files = keptFiles(store, localStore(MODELS_KEPT), Object.values(entry.files));
  const load = async () =>
    sparseStaticEmbedder(files, entry, createWordPiece(await loadModelText(files, entry.files.vocabulary)));
  return { embedder: lazyEmbedder(load), space: staticSpaceOf(entry) };
}

/** The catalog as the page has fetched it; undefined where it has none that can be read. */
async function givenCatalog(catalog: FetchedCatalog | undefined): Promise<ModelCatalog | undefined> {
  try {
    const bytes = await catalog;
    return bytes && parseCatalog(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** A published index, opened at the first question; while it cannot be, search goes on without it. */
function lazyCorpus(url: string, fingerprint: string): SearchableCorpus {
  const store = publishedStore(url);
  const opened = once(() => openReadOnlyCorpus(url, store, fingerprint, keepingOf(store)));
  return { name: url, optional: true, moment: async (signal) => (await opened()).moment(signal) };
}
