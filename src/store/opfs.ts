import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import type { ByteRange, Store, StoreChanges } from '../core/ports.ts';
import { checkName, checkRange, openness } from './blob.ts';
import { withWriteLock } from './locks.ts';
import { type FoundFolder, folderOf, isNamed } from './opfs-folder.ts';
import {
  decodeHeader,
  decodeTable,
  type Entry,
  encodeTable,
  HEADER_BYTES,
  NO_BLOBS,
  type Table,
} from './opfs-table.ts';
import { seal, unseal } from './sealed.ts';

/** The list of blobs is written to these in turn: while one is written, the other holds the batch before. */
const TABLES = ['table-0', 'table-1'] as const;
/** Files that are opened before anything is asked of them. */
const OPENED_AHEAD = 16;
/** Readers meet a half-written list only while two batches are written at once with their reading. */
const MOST_TRIES = 100;
const PAUSE_MS = 2;

type Handle = FileSystemSyncAccessHandle;
type Mode = 'readwrite' | 'read-only' | 'readwrite-unsafe';

/** TypeScript's types do not know modes yet. */
interface ModalFile {
  createSyncAccessHandle(options: { readonly mode: Mode }): Promise<Handle>;
}

/**
 * Whether this is a worker of a browser that opens a file for several tabs at once (Chromium 121 and later). Elsewhere
 * the first tab would lock all others out.
 */
export function opfsIsShared(): boolean {
  return (
    typeof FileSystemSyncAccessHandle !== 'undefined' &&
    'mode' in FileSystemSyncAccessHandle.prototype &&
    typeof navigator !== 'undefined' &&
    navigator.storage?.getDirectory !== undefined
  );
}

/**
 * A store in the origin's private file system, shared by all tabs; for workers only, where `opfsIsShared()`. Reads go to
 * the file in this thread: forty of 16 kB take .2 ms where IndexedDB takes 7 to 15 (docs/decisions/0011).
 *
 * A batch is one file of sealed blobs, flushed; then the list of all blobs goes to the older of two files, flushed; then
 * files that the list does not name are deleted. A tab killed anywhere leaves the batch before or the whole batch. What
 * another tab still reads is deleted with a later batch.
 *
 * `found` is its folder where the caller has looked for that. Errors: 'quota' (the batch is not there, all before it is),
 * 'corrupt' (a checksum is wrong), 'unsupported'.
 */
export function opfsStore(name: string, found?: FoundFolder): Store {
  const open = openness(`The store '${name}'`);
  let ahead = found;
  let folder: Promise<StoreFolder> | undefined;
  const opened = () => {
    folder ??= openFolder(name, ahead);
    ahead = undefined;
    folder.catch(() => {
      folder = undefined;
    });
    return folder;
  };
  /** Once more in a new folder where the old one has gone: somebody has cleared the site's data while the page is open. */
  const inFolder = async <T>(job: (own: StoreFolder) => Promise<T>): Promise<T> => {
    const used = opened();
    const own = await used;
    try {
      return await job(own);
    } catch (error) {
      // Another call may have found so before this one, and closed what it reads.
      if (folder === used && !(await own.isGone()) && folder === used) throw error;
      if (folder === used) {
        folder = undefined;
        own.close();
      }
      return job(await opened());
    }
  };
  return {
    async read(blob, range, signal) {
      open.check();
      throwIfAborted(signal);
      checkName(blob);
      return inFolder((own) => own.read(blob, range));
    },
    async write(changes) {
      open.check();
      for (const blob of [...(changes.remove ?? []), ...(changes.put?.keys() ?? [])]) checkName(blob);
      await inFolder((own) => withWriteLock(`store:${name}`, () => own.write(changes)));
    },
    async list(prefix) {
      open.check();
      const { blobs } = await inFolder((own) => own.table());
      return [...blobs.keys()].filter((blob) => blob.startsWith(prefix)).sort();
    },
    async close() {
      open.close();
      (await folder?.catch(() => undefined))?.close();
    },
  };
}

