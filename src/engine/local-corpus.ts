import { once, throwIfAborted } from '../core/cancellation.ts';
import { type Document, documentId, type GivenSource, type Passage, type Source } from '../core/document.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import { passageText } from '../core/passage-text.ts';
import type { Embedder, Store } from '../core/ports.ts';
import { type Corpus, openCorpus } from '../index/corpus.ts';
import { fingerprint } from '../index/fingerprint.ts';
import { type Analyzer, createAnalyzer, createAnalyzers, TOKENIZER_VERSION } from '../index/lexical/analysis.ts';
import { MANIFEST_FORMAT } from '../index/manifest.ts';
import { isVectorsBlob } from '../index/segment-format.ts';
import { quantise } from '../index/vectors/quantise.ts';
import { exactVectorIndex } from '../index/vectors/scan.ts';
import { createInbox, INBOX, type Inbox } from './inbox.ts';
import { indexSources, type PreparedDocument } from './indexer.ts';
import type { SearchableCorpus } from './moments.ts';
import { checkSources } from './sources.ts';
import type { IndexProgress, IndexReport } from './types.ts';

/** The embedding space of a corpus's vectors; part of its fingerprint. */
export interface EmbeddingSpace {
  readonly model: string;
  readonly revision: string;
  readonly dtype: string;
  readonly pooling: string;
  readonly prefixes: readonly string[];
}

/** How documents are read. */
export interface Reading {
  read(source: Source): Promise<Document>;
  split(document: Document): readonly Passage[];
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

/** Waiting documents read at a time, in one transaction. Few, because each may be a PDF of many megabytes. */
const TAKEN = 8;

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

/** A tab may be closed by chance while it reads a document, but not so often over the same one. */
const MOST_DEATHS = 5;
const DEADLY = `The page ended ${MOST_DEATHS} times while it read this document, which is left out. Add it again to try anew.`;

/** Which document it was stands in what cannot be read. */
const UNREAD =
  'A document that waited to be indexed is damaged in this browser’s storage, and left out. Add your newest documents again.';

/** The blobs of a corpus that are read whole or not at all; a store may keep them in longer pieces. */
export function isReadWhole(blob: string): boolean {
  return blob.startsWith(INBOX) || isVectorsBlob(blob);
}

/** Waiting documents in their order, some read at a time; in place of one that cannot be read its error. */
async function* inGroups(
  inbox: Inbox,
  names: readonly string[],
): AsyncGenerator<readonly [string, Source | SearchError]> {
  for (let from = 0; from < names.length; from += TAKEN) {
    const group = names.slice(from, from + TAKEN);
    const sources = await Promise.all(group.map((name) => inbox.take(name).catch(damage)));
    for (const [at, source] of sources.entries()) if (source !== undefined) yield [group[at] ?? '', source];
  }
}

/** What is damaged will be so at every visit, and must not stand in the way of all others. */
function damage(cause: unknown): SearchError {
  const error = toSearchError(cause);
  if (error.code !== 'corrupt') throw error;
  return error;
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
  const lockedSweep = () => parts.lock(corpus.sweep);

  const hashes = async () => new Map((await corpus.documents()).map(({ id, hash }) => [id, hash]));

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
      const given = sound.length > 0 ? await withRoom(() => inbox.put(sound), lockedSweep) : [];
      const fresh = new Set(given);
      const ids = new Set(sound.map(({ id }) => id));
      const last = given.at(-1) ?? (await inbox.pending()).at(-1) ?? '';
      const indexing = parts.lock(async () => {
        await corpus.refresh(signal);
        // What has waited longer goes with it; what was given later has a call of its own that waits for its turn.
        const names = (await inbox.pending()).filter((name) => name <= last);
        const nameOf = new Map<Source, string>();
        const deadly: IndexReport['failed'][number][] = [];
        const deaths = await inbox.deaths(names);
        const waiting = async function* () {
          for await (const [name, source] of inGroups(inbox, names)) {
            if (source instanceof SearchError) {
              deadly.push({ id: name, code: source.code, reason: UNREAD });
              await inbox.done([name]);
              continue;
            }
            if ((deaths.get(name) ?? 0) >= MOST_DEATHS) {
              deadly.push({ id: source.id, code: 'internal', reason: DEADLY });
              await inbox.done([name]);
              continue;
            }
            // Given anew after a call that failed: the version that waited since then is overtaken.
            if (!fresh.has(name) && ids.has(source.id)) {
              await inbox.done([name]);
              continue;
            }
            nameOf.set(source, name);
            yield source;
          }
        };
        const { read, split } = await parts.reading();
        const passagesOf = new WeakMap<Document, readonly Passage[]>();
        /** Splits at once, so that all that a document may do to the tab has happened when it has been read. */
        const readWhole = async (source: Source): Promise<Document> => {
          const document = await read(source);
          passagesOf.set(document, split(document));
          return document;
        };
        /** What a dead tab has left is noted while it is read: the cause of its death may be among it. Fresh ones are not worth that. */
        const readWatched = async (source: Source): Promise<Document> => {
          const name = nameOf.get(source);
          if (name === undefined || fresh.has(name)) return readWhole(source);
          await inbox.reading(name);
          try {
            return await readWhole(source);
          } finally {
            await inbox.reading(undefined);
          }
        };
        const report = await indexSources(
          waiting(),
          {
            read: readWatched,
            split: (document) => passagesOf.get(document) ?? split(document),
            hashes,
            store,
          },
          {
            total: names.length,
            signal,
            isCounted: (source) => sources.length === 0 || fresh.has(nameOf.get(source) ?? ''),
            onProgress,
            async onDone(done) {
              await inbox.done(done.flatMap((source) => nameOf.get(source) ?? []));
              for (const source of done) nameOf.delete(source);
            },
          },
        );
        // All is stored: segments that no room is left to merge are searched as they are, and merged another time.
        await corpus.compact(signal).catch((cause) => {
          if (toSearchError(cause).code === 'aborted') throw cause;
        });
        parts.announce();
        // Else what was merged would lie beside its parts until something is added again: twice the room. Who still reads them reads again.
        await corpus.sweep().catch(() => undefined);
        return { ...report, failed: [...refused, ...report.failed, ...deadly] };
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
      const waiting = inbox.pending();
      waiting.catch(() => undefined);
      return parts.lock(async () => {
        const names = await waiting;
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
