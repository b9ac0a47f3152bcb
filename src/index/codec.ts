import { SearchError } from '../core/errors.ts';

const encoder = new TextEncoder();
// A pool may begin with U+FEFF as with any other letter; by default it would be dropped.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Appends numbers and strings to one growing buffer; little-endian throughout. A class, not closures:
 * postings pass through it number by number.
 */
export class ByteWriter {
  private bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(Math.max(16, capacity));
  }

  private room(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  u8(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    this.room(4);
    for (let shift = 0; shift < 32; shift += 8) this.bytes[this.length++] = value >>> shift;
  }

  /** An integer from 0 to 2^53 − 1, seven bits a byte, low bits first. */
  varint(value: number): void {
    this.room(8);
    let rest = value;
    while (rest > 0x7fffffff) {
      this.bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** A signed integer within ±2^52: 0, −1, 1, −2 … become 0, 1, 2, 3 … */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Ascending integers as their gaps, without their count. */
  deltas(values: ArrayLike<number>): void {
    let before = 0;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] ?? 0;
      this.varint(value - before);
      before = value;
    }
  }

  f32(value: number): void {
    this.raw(new Uint8Array(new Float32Array([value]).buffer));
  }

  f32s(values: Float32Array): void {
    this.raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  i8s(values: Int8Array): void {
    this.raw(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** UTF-8 behind its length in bytes. A lone surrogate becomes U+FFFD. */
  string(text: string): void {
    const bytes = encoder.encode(text);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** Many strings: their count, their lengths in UTF-16 units, then one UTF-8 run, decoded in one go. */
  strings(texts: readonly string[]): void {
    this.varint(texts.length);
    for (const text of texts) this.varint(text.length);
    this.string(texts.join(''));
  }

  /** Sorted strings, each without the beginning it shares with the one before. */
  frontCoded(texts: readonly string[]): void {
    const suffixes: string[] = [];
    this.varint(texts.length);
    let before = '';
    for (const text of texts) {
      const shared = sharedPrefix(before, text);
      this.varint(shared);
      suffixes.push(text.slice(shared));
      before = text;
    }
    this.strings(suffixes);
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length) as Uint8Array<ArrayBuffer>;
  }
}

/** Reads what ByteWriter wrote; whatever does not fit is SearchError('corrupt') with the blob's name. */
export class ByteReader {
  offset = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly name: string,
  ) {}

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  corrupt(what: string): SearchError {
    return corrupt(this.name, `${what} at byte ${this.offset}`);
  }

  private need(count: number): void {
    if (count > this.remaining) throw this.corrupt(`it ends ${count - this.remaining} bytes too early`);
  }

  u8(): number {
    this.need(1);
    return this.bytes[this.offset++] ?? 0;
  }

  u32(): number {
    this.need(4);
    let value = 0;
    for (let shift = 0; shift < 32; shift += 8) value |= (this.bytes[this.offset++] ?? 0) << shift;
    return value >>> 0;
  }

  // Most numbers are one byte: they take no further call.
  varint(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined || byte >= 128) return this.longVarint();
    this.offset += 1;
    return byte;
  }

  private longVarint(): number {
    let byte = this.u8();
    let value = byte & 127;
    for (let scale = 128; ; scale *= 128) {
      byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) break;
      if (scale > 2 ** 42) throw this.corrupt('a number is too long');
    }
    if (value > Number.MAX_SAFE_INTEGER) throw this.corrupt('a number is too large');
    return value;
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  /** The count of items that follow, each at least one byte: a damaged count must not allocate gigabytes. */
  count(): number {
    const count = this.varint();
    if (count > this.remaining) throw this.corrupt(`${count} items cannot fit`);
    return count;
  }

  varints(count: number): Uint32Array {
    this.need(count);
    const { bytes } = this;
    const values = new Uint32Array(count);
    let offset = this.offset;
    // A call for each number would take longer than the rest, most of all in a page that has just begun.
    for (let index = 0; index < count; index += 1) {
      const byte = bytes[offset] ?? 128;
      if (byte < 128) {
        values[index] = byte;
        offset += 1;
      } else {
        this.offset = offset;
        values[index] = this.longVarint();
        offset = this.offset;
      }
    }
    this.offset = offset;
    return values;
  }

  deltas(count: number): Uint32Array {
    const values = this.varints(count);
    for (let index = 1; index < count; index += 1) values[index] = (values[index] ?? 0) + (values[index - 1] ?? 0);
    return values;
  }

  f32(): number {
    return this.f32s(1)[0] ?? 0;
  }

  f32s(count: number): Float32Array {
    return new Float32Array(this.raw(count * 4).slice().buffer);
  }

  i8s(count: number): Int8Array {
    const bytes = this.raw(count);
    return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** A view, not a copy. */
  raw(count: number): Uint8Array {
    this.need(count);
    this.offset += count;
    return this.bytes.subarray(this.offset - count, this.offset);
  }

  string(): string {
    return decoder.decode(this.raw(this.count()));
  }

  strings(): string[] {
    const lengths = this.varints(this.count());
    const pool = this.string();
    const texts: string[] = [];
    let start = 0;
    for (const length of lengths) {
      texts.push(pool.slice(start, start + length));
      start += length;
    }
    if (start !== pool.length) throw this.corrupt('string lengths do not add up');
    return texts;
  }

  /** The strings, and how many units each shares with the one before. */
  frontCoded(): { readonly texts: readonly string[]; readonly shared: Uint32Array } {
    const shared = this.varints(this.count());
    const suffixes = this.strings();
    if (suffixes.length !== shared.length) throw this.corrupt('a string is missing');
    let before = '';
    const texts = suffixes.map((suffix, index) => {
      before = before.slice(0, shared[index]) + suffix;
      return before;
    });
    return { texts, shared };
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.remaining > 0) throw this.corrupt(`${this.remaining} bytes too many`);
  }
}

/** How many UTF-16 units two strings share at their start; never half a surrogate pair. */
export function sharedPrefix(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < limit && a.charCodeAt(shared) === b.charCodeAt(shared)) shared += 1;
  const last = shared > 0 ? a.charCodeAt(shared - 1) : 0;
  return last >= 0xd800 && last < 0xdc00 ? shared - 1 : shared;
}

export function corrupt(name: string, what: string): SearchError {
  return new SearchError('corrupt', `The index blob '${name}' is damaged: ${what}. Rebuild the index.`);
}
