import { crc32 } from '../core/checksum.ts';
import { SearchError } from '../core/errors.ts';

/**
 * Bytes of a chunk record, for blobs read by ranges and for those read whole. A ranged read pays for whole chunks; and
 * Chromium keeps a value of 64 KiB or more in a file of its own, which costs a read half a millisecond. Random reads in
 * one transaction and all of 25 MB, Chromium 156, ms (docs/decisions/0004-store-chunks.md):
 * 16 kB 20 reads 1.8, 40 reads 3.4, all 236; 64 kB 9.6, 18.7, 180; 256 kB 17.4, 24.6, 88.
 */
const CHUNK_BYTES = 16_384;
const LONG_CHUNK_BYTES = 262_144;
/** Of records that do not say, as databases of before 2026-11-22 hold them. */
const FIRST_CHUNK_BYTES = 65_536;

export interface BlobRecord {
  readonly size: number;
  /** CRC-32 of each chunk. */
  readonly checksums: Uint32Array;
  /** Bytes of each chunk but the last. */
  readonly chunkBytes?: number;
}

/** The chunks of one blob from `first` to `last`. */
export interface ChunkSpan {
  readonly first: number;
  readonly last: number;
}

/** What a blob written now is cut into. */
export function chunkBytesFor(readWhole: boolean): number {
  return readWhole ? LONG_CHUNK_BYTES : CHUNK_BYTES;
}

export function chunkBytesOf({ chunkBytes = FIRST_CHUNK_BYTES }: BlobRecord): number {
  return chunkBytes;
}

/** The chunks that a range touches, at least one; a range that makes no sense touches the first. */
export function spanOf(offset: number, length: number, chunkBytes: number): ChunkSpan {
  const first = Math.max(0, Math.floor(offset / chunkBytes)) || 0;
  const last = Math.min(Math.ceil((offset + length) / chunkBytes) - 1, Number.MAX_SAFE_INTEGER);
  return { first, last: Math.max(first, last) || first };
}

/** A blob's bytes as chunks, copied: structured clone would store the whole buffer behind a subarray. */
export function cutIntoChunks(bytes: Uint8Array, chunkBytes: number) {
  const count = Math.ceil(bytes.length / chunkBytes);
  const chunks = Array.from({ length: count }, (_, index) => bytes.slice(index * chunkBytes, (index + 1) * chunkBytes));
  const record: BlobRecord = { size: bytes.length, checksums: Uint32Array.from(chunks, crc32), chunkBytes };
  return { chunks, record };
}

/** The bytes [offset, offset + length) from the chunks that hold them, the first being number `first`. */
export function joinChunks(
  blob: string,
  record: BlobRecord,
  chunks: readonly Uint8Array[],
  first: number,
  { offset, length }: { readonly offset: number; readonly length: number },
): Uint8Array {
  const bytes = new Uint8Array(length);
  const chunkBytes = chunkBytesOf(record);
  let at = offset;
  while (at < offset + length) {
    const index = Math.floor(at / chunkBytes);
    const chunk = chunks[index - first];
    const size = Math.min(chunkBytes, record.size - index * chunkBytes);
    if (chunk?.length !== size || crc32(chunk) !== record.checksums[index])
      throw new SearchError(
        'corrupt',
        `Block ${index} of '${blob}' in this browser's storage is damaged. Remove the corpus and index it again.`,
      );
    const from = at - index * chunkBytes;
    const part = chunk.subarray(from, Math.min(size, from + offset + length - at));
    bytes.set(part, at - offset);
    at += part.length;
  }
  return bytes;
}
