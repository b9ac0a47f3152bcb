import type { ByteReader, ByteWriter } from '../codec.ts';

/** Bits that one dimension may get. */
const MOST_BITS = 6;
/** Steps in standard deviations that make the least squared error for a normal distribution (Max, "Quantizing for
 * minimum distortion", IRE Trans. Inf. Theory 6(1), 1960), by bits. */
const STEPS = [0, 1.596, 0.9957, 0.586, 0.3352, 0.1881, 0.1041] as const;

/** Vectors to fit a quantiser to. */
const SAMPLE = 20_000;

/** Which of so many vectors to fit a quantiser to, evenly spread. */
export function sampleOf(count: number): readonly number[] {
  const step = Math.max(1, count / SAMPLE);
  return Array.from({ length: Math.min(count, SAMPLE) }, (_, at) => Math.floor(at * step));
}

/** How vectors are coded: each dimension in as many bits as its spread deserves. */
export interface Quantiser {
  readonly dimensions: number;
  readonly means: Float32Array;
  readonly spreads: Float32Array;
  readonly bits: Uint8Array;
  /** Bytes of a code. */
  readonly bytes: number;
}

/**
 * Fits a quantiser to vectors (row-major). Bits go one by one to the dimension where one more saves most error, up to
 * `mostBits` each.
 */
export function fitQuantiser(vectors: Float32Array, dimensions: number, meanBits: number, mostBits = 4): Quantiser {
  const count = Math.max(1, vectors.length / dimensions);
  const means = new Float32Array(dimensions);
  const spreads = new Float32Array(dimensions);
  for (let d = 0; d < dimensions; d += 1) {
    let [sum, square] = [0, 0];
    for (let at = d; at < vectors.length; at += dimensions) {
      const value = vectors[at] ?? 0;
      sum += value;
      square += value * value;
    }
    means[d] = sum / count;
    spreads[d] = Math.sqrt(Math.max(0, square / count - (sum / count) ** 2));
  }
  const bits = new Uint8Array(dimensions);
  const gain = Float64Array.from(spreads, (spread) => spread * spread);
  for (let given = 0; given < Math.min(meanBits, mostBits) * dimensions; given += 1) {
    let best = 0;
    for (let d = 1; d < dimensions; d += 1) if ((gain[d] ?? 0) > (gain[best] ?? 0)) best = d;
    bits[best] = (bits[best] ?? 0) + 1;
    gain[best] = bits[best] === mostBits ? -1 : (gain[best] ?? 0) / 4;
  }
  return { dimensions, means, spreads, bits, bytes: bytesOf(bits) };
}

function bytesOf(bits: Uint8Array): number {
  return Math.ceil(bits.reduce((sum, each) => sum + each, 0) / 8);
}

export function writeQuantiser(writer: ByteWriter, { dimensions, means, spreads, bits }: Quantiser): void {
  writer.varint(dimensions);
  writer.f32s(means);
  writer.f32s(spreads);
  writer.raw(bits);
}

export function readQuantiser(reader: ByteReader): Quantiser {
  const dimensions = reader.count();
  const [means, spreads] = [reader.f32s(dimensions), reader.f32s(dimensions)];
  const bits = reader.raw(dimensions).slice();
  if (bits.some((each) => each > MOST_BITS)) throw reader.corrupt('a code of too many bits');
  return { dimensions, means, spreads, bits, bytes: bytesOf(bits) };
}

/** Codes of vectors, one after another, `bytes` each; low bits first. */
export function encode({ dimensions, means, spreads, bits, bytes }: Quantiser, vectors: Float32Array): Uint8Array {
  const count = vectors.length / dimensions;
  const codes = new Uint8Array(count * bytes);
  for (let row = 0; row < count; row += 1) {
    let at = row * bytes * 8;
    for (let d = 0; d < dimensions; d += 1) {
      const width = bits[d] ?? 0;
      if (width === 0) continue;
      const half = 1 << (width - 1);
      const step = (STEPS[width] ?? 1) * (spreads[d] ?? 0);
      const level =
        step > 0 ? Math.floor(((vectors[row * dimensions + d] ?? 0) - (means[d] ?? 0)) / step) + half : half;
      const code = Math.max(0, Math.min(2 * half - 1, level));
      for (let bit = 0; bit < width; bit += 1, at += 1)
        if (code & (1 << bit)) codes[at >> 3] = (codes[at >> 3] ?? 0) | (1 << (at & 7));
    }
  }
  return codes;
}

/** What codes stand for: row-major like the vectors that were coded. */
export function decode({ dimensions, means, spreads, bits, bytes }: Quantiser, codes: Uint8Array): Float32Array {
  const count = codes.length / Math.max(1, bytes);
  const vectors = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row += 1) {
    let at = row * bytes * 8;
    for (let d = 0; d < dimensions; d += 1) {
      const width = bits[d] ?? 0;
      let code = 0;
      for (let bit = 0; bit < width; bit += 1, at += 1) code |= (((codes[at >> 3] ?? 0) >> (at & 7)) & 1) << bit;
      const offset = width === 0 ? 0 : (code - (1 << (width - 1)) + 0.5) * (STEPS[width] ?? 1) * (spreads[d] ?? 0);
      vectors[row * dimensions + d] = (means[d] ?? 0) + offset;
    }
  }
  return vectors;
}

/** Inner products of a query with coded vectors, by a table of what each level of each dimension contributes. */
export function scorer({ dimensions, means, spreads, bits, bytes }: Quantiser, query: Float32Array) {
  const table = new Float32Array(dimensions << MOST_BITS);
  let constant = 0;
  for (let d = 0; d < dimensions; d += 1) {
    const [weight, width] = [query[d] ?? 0, bits[d] ?? 0];
    constant += weight * (means[d] ?? 0);
    if (width === 0) continue;
    const step = (STEPS[width] ?? 1) * (spreads[d] ?? 0);
    const half = 1 << (width - 1);
    for (let code = 0; code < 2 * half; code += 1) table[(d << MOST_BITS) + code] = weight * (code - half + 0.5) * step;
  }
  return (codes: Uint8Array, row: number): number => {
    let sum = constant;
    let at = row * bytes;
    let [held, buffer] = [0, 0];
    for (let d = 0; d < dimensions; d += 1) {
      const width = bits[d] as number;
      if (width === 0) continue;
      if (held < width) {
        buffer |= (codes[at] as number) << held;
        at += 1;
        held += 8;
      }
      sum += table[(d << MOST_BITS) + (buffer & ((1 << width) - 1))] as number;
      buffer >>>= width;
      held -= width;
    }
    return sum;
  };
}
