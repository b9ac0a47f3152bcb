import { crc32 } from '../core/checksum.ts';
import { SearchError } from '../core/errors.ts';
import type { ByteRange } from '../core/ports.ts';

/** Bytes under one checksum: a ranged read pays for whole chunks, and a call to the file costs some 5 µs. */
const CHUNK = 4096;
const CHECKSUM = 4;
const STRIDE = CHUNK + CHECKSUM;

/** Bytes that a blob of `size` bytes takes sealed. */
export function sealedSize(size: number): number {
  return size + Math.ceil(size / CHUNK) * CHECKSUM;
}

/** A blob in chunks of 4 kB with a CRC-32 behind each, so that any part of it can be read and checked alone. */
export function seal(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const sealed = new Uint8Array(sealedSize(bytes.length));
  const view = new DataView(sealed.buffer);
  let at = 0;
  for (let from = 0; from < bytes.length; from += CHUNK) {
    const chunk = bytes.subarray(from, from + CHUNK);
    sealed.set(chunk, at);
    view.setUint32(at + chunk.length, crc32(chunk), true);
    at += chunk.length + CHECKSUM;
  }
  return sealed;
}

/**
 * A range of a sealed blob of `size` bytes. `load` fills an array with the sealed bytes from a place on, and says how
 * many there were. SearchError('corrupt') where they are not what was written.
 */
export function unseal(
  name: string,
  size: number,
  { offset, length }: ByteRange,
  load: (into: Uint8Array, at: number) => number,
): Uint8Array<ArrayBuffer> {
  const wanted = new Uint8Array(length);
  if (length === 0) return wanted;
  const [first, last] = [Math.floor(offset / CHUNK), Math.floor((offset + length - 1) / CHUNK)];
  const sealed = new Uint8Array(Math.min((last + 1) * STRIDE, sealedSize(size)) - first * STRIDE);
  if (load(sealed, first * STRIDE) !== sealed.length) throw damaged(name, first);
  const view = new DataView(sealed.buffer);
  for (let chunk = first, at = 0; chunk <= last; chunk += 1, at += STRIDE) {
    const bytes = sealed.subarray(at, Math.min(at + CHUNK, sealed.length - CHECKSUM));
    if (crc32(bytes) !== view.getUint32(at + bytes.length, true)) throw damaged(name, chunk);
    const begin = chunk * CHUNK;
    const from = Math.max(0, offset - begin);
    wanted.set(bytes.subarray(from, offset + length - begin), begin + from - offset);
  }
  return wanted;
}

function damaged(name: string, chunk: number): SearchError {
  return new SearchError(
    'corrupt',
    `Block ${chunk} of '${name}' in this browser's storage is damaged. Open the corpus with \`renew: true\`, which removes it, and add the documents again.`,
  );
}