type StoreFolder = Awaited<ReturnType<typeof openFolder>>;

async function openFolder(name: string, found: FoundFolder | undefined) {
  const directory = found?.directory ?? (await openDirectory(name));
  const known = new Map(found?.files.map((file) => [file.name, file]));
  const handles = new Map<string, Promise<Handle>>();
  const openHandle = async (file: string, mode: Mode, create: boolean): Promise<Handle> => {
    const handle = known.get(file) ?? (await directory.getFileHandle(file, { create }));
    return (handle as unknown as ModalFile).createSyncAccessHandle({ mode });
  };
  const slots = await Promise.all(TABLES.map((file) => openHandle(file, 'readwrite-unsafe', true)));
  let current = NO_BLOBS;
  let isFresh = false;

  /** The newest list whole. Headers are read once for all that is asked in one turn: another tab may have written a batch. */
  async function table(): Promise<Table> {
    if (isFresh) return current;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const found = newest(slots, current);
      if (found !== undefined) {
        if (found.batch !== current.batch) forget(found);
        current = found;
        isFresh = true;
        queueMicrotask(() => {
          isFresh = false;
        });
        return found;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    throw new SearchError('corrupt', `The store '${name}' of this browser is damaged. Index the documents again.`);
  }

  /** Closes files that hold nothing any more, so that they can be deleted. */
  function forget({ blobs }: Table): void {
    const used = new Set([...blobs.values()].map(({ file }) => file));
    for (const [file, handle] of handles)
      if (!used.has(file)) {
        handles.delete(file);
        handle.then((each) => each.close()).catch(() => undefined);
      }
  }

  function handleOf(file: string): Promise<Handle> {
    const open = handles.get(file);
    if (open !== undefined) return open;
    const made = openHandle(file, 'read-only', false);
    handles.set(file, made);
    made.catch(() => handles.delete(file));
    return made;
  }

  async function read(blob: string, range: ByteRange | undefined): Promise<Uint8Array | undefined> {
    for (;;) {
      const { blobs, batch } = await table();
      const entry = blobs.get(blob);
      if (entry === undefined) return undefined;
      const wanted = checkRange(blob, entry.size, range);
      try {
        const handle = await handleOf(entry.file);
        return unseal(blob, entry.size, wanted, (into, at) => handle.read(into, { at: entry.offset + at }));
      } catch (error) {
        // Another batch may have taken the file away in between: then there is a newer list.
        const { batch: newer } = await table();
        if (newer === batch) throw readingError(blob, error);
      }
    }
  }

  async function write({ put = new Map(), remove = [] }: StoreChanges): Promise<void> {
    const before = await table();
    const blobs = new Map(before.blobs);
    for (const blob of remove) blobs.delete(blob);
    const batch = before.batch + 1;
    const file = fileOf(batch);
    try {
      if (put.size > 0) await writeBatch(file, put, blobs);
      writeTable({ batch, blobs });
    } catch (error) {
      await directory.removeEntry(file).catch(() => undefined);
      throw toSearchError(error);
    }
    await sweep(await table());
  }

  async function writeBatch(file: string, put: ReadonlyMap<string, Uint8Array>, blobs: Map<string, Entry>) {
    const handle = await openHandle(file, 'readwrite', true);
    try {
      let offset = 0;
      for (const [blob, bytes] of put) {
        const sealed = seal(bytes);
        writeAll(handle, sealed, offset);
        blobs.set(blob, { file, offset, size: bytes.length });
        offset += sealed.length;
      }
      handle.flush();
    } finally {
      handle.close();
    }
  }

  /** Whatever goes wrong, the other file holds the list before. */
  function writeTable(next: Table): void {
    const slot = slots[next.batch % 2];
    if (slot === undefined) throw new SearchError('internal', 'A list of blobs has no file.');
    const bytes = encodeTable(next);
    isFresh = false;
    try {
      writeAll(slot, bytes, 0);
      slot.flush();
    } catch (error) {
      // It may be whole where only the flush has failed, and would name a batch that is deleted now.
      slot.write(new Uint8Array(HEADER_BYTES), { at: 0 });
      throw error;
    }
  }

  async function sweep({ blobs }: Table): Promise<void> {
    const used = new Set([...TABLES, ...[...blobs.values()].map(({ file }) => file)]);
    // One that another tab reads cannot be deleted now; a later batch tries again.
    for await (const file of directory.keys())
      if (!used.has(file)) await directory.removeEntry(file).catch(() => undefined);
  }

  /**
   * What is open already gives nonsense then, and no error. The folder's handle is a path, and leads to a new folder where somebody
   * has made one since: then only the lists tell, and where these are damaged indeed, opening them again will.
   */
  async function isGone(): Promise<boolean> {
    try {
      await directory.getFileHandle(TABLES[0]);
      return newest(slots, NO_BLOBS) === undefined;
    } catch (error) {
      return isNamed(error, 'NotFoundError') || isNamed(error, 'InvalidStateError');
    }
  }

  function close(): void {
    for (const slot of slots) slot.close();
    for (const handle of handles.values()) handle.then((each) => each.close()).catch(() => undefined);
  }
  current = newest(slots, current) ?? current;
  // To open a file takes a message to another process, which answers them in turn: all are sent now, those of the newest
  // first, whose blobs are asked for first. None that the list does not name: another tab may be about to write it.
  const named = [...new Set([...current.blobs.values()].map(({ file }) => file))];
  for (const file of named.sort((a, b) => batchOf(b) - batchOf(a)).slice(0, OPENED_AHEAD))
    handleOf(file).catch(() => undefined);
  return { table, read, write, isGone, close };
}

/** A file's name is used once: two tabs may write a batch of the same number. */
const fileOf = (batch: number) => `batch-${batch}-${crypto.randomUUID().slice(0, 8)}`;
const batchOf = (file: string) => Number(file.split('-')[1]);

/** The newest list of the two files; `known` where it is that; undefined while none can be read. */
function newest(slots: readonly Handle[], known: Table): Table | undefined {
  const found = slots.flatMap((slot) => {
    const bytes = new Uint8Array(HEADER_BYTES);
    const header = slot.read(bytes, { at: 0 }) === HEADER_BYTES ? decodeHeader(bytes) : undefined;
    return header === undefined ? [] : [{ slot, header }];
  });
  for (const { slot, header } of found.sort((a, b) => b.header.batch - a.header.batch)) {
    if (header.batch === known.batch) return known;
    const body = new Uint8Array(header.length);
    const whole = slot.read(body, { at: HEADER_BYTES }) === body.length;
    const table = whole ? decodeTable(header, body) : undefined;
    if (table !== undefined) return table;
  }
  // The first batch of all is being written, or was when a tab was killed.
  return slots.some((slot) => slot.getSize() === 0) ? NO_BLOBS : undefined;
}

async function openDirectory(name: string): Promise<FileSystemDirectoryHandle> {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(folderOf(name), { create: true });
  } catch (error) {
    if (isNamed(error, 'SecurityError'))
      throw new SearchError('unsupported', `This browser refuses storage here: ${String(error)}`, { cause: error });
    throw toSearchError(error);
  }
}

function writeAll(handle: Handle, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  if (handle.write(bytes, { at }) === bytes.length) return;
  throw new SearchError('quota', 'The disk has no room left for this site. Free some space or remove documents.');
}

function readingError(blob: string, error: unknown): SearchError {
  if (!isNamed(error, 'NotFoundError')) return toSearchError(error);
  return new SearchError(
    'corrupt',
    `The file of '${blob}' is gone from this browser's storage. Remove the corpus and index it again.`,
    { cause: error },
  );
}
