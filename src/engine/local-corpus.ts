import { once, throwIfAborted } from '../core/cancellation.ts';
import { documentId, type GivenSource, type Source } from '../core/document.ts';
import { toSearchError } from '../core/errors.ts';
import { passageText } from '../core/passage-text.ts';
import type { Embedder, Store } from '../core/ports.ts';
import { type Corpus, openCorpus } from '../index/corpus.ts';
import { fingerprint } from '../index/fingerprint.ts';
import { type Analyzer, createAnalyzer, createAnalyzers, TOKENIZER_VERSION } from '../index/lexical/analysis.ts';
import { MANIFEST_FORMAT } from '../index/manifest.ts';
import { isVectorsBlob } from '../index/segment-format.ts';
import { quantise } from '../index/vectors/quantise.ts';
import { exactVectorIndex } from '../index/vectors/scan.ts';
import { createInbox, givenAt, INBOX } from './inbox.ts';
import { indexSources, type PreparedDocument, sourceHash } from './indexer.ts';
import type { SearchableCorpus } from './moments.ts';
import { checkSources } from './sources.ts';
import type { IndexProgress, IndexReport } from './types.ts';
import { type Reading, whatWaits } from './waiting.ts';

/** The embedding space of a corpus's vectors; part of its fingerprint. */
export interface EmbeddingSpace {
  readonly model: string;
  readonly revision: string;
  readonly dtype: string;
  readonly pooling: string;
  readonly prefixes: readonly string[];
}

export interface LocalCorpusParts {
  readonly name: string;
  readonly store: Store;
  readonly embedder: Embedder;
  readonly space: EmbeddingSpace;
  readonly chunker: string;
  /** Loads the parsers when documents come: a page that only searches downloads none. */
  reading(): Promise<Reading>;
  /** Holds the corpus's write lock, across tabs, while the job runs. */
  lock<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Tells other tabs that the corpus has changed. */
  announce(): void;
}

export interface LocalCorpus extends SearchableCorpus {
  readonly corpus: Pick<Corpus, 'statistics' | 'documents'>;
  add(
    sources: readonly GivenSource[],
    signal: AbortSignal,
    onProgress: (progress: IndexProgress) => void,
  ): Promise<IndexReport>;
  remove(ids: readonly string[]): Promise<number>;
  /** Documents given but not indexed yet. */
  pending(): Promise<number>;
  refresh(): Promise<void>;
  /** Reads everything that is stored; SearchError('corrupt') where something is damaged. */
  verify(): Promise<void>;
}

/** Analyzers by language, each made once: they keep caches of the words they have seen. */
function analyzers(): (language: string) => Promise<Analyzer> {
  const made = new Map<string, () => Promise<Analyzer>>();
  return (language) => {
    const known = made.get(language) ?? once(() => createAnalyzer(language));
    made.set(language, known);
    return known();
  };
}

/** What must not change between indexing and searching. */
export function corpusFingerprint(space: EmbeddingSpace, chunker: string): string {
  return fingerprint({ ...space, chunker, tokenizer: String(TOKENIZER_VERSION), format: MANIFEST_FORMAT });
}

/** The blobs of a corpus that are read whole or not at all; a store may keep them in longer pieces. */
export function isReadWhole(blob: string): boolean {
  return blob.startsWith(INBOX) || isVectorsBlob(blob);
}

