import { ByteReader, ByteWriter } from './codec.ts';
import type { QuantisedVectors } from './terms.ts';

/** Scales first, then the int8 rows. */
export function writeVectors({ scales, rows }: QuantisedVectors): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(scales.byteLength + rows.byteLength);
  writer.f32s(scales);
  writer.i8s(rows);
  return writer.finish();
}

export function readVectors(bytes: Uint8Array, count: number, dimensions: number, name: string): QuantisedVectors {
  const reader = new ByteReader(bytes, name);
  const scales = reader.f32s(count);
  const rows = reader.i8s(count * dimensions);
  reader.end();
  return { dimensions, count, rows, scales };
}

/** Rows of nothing, for passages indexed without vectors: they score 0 against every query. */
export function zeroVectors(count: number, dimensions: number): QuantisedVectors {
  return { dimensions, count, rows: new Int8Array(count * dimensions), scales: new Float32Array(count) };
}
