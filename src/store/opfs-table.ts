import { crc32 } from '../core/checksum.ts';
import { SearchError } from '../core/errors.ts';

/** Where a blob lies, sealed. */
export interface Entry {
  readonly file: string;
  readonly offset: number;
  /** Of the blob, not of its sealed form. */
  readonly size: number;
}

/** All blobs of a store after one batch. */
export interface Table {
  /** Of the batch; 0 for a store that nothing was written to. */
  readonly batch: number;
  readonly blobs: ReadonlyMap<string, Entry>;
}

export const NO_BLOBS: Table = { batch: 0, blobs: new Map() };

/** Magic, batch, length and CRC-32 of what follows, CRC-32 of these. */
export const HEADER_BYTES = 20;
const MAGIC = 0x3154_4e46; // FNT1

export interface Header {
  readonly batch: number;
  readonly length: number;
  readonly checksum: number;
}

export function encodeTable({ batch, blobs }: Table): Uint8Array<ArrayBuffer> {
  const rows = [...blobs].map(([name, { file, offset, size }]) => [name, file, offset, size]);
  const body = new TextEncoder().encode(JSON.stringify(rows));
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of [MAGIC, batch, body.length, crc32(body)].entries()) view.setUint32(at * 4, value, true);
  view.setUint32(16, crc32(bytes.subarray(0, 16)), true);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** Undefined where no table was written, or one is being written. */
export function decodeHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [magic, batch, length, checksum, own] = [0, 4, 8, 12, 16].map((at) => view.getUint32(at, true));
  if (magic !== MAGIC || own !== crc32(bytes.subarray(0, 16))) return undefined;
  return { batch: batch ?? 0, length: length ?? 0, checksum: checksum ?? 0 };
}

/** Undefined where the bytes are not those that the header speaks of: they are being written. */
export function decodeTable({ batch, checksum }: Header, body: Uint8Array): Table | undefined {
  if (crc32(body) !== checksum) return undefined;
  const rows: unknown = JSON.parse(new TextDecoder().decode(body));
  if (!Array.isArray(rows)) throw unreadable();
  const blobs = new Map<string, Entry>();
  for (const row of rows as readonly unknown[]) {
    const [name, file, offset, size] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    if (typeof name !== 'string' || typeof file !== 'string' || typeof offset !== 'number' || typeof size !== 'number')
      throw unreadable();
    blobs.set(name, { file, offset, size });
  }
  return { batch, blobs };
}

function unreadable(): SearchError {
  return new SearchError('corrupt', 'The list of what this browser keeps of the corpus is damaged. Index it again.');
}
