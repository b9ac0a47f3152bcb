import { describe, expect, it } from 'vitest';
import { fitsShort } from './layout.ts';

describe('fitsShort', () => {
  it('adds up the eight inputs whose products share 16 bits, those above zero and those below', () => {
    const rows = new Int8Array(64);
    expect(fitsShort(rows, 32)).toBe(true);
    // The most that activations of 127 may be multiplied by: 258 × 127 = 32,766.
    for (const at of [0, 1, 4, 5, 8, 9, 12, 13]) rows[32 + at] = 32;
    rows[34] = 127;
    expect(fitsShort(rows, 32)).toBe(true);
    rows[33] = 34;
    expect(fitsShort(rows, 32)).toBe(true);
    rows[33] = 35;
    expect(fitsShort(rows, 32)).toBe(false);
    rows[33] = -127;
    expect(fitsShort(rows, 32)).toBe(true);
    for (const at of [0, 4, 5]) rows[32 + at] = -44;
    expect(fitsShort(rows, 32)).toBe(false);
  });
  it('wants sixteen inputs at a time', () => {
    expect(fitsShort(new Int8Array(48), 24)).toBe(false);
  });
});
