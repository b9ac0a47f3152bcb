import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import { abortable, throwIfAborted } from '../core/cancellation.ts';
import { crc32 } from '../core/checksum.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import type { ByteRange, Store, StoreChanges } from '../core/ports.ts';
import { checkName, checkRange, openness } from './blob.ts';

/**
 * Bytes a chunk record holds: a record costs time to write, and a ranged read pays for whole chunks. In Chromium 156,
 * 60 MB written / read / one range of 32 kB took: 16 kB 350 / 365 / 0.7 ms; 64 kB 205 / 200 / 0.9 ms; 256 kB 190 / 205 /
 * 1.5 ms; 1 MB 310 / 235 / 3.9 ms.
 */
const CHUNK_BYTES = 65_536;
const SCHEMA_VERSION = 1;

interface BlobRecord {
  readonly size: number;
  /** CRC-32 of each chunk. */
  readonly checksums: Uint32Array;
}

interface Schema extends DBSchema {
  blobs: { key: string; value: BlobRecord };
  chunks: { key: [name: string, index: number]; value: Uint8Array };
}

type Database = IDBPDatabase<Schema>;

/**
 * A store in the browser's IndexedDB, shared by all tabs of the origin. A blob is one small record of its size and
 * checksums, and its bytes in chunks, so that a ranged read fetches only the chunks it touches.
 *
 * A batch is one transaction. Its durability is 'relaxed': the browser reports it done when the operating system has
 * it, without waiting for the disk. A killed tab or browser loses nothing then; a power cut may lose the last batches,
 * each whole, which indexing makes again. 'strict' would cost a disk flush a batch and save only that.
 *
 * Errors: 'quota' (the batch is not there, all before it is), 'corrupt' (a checksum or a chunk is wrong),
 * 'locked' (another tab holds an older schema open), 'mismatch' (a newer findling made this database),
 * 'unsupported' (no IndexedDB, as in some private windows).
 */
export function indexedDbStore(name: string): Store {
  const open = openness(`The store '${name}'`);
  const connection = reopening(name);
  return {
    async read(blob, range, signal) {
      open.check();
      throwIfAborted(signal);
      checkName(blob);
      return connection.use((database) => abortable(readBlob(database, blob, range), signal));
    },
    async write(changes) {
      open.check();
      const { put = new Map(), remove = [] } = changes;
      for (const blob of [...remove, ...put.keys()]) checkName(blob);
      await connection.use((database) => writeBlobs(database, changes));
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

/** Deletes a store and all it holds. SearchError('locked') where another tab keeps it open. */
export async function deleteIndexedDbStore(name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const blocked = () => reject(lockedError(name));
    deleteDB(databaseName(name), { blocked }).then(resolve, (error) => reject(toSearchError(error)));
  });
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
      if (!isClosing(error)) throw toSearchError(error);
    }
    try {
      return await job(await connect());
    } catch (error) {
      throw toSearchError(error);
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
    throw new SearchError('unsupported', 'This browser offers no IndexedDB here. Use memoryStore() instead.');
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

function chunkRange(blob: string, first = 0, last = Number.MAX_SAFE_INTEGER): IDBKeyRange {
  return IDBKeyRange.bound([blob, first], [blob, last]);
}

async function readBlob(database: Database, blob: string, range?: ByteRange): Promise<Uint8Array | undefined> {
  // Both requests go out at once; a range that makes no sense asks for no chunk and is refused below.
  const first = Math.max(0, Math.floor((range?.offset ?? 0) / CHUNK_BYTES)) || 0;
  const end = range === undefined ? Number.POSITIVE_INFINITY : range.offset + range.length;
  const last = Math.max(first, Math.min(Math.ceil(end / CHUNK_BYTES) - 1, Number.MAX_SAFE_INTEGER)) || first;
  const transaction = database.transaction(['blobs', 'chunks'], 'readonly');
  const [record, chunks] = await Promise.all([
    transaction.objectStore('blobs').get(blob),
    transaction.objectStore('chunks').getAll(chunkRange(blob, first, last)),
    transaction.done,
  ]);
  if (record === undefined) return undefined;
  const { offset, length } = checkRange(blob, record.size, range);
  return joinChunks(blob, record, chunks, first, offset, length);
}

function joinChunks(
  blob: string,
  record: BlobRecord,
  chunks: readonly Uint8Array[],
  first: number,
  offset: number,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = offset;
  while (at < offset + length) {
    const index = Math.floor(at / CHUNK_BYTES);
    const chunk = chunks[index - first];
    const size = Math.min(CHUNK_BYTES, record.size - index * CHUNK_BYTES);
    if (chunk?.length !== size || crc32(chunk) !== record.checksums[index])
      throw new SearchError(
        'corrupt',
        `Block ${index} of '${blob}' in this browser's storage is damaged. Remove the corpus and index it again.`,
      );
    const from = at - index * CHUNK_BYTES;
    const part = chunk.subarray(from, Math.min(size, from + offset + length - at));
    bytes.set(part, at - offset);
    at += part.length;
  }
  return bytes;
}

function recordOf(chunks: readonly Uint8Array[]): BlobRecord {
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return { size, checksums: Uint32Array.from(chunks, crc32) };
}

/** Copies: structured clone would store the whole buffer behind a subarray. */
function chunksOf(bytes: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / CHUNK_BYTES);
  return Array.from({ length: count }, (_, index) => bytes.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES));
}

async function writeBlobs(database: Database, { put = new Map(), remove = [] }: StoreChanges): Promise<void> {
  const transaction = database.transaction(['blobs', 'chunks'], 'readwrite', { durability: 'relaxed' });
  const blobs = transaction.objectStore('blobs');
  const chunks = transaction.objectStore('chunks');
  const requests: Promise<unknown>[] = [transaction.done];
  try {
    for (const blob of remove) requests.push(blobs.delete(blob), chunks.delete(chunkRange(blob)));
    for (const [blob, bytes] of put) {
      const parts = chunksOf(bytes);
      requests.push(chunks.delete(chunkRange(blob)), blobs.put(recordOf(parts), blob));
      for (const [index, part] of parts.entries()) requests.push(chunks.put(part, [blob, index]));
    }
  } catch (error) {
    await Promise.allSettled([abort(transaction), ...requests]);
    throw error;
  }
  // When a transaction fails, every open request fails with AbortError; the reason is in the others.
  const failures = (await Promise.allSettled(requests)).flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  );
  if (failures.length > 0) throw writingError(failures);
}

async function abort(transaction: { abort(): void }): Promise<void> {
  transaction.abort();
}

function writingError(failures: readonly unknown[]): SearchError {
  const named = (name: string) => failures.find((error) => error instanceof Error && error.name === name);
  const quota = named('QuotaExceededError');
  if (quota !== undefined) return toSearchError(quota);
  const cause = failures.find((error) => !(error instanceof Error && error.name === 'AbortError')) ?? failures[0];
  const message = cause instanceof Error ? cause.message : String(cause);
  // An AbortError here is the transaction's, not the caller's: it must not read as a cancelled search.
  return new SearchError('internal', `The batch was not written: ${message}. Nothing of it was kept.`, { cause });
}
