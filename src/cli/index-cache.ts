import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DocumentId, Passage } from '../core/document.ts';
import { passageId } from '../core/document.ts';
import { toSearchError } from '../core/errors.ts';
import type { Filters } from '../core/filters.ts';
import { ByteReader, ByteWriter } from '../index/codec.ts';
import type { IndexedHead } from '../index/collecting.ts';
import type { PublishedDocument } from '../index/published/builder.ts';
import { checked, withChecksum } from '../index/published/frame.ts';
import type { ReadPage } from './page-reading.ts';

/** Where a page lies in the file, and what must be known of it before it is read. */
export interface PageEntry {
  readonly offset: number;
  readonly length: number;
  readonly id: string;
  readonly language: string;
  /** Whether the page says so itself; else its language is a guess. */
  readonly declared: boolean;
  readonly passages: number;
}

/** What a run made of each page, in a file: a million pages need not be in memory. */
export interface PageFile {
  /** By the pages' hashes. */
  readonly entries: ReadonlyMap<string, PageEntry>;
  /** A page as it is stored; undefined where it is damaged. */
  stored(entry: PageEntry): Uint8Array | undefined;
  /** SearchError('corrupt') where it is damaged. */
  read(entry: PageEntry): PublishedDocument;
  close(): void;
}

/** A page in the form of the file. */
export interface StoredPage {
  readonly stored: Uint8Array<ArrayBuffer>;
  readonly id: string;
  readonly language: string;
  readonly declared: boolean;
  readonly passages: number;
}

export interface PageWriter {
  has(hash: string): boolean;
  add(hash: string, page: StoredPage): void;
  /** Takes over what an earlier run made. */
  copy(hash: string, entry: PageEntry, stored: Uint8Array): void;
  /** Puts the new file in the place of the old one, and opens it. */
  finish(): Promise<PageFile>;
  /** Leaves the old file as it was. */
  discard(): Promise<void>;
}

/** Raise it with any change of layout. */
const VERSION = 3;
/** At the end of the file: where the table begins. */
const FOOTER_BYTES = 8;
const FLUSH_BYTES = 1 << 20;

/** The pages of an earlier run with the same fingerprint; none where there is no such file, or it cannot be read. */
export function openPages(file: string, fingerprint: string): PageFile {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return { entries: new Map(), stored: () => undefined, read: absent, close: () => undefined };
  }
  const bytesAt = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    const got = readSync(handle, bytes, 0, length, offset);
    return got === length ? bytes : bytes.subarray(0, got);
  };
  let entries: ReadonlyMap<string, PageEntry> = new Map();
  try {
    entries = readTable(bytesAt, fstatSync(handle).size, file, fingerprint);
  } catch (error) {
    if (toSearchError(error).code !== 'corrupt') throw error;
  }
  return {
    entries,
    stored({ offset, length }) {
      const bytes = bytesAt(offset, length);
      try {
        checked(bytes, file);
        return bytes;
      } catch {
        return undefined;
      }
    },
    read: ({ offset, length }) => readPage(new ByteReader(checked(bytesAt(offset, length), file), file)),
    close: () => closeSync(handle),
  };
}

function absent(): never {
  throw new Error('There are no pages.');
}

function readTable(
  bytesAt: (offset: number, length: number) => Uint8Array,
  size: number,
  file: string,
  fingerprint: string,
): ReadonlyMap<string, PageEntry> {
  const entries = new Map<string, PageEntry>();
  if (size < FOOTER_BYTES) return entries;
  const end = size - FOOTER_BYTES;
  const start = new DataView(bytesAt(end, FOOTER_BYTES).buffer).getFloat64(0, true);
  if (!(Number.isSafeInteger(start) && start >= 0 && start <= end)) return entries;
  const reader = new ByteReader(checked(bytesAt(start, end - start), file), file);
  if (reader.u8() !== VERSION || reader.string() !== fingerprint) return entries;
  let offset = 0;
  for (let count = reader.count(); count > 0; count -= 1) {
    const [hash = '', id = '', language = ''] = reader.strings();
    const [length, passages, declared] = [reader.varint(), reader.varint(), reader.u8() === 1];
    entries.set(hash, { offset, length, id, language, declared, passages });
    offset += length;
  }
  return entries;
}

