import { once } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import { fingerprint } from '../index/fingerprint.ts';
import { TOKENIZER_VERSION } from '../index/lexical/analysis.ts';
import { PUBLISHED_FORMAT } from '../index/published/manifest.ts';
import { openPublishedIndex, type PublishedIndex } from '../index/published/published-index.ts';
import { basicWords } from '../models/wordpiece.ts';
import type { EmbeddingSpace } from './local-corpus.ts';
import type { SearchableCorpus } from './moments.ts';
import { type Around, aroundReads } from './reads.ts';

/** How an index was made: how words became terms, and which model's vectors and rows it holds. */
export function publishedFingerprint({ model, revision, dtype, pooling, prefixes }: EmbeddingSpace): string {
  const tokenizer = String(TOKENIZER_VERSION);
  return fingerprint({ model, revision, dtype, pooling, prefixes, chunker: '', tokenizer, format: PUBLISHED_FORMAT });
}

export interface StaticIndex extends SearchableCorpus {
  open(signal?: AbortSignal): Promise<PublishedIndex>;
  /** The next search reads the manifest anew. */
  reload(): void;
}

/** What whoever keeps an index's files may act on. */
export interface IndexEvents {
  /** It has been read anew. */
  onOpened?(index: PublishedIndex): void;
  /** Something of it is not what was published: what is kept of it should not be given again. */
  onCorrupt?(): void;
}

/**
 * An index made by `findling index`, as a corpus of an engine. It is opened at its first use and carries the word rows
 * of its own model, so that only its terms must be cut as this code cuts a question's: 'mismatch' where they are not.
 * After a failure, or when the site has been published anew, the next search opens it again.
 */
export function staticIndex(name: string, store: Store, events: IndexEvents = {}): StaticIndex {
  const load = async () => {
    const index = await openPublishedIndex(store, { words: basicWords });
    checkTokenizer(index.facts.fingerprint, name);
    events.onOpened?.(index);
    return index;
  };
  const loadAnew = () =>
    once(() =>
      load().catch((error: unknown) => {
        if (isCorrupt(error)) events.onCorrupt?.();
        throw error;
      }),
    );
  let opened = loadAnew();
  const reload = () => {
    opened = loadAnew();
  };
  /** Where a file that the manifest names is gone, a newer manifest names others. */
  const watched: Around = async (read) => {
    try {
      return await read();
    } catch (error) {
      if (isCorrupt(error)) events.onCorrupt?.();
      if (isCorrupt(error) || isNotFound(error)) reload();
      throw error;
    }
  };
  return {
    name,
    optional: true,
    open: () => opened(),
    reload,
    async moment() {
      const index = await opened();
      const { documents, passages: size } = index.facts;
      const { terms, vectors, embedder } = index;
      return aroundReads({ documents, size, terms, numbers: index, passages: index, vectors, embedder }, watched);
    },
  };
}

const isCorrupt = (error: unknown) => error instanceof SearchError && error.code === 'corrupt';
const isNotFound = (error: unknown) => error instanceof SearchError && error.code === 'not-found';

function checkTokenizer(stored: string, name: string): void {
  const parts: unknown = JSON.parse(stored);
  const version = Array.isArray(parts) ? String(parts[6]) : 'unknown';
  if (version === String(TOKENIZER_VERSION)) return;
  throw new SearchError(
    'mismatch',
    `The index at ${name} cuts words in version ${version}, this page in version ${TOKENIZER_VERSION}. Run \`findling index\` of the page's version again, or update the page.`,
  );
}
