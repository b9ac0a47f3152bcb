import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DocumentId, Passage } from '../core/document.ts';
import { passageId } from '../core/document.ts';
import { toSearchError } from '../core/errors.ts';
import { ByteReader, ByteWriter } from '../index/codec.ts';
import type { PublishedDocument } from '../index/published/builder.ts';
import { checked, withChecksum } from '../index/published/frame.ts';
import type { DocumentHead } from '../index/texts.ts';

/** What an earlier run made of each page, by its hash. */
export type PageCache = ReadonlyMap<string, PublishedDocument>;

/** Raise it with any change of layout. */
const VERSION = 1;

/** The cache of an earlier run with the same fingerprint; empty where there is none, or it cannot be read. */
export async function readCache(file: string, fingerprint: string): Promise<PageCache> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return new Map();
  try {
    // A plain array: slices of Node's Buffer share its memory.
    const reader = new ByteReader(checked(new Uint8Array(bytes), file), file);
    if (reader.u8() !== VERSION || reader.string() !== fingerprint) return new Map();
    const pages = new Map<string, PublishedDocument>();
    for (let count = reader.count(); count > 0; count -= 1) pages.set(reader.string(), readPage(reader));
    return pages;
  } catch (error) {
    if (toSearchError(error).code !== 'corrupt') throw error;
    return new Map();
  }
}

export async function writeCache(file: string, fingerprint: string, pages: PageCache): Promise<void> {
  const writer = new ByteWriter(1 << 20);
  writer.u8(VERSION);
  writer.string(fingerprint);
  writer.varint(pages.size);
  for (const [hash, page] of pages) {
    writer.string(hash);
    writePage(writer, page);
  }
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, withChecksum(writer.finish()));
  await rename(`${file}.new`, file);
}

function writePage(writer: ByteWriter, { document, passages, vectors }: PublishedDocument): void {
  writer.strings([document.id, document.url, document.title, document.language]);
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
  const document: DocumentHead = { id: id as DocumentId, url, title, language };
  const passages = Array.from({ length: reader.count() }, (_, ordinal): Passage => {
    const [start, weight, strings] = [reader.varint(), reader.f32(), reader.strings()];
    const [anchor = '', text = ''] = strings.slice(-2);
    const own = { documentId: document.id, start, end: start + text.length };
    return { id: passageId(document.id, ordinal), ...own, heading: strings.slice(0, -2), anchor, weight, text };
  });
  const dimensions = reader.varint();
  if (dimensions === 0) return { document, passages };
  const scales = reader.f32s(passages.length);
  const rows = reader.i8s(passages.length * dimensions).slice();
  return { document, passages, vectors: { dimensions, count: passages.length, rows, scales } };
}
