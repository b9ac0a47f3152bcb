import { type DBSchema, type IDBPDatabase, openDB, unwrap } from 'idb';
import { abortable, throwIfAborted } from '../core/cancellation.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import type { Store, StoreChanges } from '../core/ports.ts';
import { batchedReads, chunkRange, readingError } from './batched-reads.ts';
import { checkName, openness } from './blob.ts';
import { type BlobRecord, chunkBytesFor, cutIntoChunks } from './chunks.ts';

const SCHEMA_VERSION = 1;

interface Schema extends DBSchema {
  blobs: { key: string; value: BlobRecord };
  chunks: { key: [name: string, index: number]; value: Uint8Array };
}

type Database = IDBPDatabase<Schema>;

export interface IndexedDbOptions {
  /** True for blobs that are always read whole: they are kept in longer chunks. */
  readonly readWhole?: (blob: string) => boolean;
}

/**
 * A store in the browser's IndexedDB, shared by all tabs of the origin. A blob is one small record of its size and
 * checksums, and its bytes in chunks, so that a ranged read fetches only the chunks it touches. Reads asked for in one
 * turn are one transaction.
 *
 * A batch is one transaction. Its durability is 'relaxed': the browser reports it done when the operating system has
 * it, without waiting for the disk. A killed tab or browser loses nothing then; a power cut may lose the last batches,
 * each whole, which indexing makes again. 'strict' would cost a disk flush a batch and save only that.
 *
 * Errors: 'quota' (the batch is not there, all before it is), 'corrupt' (a checksum or a chunk is wrong),
 * 'locked' (another tab holds an older schema open), 'mismatch' (a newer findling made this database),
 * 'unsupported' (no IndexedDB, as in some private windows).
 */
export function indexedDbStore(name: string, { readWhole = () => false }: IndexedDbOptions = {}): Store {
  const open = openness(`The store '${name}'`);
  const connection = reopening(name);
  const chunkBytes = (blob: string) => chunkBytesFor(readWhole(blob));
  const read = batchedReads({
    use: (job) => connection.use((database) => job(unwrap(database))),
    guess: chunkBytes,
  });
  return {
    async read(blob, range, signal) {
      open.check();
      throwIfAborted(signal);
      checkName(blob);
      return abortable(read(blob, range), signal);
    },
    async write(changes) {
      open.check();
      const { put = new Map(), remove = [] } = changes;
      for (const blob of [...remove, ...put.keys()]) checkName(blob);
      await connection.use((database) => writeBlobs(unwrap(database), changes, chunkBytes));
    },
    async list(prefix) {
      open.check();
      const range = prefix === '' ? undefined : IDBKeyRange.lowerBound(prefix);
      const names = await connection.use((database) => database.getAllKeys('blobs', range));
      return names.filter((blob) => blob.startsWith(prefix)).sort();
    },
    async close() {
      open.close();
      await connection.close();
    },
  };
}

/** Whether a store of this name was ever opened here; false where the browser does not tell. */
export async function hasIndexedDbStore(name: string): Promise<boolean> {
  if (typeof indexedDB === 'undefined' || indexedDB.databases === undefined) return false;
  const known = await indexedDB.databases().catch(() => []);
  return known.some((each) => each.name === databaseName(name));
}

function databaseName(name: string): string {
  return `findling:${name}`;
}

function lockedError(name: string): SearchError {
  return new SearchError('locked', `Another tab keeps the store '${name}' open in an older form. Close it and reload.`);
}

/** One connection: opened when first used, and again after the browser or another tab has made it close. */
function reopening(name: string) {
  let current: Promise<Database> | undefined;

  function connect(): Promise<Database> {
    if (current !== undefined) return current;
    const attempt: Promise<Database> = openDatabase(name, () => {
      if (current === attempt) current = undefined;
    });
    current = attempt;
    attempt.catch(() => {
      if (current === attempt) current = undefined;
    });
    return attempt;
  }

  async function use<T>(job: (database: Database) => Promise<T>): Promise<T> {
    const database = await connect();
    try {
      return await job(database);
    } catch (error) {
      // The connection was closed between being handed out and being used: nothing was begun, so once more is safe.
      if (!isClosing(error)) throw readingError(error);
    }
    try {
      return await job(await connect());
    } catch (error) {
      throw readingError(error);
    }
  }

  async function close(): Promise<void> {
    const last = current;
    current = undefined;
    if (last !== undefined) (await last).close();
  }
  return { use, close };
}

