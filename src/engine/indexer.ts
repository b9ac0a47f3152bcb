import { throwIfAborted } from '../core/cancellation.ts';
import { type Document, type DocumentId, documentId, type Passage, type Source } from '../core/document.ts';
import { type SearchErrorCode, toSearchError } from '../core/errors.ts';
import { tidyFilters } from '../core/filters.ts';
import { contentHash } from '../core/hash.ts';
import type { IndexProgress, IndexReport } from './types.ts';

export interface PreparedDocument {
  readonly document: Document;
  readonly hash: string;
  readonly passages: readonly Passage[];
}

export interface IndexerParts {
  read(source: Source): Promise<Document>;
  split(document: Document): readonly Passage[];
  /** Content hashes of what is indexed already. */
  hashes(): Promise<ReadonlyMap<DocumentId, string>>;
  /** Embeds and stores a batch, whole or not at all. */
  store(batch: readonly PreparedDocument[], signal: AbortSignal | undefined): Promise<void>;
}

const WAITS = 'The document waits until then, and need not be added again.';

/** Passages of one batch: large enough to write fast, small enough to lose little and to show progress. */
const BATCH_PASSAGES = 1024;

/** A hash over all that decides what is indexed of a source. */
export function sourceHash({ content, type, url, title, language, filters = {} }: Source): string {
  // Without filters it is what it was before there were any.
  const narrowed = Object.keys(filters).length === 0 ? [] : [JSON.stringify(tidyFilters(filters))];
  return contentHash(type, url ?? '', title ?? '', language ?? '', ...narrowed, content);
}

type Failure = { readonly id: string; readonly code: SearchErrorCode; readonly reason: string };

export interface IndexRun {
  readonly total: number;
  readonly signal?: AbortSignal;
  /** Whether the report counts a source; all by default. */
  isCounted?(source: Source): boolean;
  onProgress?(progress: IndexProgress): void;
  /** Called when sources are done with: stored, found unchanged, or unreadable. Those whose reader did not come are not. */
  onDone?(sources: readonly Source[]): Promise<void>;
}

/**
 * Reads, splits and stores documents in batches. A document that cannot be read is named in the report and the rest
 * goes on; so is one whose reader could not be loaded ('network'), which stays where it waits; a batch that cannot be stored ends the run with its error, and all batches before it stay.
 */
export async function indexSources(
  sources: AsyncIterable<Source> | Iterable<Source>,
  parts: IndexerParts,
  run: IndexRun,
): Promise<IndexReport> {
  const known = new Map(await parts.hashes());
  const failed: Failure[] = [];
  const start = performance.now();
  let batch: PreparedDocument[] = [];
  let finished: Source[] = [];
  const report = { added: 0, unchanged: 0, passages: 0 };
  const count = { seen: 0, passages: 0, waiting: 0 };
  const flush = async () => {
    if (batch.length > 0) await parts.store(batch, run.signal);
    await run.onDone?.(finished);
    count.waiting = 0;
    batch = [];
    finished = [];
  };
  for await (const source of sources) {
    throwIfAborted(run.signal);
    let isDone = true;
    try {
      const prepared = await prepare(source, parts, known);
      const passages = prepared?.passages.length ?? 0;
      if (prepared !== undefined) {
        batch.push(prepared);
        // A document may come again, changed back: then it is this version that it differs from.
        known.set(prepared.document.id, prepared.hash);
      }
      count.waiting += passages;
      count.passages += passages;
      if (run.isCounted?.(source) ?? true) {
        report[prepared === undefined ? 'unchanged' : 'added'] += 1;
        report.passages += passages;
      }
    } catch (error) {
      const { code, message } = toSearchError(error, 'bad-input');
      // What reads it could not be loaded, which is not the document's fault.
      isDone = code !== 'network';
      failed.push({ id: source.id, code, reason: isDone ? message : `${message} ${WAITS}` });
    }
    if (isDone) finished.push(source);
    count.seen += 1;
    if (count.waiting >= BATCH_PASSAGES || finished.length >= BATCH_PASSAGES) await flush();
    const rate = count.seen / Math.max(0.001, (performance.now() - start) / 1000);
    run.onProgress?.({
      documents: count.seen,
      of: Math.max(run.total, count.seen),
      passages: count.passages,
      rate,
      current: source.id,
    });
  }
  await flush();
  return { ...report, failed };
}

async function prepare(
  source: Source,
  parts: IndexerParts,
  known: ReadonlyMap<DocumentId, string>,
): Promise<PreparedDocument | undefined> {
  const hash = sourceHash(source);
  if (known.get(documentId(source.id)) === hash) return undefined;
  const document = await parts.read(source);
  return { document, hash, passages: parts.split(document) };
}
