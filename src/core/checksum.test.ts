import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from './checksum.ts';

describe('crc32', () => {
  it('gives the check value of the standard', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });
  it('equals zlib on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => crc32(bytes) === zlibCrc32(bytes)));
  });
  it('equals zlib wherever the bytes lie in their buffer', () => {
    const bytes = Uint8Array.from({ length: 400 }, (_, at) => (at * 37 + (at >> 3)) & 255);
    for (let start = 0; start < 9; start += 1)
      for (let length = 0; length < 120; length += 1) {
        const part = bytes.subarray(start, start + length);
        expect(crc32(part), `${length} bytes from ${start}`).toBe(zlibCrc32(part));
      }
  });
});