/** Writes pages beside the old file. */
export async function writePages(file: string, fingerprint: string): Promise<PageWriter> {
  await mkdir(dirname(file), { recursive: true });
  await removeLeftovers(file);
  // Its own for each run, two of which may index at once; by its process it is known when it is left over.
  const temporary = `${file}.${randomUUID()}.${process.pid}.new`;
  const handle = openSync(temporary, 'w');
  const entries = new Map<string, PageEntry>();
  let waiting: Uint8Array[] = [];
  let [bytes, offset] = [0, 0];
  const flush = () => {
    for (const each of waiting) writeSync(handle, each);
    waiting = [];
    bytes = 0;
  };
  const write = (stored: Uint8Array) => {
    waiting.push(stored);
    bytes += stored.length;
    offset += stored.length;
    if (bytes >= FLUSH_BYTES) flush();
  };
  return {
    has: (hash) => entries.has(hash),
    add(hash, { stored, ...about }) {
      entries.set(hash, { offset, length: stored.length, ...about });
      write(stored);
    },
    copy(hash, entry, stored) {
      entries.set(hash, { ...entry, offset });
      write(stored);
    },
    async finish() {
      const start = offset;
      write(withChecksum(tableOf(entries, fingerprint)));
      write(new Uint8Array(new Float64Array([start]).buffer));
      flush();
      closeSync(handle);
      await rename(temporary, file);
      return openPages(file, fingerprint);
    },
    async discard() {
      closeSync(handle);
      await rm(temporary, { force: true });
    },
  };
}

/** Files of runs that were killed. */
async function removeLeftovers(file: string): Promise<void> {
  const folder = dirname(file);
  for (const name of await readdir(folder)) {
    const [, pid] = name.startsWith(`${basename(file)}.`) ? (/\.(\d+)\.new$/.exec(name) ?? []) : [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function tableOf(entries: ReadonlyMap<string, PageEntry>, fingerprint: string): Uint8Array {
  const writer = new ByteWriter(1 << 20);
  writer.u8(VERSION);
  writer.string(fingerprint);
  writer.varint(entries.size);
  for (const [hash, { id, language, declared, length, passages }] of entries) {
    writer.strings([hash, id, language]);
    writer.varint(length);
    writer.varint(passages);
    writer.u8(declared ? 1 : 0);
  }
  return writer.finish();
}

export function storedPage(page: ReadPage): StoredPage {
  const writer = new ByteWriter(4096);
  writePage(writer, page);
  const { id, language } = page.document;
  return {
    stored: withChecksum(writer.finish()),
    id,
    language,
    declared: page.declared,
    passages: page.passages.length,
  };
}

function writePage(writer: ByteWriter, { document, passages, vectors }: PublishedDocument): void {
  writer.strings([document.id, document.url, document.title, document.language]);
  writer.string(JSON.stringify(document.filters ?? {}));
  writer.varint(passages.length);
  for (const { start, heading, anchor, weight, text } of passages) {
    writer.varint(start);
    writer.f32(weight);
    writer.strings([...heading, anchor, text]);
  }
  writer.varint(vectors?.dimensions ?? 0);
  if (vectors === undefined) return;
  writer.f32s(vectors.scales);
  writer.i8s(vectors.rows);
}

function readPage(reader: ByteReader): PublishedDocument {
  const [id = '', url = '', title = '', language = ''] = reader.strings();
  const filters: Filters = JSON.parse(reader.string());
  const document: IndexedHead = { id: id as DocumentId, url, title, language, filters };
  const passages = Array.from({ length: reader.count() }, (_, ordinal): Passage => {
    const [start, weight, strings] = [reader.varint(), reader.f32(), reader.strings()];
    const [anchor = '', text = ''] = strings.slice(-2);
    const own = { documentId: document.id, start, end: start + text.length };
    return { id: passageId(document.id, ordinal), ...own, heading: strings.slice(0, -2), anchor, weight, text };
  });
  const dimensions = reader.varint();
  if (dimensions === 0) return { document, passages };
  const scales = reader.f32s(passages.length);
  const rows = reader.i8s(passages.length * dimensions);
  return { document, passages, vectors: { dimensions, count: passages.length, rows, scales } };
}