function isClosing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'InvalidStateError';
}

function openDatabase(name: string, forget: () => void): Promise<Database> {
  if (typeof indexedDB === 'undefined')
    throw new SearchError(
      'unsupported',
      'This browser offers no IndexedDB here: documents cannot be added, published indexes can be searched.',
    );
  return new Promise((resolve, reject) => {
    const opening = openDB<Schema>(databaseName(name), SCHEMA_VERSION, {
      upgrade(database) {
        database.createObjectStore('blobs');
        database.createObjectStore('chunks');
      },
      blocked: () => reject(lockedError(name)),
      // Another tab wants to upgrade or delete the database: make way.
      blocking(_current, _wanted, event) {
        forget();
        if (event.target instanceof IDBDatabase) event.target.close();
      },
      terminated: forget,
    });
    opening.then(resolve, (error) => reject(openingError(name, error)));
  });
}

function openingError(name: string, error: unknown): SearchError {
  if (error instanceof DOMException && error.name === 'VersionError')
    return new SearchError('mismatch', `The store '${name}' was made by a newer findling. Reload the page.`, {
      cause: error,
    });
  if (error instanceof DOMException && (error.name === 'SecurityError' || error.name === 'InvalidStateError'))
    return new SearchError('unsupported', `This browser refuses storage here: ${error.message}`, { cause: error });
  return toSearchError(error);
}

const ALL_CHUNKS = { first: 0, last: Number.MAX_SAFE_INTEGER };

/** By plain requests: a batch has thousands of them, and idb's promise around each cost a fifteenth of indexing. */
function writeBlobs(database: IDBDatabase, changes: StoreChanges, chunkBytes: (blob: string) => number): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(['blobs', 'chunks'], 'readwrite', { durability: 'relaxed' });
    // When a transaction fails, every open request fails with AbortError; the reason is in the others.
    const failures: unknown[] = [];
    let refused: { readonly error: unknown } | undefined;
    transaction.oncomplete = () => resolve();
    transaction.onerror = ({ target }) => {
      if (target instanceof IDBRequest) failures.push(target.error);
    };
    transaction.onabort = () => {
      if (transaction.error !== null) failures.push(transaction.error);
      reject(refused === undefined ? writingError(failures) : refused.error);
    };
    try {
      requestChanges(transaction, changes, chunkBytes);
    } catch (error) {
      refused = { error };
      transaction.abort();
    }
  });
}

function requestChanges(
  transaction: IDBTransaction,
  { put = new Map(), remove = [] }: StoreChanges,
  chunkBytes: (blob: string) => number,
): void {
  const blobs = transaction.objectStore('blobs');
  const chunks = transaction.objectStore('chunks');
  for (const blob of remove) {
    blobs.delete(blob);
    chunks.delete(chunkRange(blob, ALL_CHUNKS));
  }
  for (const [blob, bytes] of put) {
    const { chunks: parts, record } = cutIntoChunks(bytes, chunkBytes(blob));
    chunks.delete(chunkRange(blob, ALL_CHUNKS));
    blobs.put(record, blob);
    for (const [index, part] of parts.entries()) chunks.put(part, [blob, index]);
  }
}

function writingError(failures: readonly unknown[]): SearchError {
  const named = (name: string) => failures.find((error) => error instanceof Error && error.name === name);
  const quota = named('QuotaExceededError');
  if (quota !== undefined) return toSearchError(quota);
  const cause = failures.find((error) => !(error instanceof Error && error.name === 'AbortError')) ?? failures[0];
  const message = cause instanceof Error ? cause.message : 'the browser broke it off';
  // An AbortError here is the transaction's, not the caller's: it must not read as a cancelled search.
  return new SearchError('internal', `The batch was not written: ${message}. Nothing of it was kept.`, { cause });
}
