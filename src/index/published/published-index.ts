import { throwIfAborted } from '../../core/cancellation.ts';
import { SearchError } from '../../core/errors.ts';
import type { Embedder, PassageSource, Store } from '../../core/ports.ts';
import { createCache } from '../cache.ts';
import type { KnownNumbers, TermSource, VectorIndex } from '../terms.ts';
import { openBlocks } from './blocks.ts';
import { publishedEmbedder } from './embedder.ts';
import { MANIFEST_NAME, type PublishedFacts, readManifest } from './manifest.ts';
import { passagePlaces, publishedPassages } from './passages.ts';
import { publishedTerms } from './terms.ts';
import { publishedVectors } from './vectors.ts';

/** Memory for decoded blocks. */
const CACHE_BYTES = 16_000_000;

export interface OpenPublishedOptions {
  /** Cuts a question into the words that rows belong to (models/wordpiece.ts, basicWords). */
  readonly words: (text: string) => readonly string[];
}

/** An index that `findling index` wrote, read block by block. */
export interface PublishedIndex extends KnownNumbers, PassageSource {
  readonly facts: PublishedFacts;
  readonly terms: TermSource;
  /** Undefined for an index without vectors. */
  readonly vectors: VectorIndex | undefined;
  readonly embedder: Embedder;
  /** Reads the whole index through the store, so that whatever caches behind it has it: for offline use. */
  prefetch(onProgress?: (loaded: number, total: number) => void, signal?: AbortSignal): Promise<void>;
}

/**
 * Opens an index by its manifest: one read. SearchError 'not-found' where there is none, 'mismatch' where it is of another
 * format, 'corrupt', or whatever the store says.
 */
export async function openPublishedIndex(
  store: Store,
  options: OpenPublishedOptions,
  signal?: AbortSignal,
): Promise<PublishedIndex> {
  const bytes = await store.read(MANIFEST_NAME, undefined, signal);
  if (bytes === undefined)
    throw new SearchError(
      'not-found',
      `There is no ${MANIFEST_NAME} there. Run \`findling index\` and publish its output.`,
    );
  const manifest = await readManifest(bytes);
  const blocks = openBlocks(store, manifest, createCache(CACHE_BYTES));
  const places = passagePlaces(blocks, manifest);
  const { idsOf, passages } = publishedPassages(places, manifest.build);
  return {
    facts: manifest,
    terms: publishedTerms(blocks, manifest),
    vectors: manifest.dimensions === 0 ? undefined : publishedVectors(blocks, manifest, places),
    embedder: publishedEmbedder(blocks, manifest, options.words),
    idsOf,
    passages,
    async prefetch(onProgress = () => undefined, prefetchSignal) {
      const total = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
      let loaded = 0;
      for (const { name, bytes: expected } of manifest.parts) {
        throwIfAborted(prefetchSignal);
        const part = await store.read(name, undefined, prefetchSignal);
        if (part?.length !== expected)
          throw new SearchError('not-found', `The index file ${name} is gone or cut: the site was published anew.`);
        loaded += expected;
        onProgress(loaded, total);
      }
    },
  };
}