/** Opens the corpus of documents that were added here. A corpus made in another way is refused with 'mismatch'. */
export async function openLocalCorpus(parts: LocalCorpusParts): Promise<LocalCorpus> {
  const corpus = await openCorpus(parts.store, {
    fingerprint: corpusFingerprint(parts.space, parts.chunker),
    analyzer: analyzers(),
  });
  // Their rules come over the line: by the first question they should be here. It says what is wrong with them.
  createAnalyzers(corpus.statistics().languages).catch(() => undefined);
  // Every question needs them: on their way while the first one is typed.
  corpus.lengths().catch(() => undefined);
  const inbox = createInbox(parts.store);
  /** What is being put into the inbox: the names that it will have there. */
  const putting = new Set<Promise<readonly string[]>>();
  let scanned: { readonly generation: number; readonly index: ReturnType<typeof exactVectorIndex> } | undefined;

  const store = async (batch: readonly PreparedDocument[], signal: AbortSignal | undefined) => {
    const texts = batch.flatMap(({ document, passages }) =>
      passages.map((passage) => passageText({ title: document.title, heading: passage.heading, text: passage.text })),
    );
    const vectors = await parts.embedder.embedPassages(texts, signal);
    const dimensions = vectors.length / Math.max(1, texts.length);
    let row = 0;
    const add = batch.map(({ document, hash, passages }) => {
      const from = row * dimensions;
      row += passages.length;
      // A document without text has no passages, and a batch of such documents no dimensions.
      if (passages.length === 0) return { document, hash, passages };
      return { document, hash, passages, vectors: quantise(vectors.subarray(from, row * dimensions), dimensions) };
    });
    await withRoom(() => corpus.apply({ add }, signal), corpus.sweep);
    parts.announce();
  };

  /** Once more where there was no room for it, and what merges and removals have left behind could be swept away. */
  const withRoom = async <T>(job: () => Promise<T>, sweep: () => Promise<boolean>): Promise<T> => {
    try {
      return await job();
    } catch (cause) {
      if (toSearchError(cause).code !== 'quota' || !(await sweep())) throw cause;
      return job();
    }
  };
  const noted = (put: Promise<readonly string[]>) => {
    putting.add(put);
    const forget = () => void putting.delete(put);
    put.then(forget, forget);
    return put;
  };
  const lockedSweep = () => parts.lock(corpus.sweep);

  const hashes = async () => new Map((await corpus.documents()).map(({ id, hash }) => [id, hash]));

  /**
   * What has become of sources that another tab has taken out of the inbox, for it gave later and came to its turn first. What is not there as it
   * was given has been removed or replaced since, or could not be read, and that tab says so.
   */
  const indexedElsewhere = async (taken: readonly Source[]) => {
    if (taken.length === 0) return { added: 0, passages: 0 };
    const stored = new Map((await corpus.documents()).map((entry) => [entry.id, entry]));
    const found = taken.flatMap((source) => {
      const entry = stored.get(documentId(source.id));
      return entry?.hash === sourceHash(source) ? [entry] : [];
    });
    return { added: found.length, passages: found.reduce((sum, { passages }) => sum + passages, 0) };
  };

  return {
    name: parts.name,
    optional: false,
    corpus,
    async moment() {
      const view = corpus.view();
      if (scanned?.generation !== view.generation)
        scanned = { generation: view.generation, index: exactVectorIndex(view) };
      const empty = view.statistics().passages === 0;
      const { documents } = corpus.statistics();
      return {
        documents,
        size: view.size,
        terms: view,
        numbers: view,
        passages: view,
        vectors: empty ? undefined : scanned.index,
      };
    },
    warm: () => corpus.warm(),
    async add(sources, signal, onProgress) {
      throwIfAborted(signal);
      const { sources: sound, failed: refused } = checkSources(sources);
      const given = sound.length > 0 ? await noted(withRoom(() => inbox.put(sound), lockedSweep)) : [];
      const fresh = new Set(given);
      const ids = new Set(sound.map(({ id }) => id));
      const last = given.length > 0 ? '' : ((await inbox.pending()).at(-1) ?? '');
      const indexing = parts.lock(async () => {
        await corpus.refresh(signal);
        // What has waited longer goes with it; what was given later, or by another tab in the same millisecond, has a call of its own that
        // waits for its turn.
        const [own] = given;
        const isDue = (name: string) => (own === undefined ? name <= last : fresh.has(name) || name < givenAt(own));
        const pending = new Set(await inbox.pending());
        const names = [...pending].filter(isDue);
        const waiting = await whatWaits({ inbox, names, fresh, ids, reading: await parts.reading() });
        const report = await indexSources(
          waiting.sources,
          { read: waiting.read, split: waiting.split, hashes, store },
          {
            total: names.length,
            signal,
            isCounted: (source) => sources.length === 0 || waiting.isFresh(source),
            onProgress,
            onDone: waiting.done,
          },
        );
        // All is stored: segments that no room is left to merge are searched as they are, and merged another time.
        await corpus.compact(signal).catch((cause) => {
          if (toSearchError(cause).code === 'aborted') throw cause;
        });
        parts.announce();
        // Else what was merged would lie beside its parts until something is added again: twice the room. Who still reads them reads again.
        await corpus.sweep().catch(() => undefined);
        const { added, passages } = await indexedElsewhere(sound.filter((_, at) => !pending.has(given[at] ?? '')));
        return {
          added: report.added + added,
          unchanged: report.unchanged,
          passages: report.passages + passages,
          failed: [...refused, ...report.failed, ...waiting.leftOut],
        };
      }, signal);
      return indexing.catch(async (cause) => {
        // Who stops a call does not want the rest of it later.
        if (signal.aborted) await inbox.done(given).catch(() => undefined);
        throw cause;
      });
    },
    async remove(ids) {
      const wanted = ids.map((id) => documentId(id));
      // Asked for before the lock: what is given while this call waits for it comes after the removal.
      const waiting = Promise.all([inbox.pending(), ...[...putting].map((put) => put.catch(() => []))]);
      waiting.catch(() => undefined);
      return parts.lock(async () => {
        const names = (await waiting).flat();
        await corpus.refresh();
        const before = (await corpus.documents()).length;
        // One that still waits must not come back.
        await inbox.withdraw(ids, names);
        await corpus.apply({ remove: wanted });
        parts.announce();
        // Whoever removes documents may want the room.
        await corpus.sweep();
        return before - (await corpus.documents()).length;
      });
    },
    pending: async () => (await inbox.pending()).length,
    async refresh() {
      await corpus.refresh();
    },
    verify: () => corpus.verify(),
  };
}
