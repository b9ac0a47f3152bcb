import { contentHash } from '../../core/hash.ts';
import { ByteWriter, corrupt } from '../codec.ts';

/** A word's part of an embedding: `values × scale`. */
export interface Row {
  readonly values: Int8Array;
  readonly scale: number;
}

/** Words share a bucket by their hash. A bucket is some 0.8 kB: rows do not compress, and each word of a question reads one. */
const ROWS_PER_BUCKET = 3;
/** A word's check value and scale. */
const HEAD_BYTES = 8;

function hashesOf(word: string): { readonly place: number; readonly check: number } {
  const hash = contentHash(word);
  return { place: Number.parseInt(hash.slice(0, -8), 16), check: Number.parseInt(hash.slice(-8), 16) };
}

export function bucketOf(word: string, buckets: number): number {
  return hashesOf(word).place % buckets;
}

/** The table of words and word pieces as buckets in order; `##` begins a piece that continues a word. */
export function rowBuckets(rows: ReadonlyMap<string, Row>): readonly Uint8Array<ArrayBuffer>[] {
  const count = Math.max(1, Math.ceil(rows.size / ROWS_PER_BUCKET));
  const buckets = Array.from({ length: count }, () => [] as { check: number; word: string; row: Row }[]);
  for (const [word, row] of rows) {
    const { place, check } = hashesOf(word);
    buckets[place % count]?.push({ check, word, row });
  }
  return buckets.map((bucket) => {
    const writer = new ByteWriter(2048);
    for (const { check, row } of bucket.sort((a, b) => a.check - b.check || (a.word < b.word ? -1 : 1))) {
      writer.u32(check);
      writer.f32(row.scale);
      writer.i8s(row.values);
    }
    return writer.finish();
  });
}

export interface Bucket {
  /** Undefined for a word that is not there. */
  row(word: string): Row | undefined;
}

export function readBucket(bytes: Uint8Array, dimensions: number): Bucket {
  const size = HEAD_BYTES + dimensions;
  if (bytes.length % size !== 0) throw corrupt('rows', 'a bucket of another size');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    row(word) {
      const { check } = hashesOf(word);
      for (let at = 0; at < bytes.length; at += size)
        if (view.getUint32(at, true) === check)
          return {
            scale: view.getFloat32(at + 4, true),
            values: new Int8Array(bytes.buffer, bytes.byteOffset + at + HEAD_BYTES, dimensions),
          };
      return undefined;
    },
  };
}
