/**
 * The parts of a BERT cross-encoder, in AssemblyScript with SIMD; bert.ts strings them together. Built into bert-kernel.ts by
 * `npm run build:kernel`, twice: with relaxed SIMD, where sixteen products are one instruction, and without.
 */

import { whole } from './products.as';

export { activationBytes, multiply, multiplyShort, multiplyWide, quantise, widenRow } from './products.as';

/** to += from, n f32, a multiple of 4. */
export function add(to: usize, from: usize, n: u32): void {
  for (let at: usize = 0; at < <usize>n * 4; at += 16)
    v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
}

/** to += step × int8 row, n a multiple of 8. */
export function addRow(to: usize, row: usize, step: f32, n: u32): void {
  const steps = f32x4.splat(step);
  for (let at: usize = 0; at < n; at += 8) {
    const eight = i16x8.extend_low_i8x16_s(v128.load64_zero(row + at));
    const low = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(eight)), steps);
    const high = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(eight)), steps);
    v128.store(to + at * 4, f32x4.add(v128.load(to + at * 4), low));
    v128.store(to + at * 4, f32x4.add(v128.load(to + at * 4, 16), high), 16);
  }
}

// @ts-ignore: decorator
@inline
function total(four: v128): f32 {
  return (
    f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 1) + (f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3))
  );
}

/** Layer normalisation of each row in place (epsilon 1e-12, as in BERT). n a multiple of 4. */
export function normalise(x: usize, rows: u32, n: u32, weights: usize, biases: usize): void {
  const end = <usize>n * 4;
  for (let row: u32 = 0; row < rows; row += 1) {
    const from = x + <usize>row * end;
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < end; at += 16) sum = f32x4.add(sum, v128.load(from + at));
    const mean = f32x4.splat(total(sum) / <f32>n);
    let squares = f32x4.splat(0);
    for (let at: usize = 0; at < end; at += 16) {
      const off = f32x4.sub(v128.load(from + at), mean);
      squares = f32x4.add(squares, f32x4.mul(off, off));
    }
    const factor = f32x4.splat(1 / sqrt<f32>(total(squares) / <f32>n + 1e-12));
    for (let at: usize = 0; at < end; at += 16) {
      const unit = f32x4.mul(f32x4.sub(v128.load(from + at), mean), factor);
      v128.store(from + at, f32x4.add(f32x4.mul(unit, v128.load(weights + at)), v128.load(biases + at)));
    }
  }
}

/** e^x of four values of at most 0: 2^n times a polynomial of degree 5 on the rest (relative error under 1e-5). */
// @ts-ignore: decorator
@inline
function exp4(x: v128): v128 {
  const bounded = f32x4.pmax(x, f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.44269504)));
  const rest = f32x4.sub(bounded, f32x4.mul(n, f32x4.splat(0.69314718)));
  let sum = f32x4.splat(8.3333333e-3);
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(4.1666667e-2));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1.6666667e-1));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.5));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(whole(n), i32x4.splat(127)), 23);
  return f32x4.mul(sum, power);
}

/**
 * GELU in place, n a multiple of 4: x Φ(x), the normal distribution as ½ + x P(x²) up to 4.3, beyond which it is level (error under
 * 4e-5, a hundredth of what seven bits then take away; coefficients by weighted least squares on Chebyshev points).
 */
export function gelu(x: usize, n: u32): void {
  for (let at = x; at < x + <usize>n * 4; at += 16) {
    const value = v128.load(at);
    const inside = f32x4.pmin(f32x4.pmax(value, f32x4.splat(-4.3)), f32x4.splat(4.3));
    const square = f32x4.mul(inside, inside);
    let sum = f32x4.splat(4.1973515e-11);
    sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(-4.2489474e-9));
    sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(1.9022343e-7));
    sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(-5.0061853e-6));
    sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(8.7118213e-5));
    sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(-1.071393e-3));
    sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(9.6951872e-3));
    sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(-6.6155702e-2));
    sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(3.9880219e-1));
    const share = f32x4.add(f32x4.mul(inside, sum), f32x4.splat(0.5));
    v128.store(at, f32x4.mul(value, share));
  }
}

/**
 * One head's attention. Queries, keys and values are f32 rows of `stride` values in between which other heads lie; `tokens` of them
 * are real, `padded` is a multiple of 4 above. Scratch: `turned` 32 × padded (keys on their side), `scores` 4 × padded.
 * Writes 32 values a row, `outStride` values apart, for the first `queries` rows, a multiple of 4.
 */
export function attend(
  query: usize, key: usize, value: usize, queryStride: u32, stride: u32, queries: u32, tokens: u32, padded: u32,
  turned: usize, scores: usize, out: usize, outStride: u32,
): void {
  const line = <usize>padded * 4;
  turn(key, <usize>stride * 4, tokens, padded, turned);
  for (let row: usize = 0; row < queries; row += 4) {
    scoreFour(query + row * queryStride * 4, <usize>queryStride * 4, turned, line, scores);
    const to = out + row * outStride * 4;
    mixTwo(scores, line, padded, value, <usize>stride * 4, tokens, to, <usize>outStride * 4);
    mixTwo(scores + 2 * line, line, padded, value, <usize>stride * 4, tokens, to + <usize>outStride * 8, <usize>outStride * 4);
  }
}

/** Keys [tokens, 32] → [32, padded], zeros behind. */
function turn(key: usize, stride: usize, tokens: u32, padded: u32, turned: usize): void {
  for (let j: usize = 0; j < padded; j += 1)
    for (let d: usize = 0; d < 32; d += 1)
      store<f32>(turned + (d * padded + j) * 4, j < tokens ? load<f32>(key + j * stride + d * 4) : 0);
}

/** 1 / √32 */
const SCALE: f32 = 0.17677669529663687;

function scoreFour(query: usize, stride: usize, turned: usize, line: usize, scores: usize): void {
  const q1 = query + stride;
  const q2 = q1 + stride;
  const q3 = q2 + stride;
  const whole = line & ~31;
  // Eight keys at a time: what is read of the queries serves two operands.
  for (let at: usize = 0; at < whole; at += 32) {
    let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
    let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
    let from = turned + at;
    for (let d: usize = 0; d < 128; d += 4) {
      const a = v128.load(from);
      const b = v128.load(from, 16);
      from += line;
      const s0 = v128.load32_splat(query + d);
      a0 = f32x4.add(a0, f32x4.mul(a, s0));
      b0 = f32x4.add(b0, f32x4.mul(b, s0));
      const s1 = v128.load32_splat(q1 + d);
      a1 = f32x4.add(a1, f32x4.mul(a, s1));
      b1 = f32x4.add(b1, f32x4.mul(b, s1));
      const s2 = v128.load32_splat(q2 + d);
      a2 = f32x4.add(a2, f32x4.mul(a, s2));
      b2 = f32x4.add(b2, f32x4.mul(b, s2));
      const s3 = v128.load32_splat(q3 + d);
      a3 = f32x4.add(a3, f32x4.mul(a, s3));
      b3 = f32x4.add(b3, f32x4.mul(b, s3));
    }
    storeFour(scores + at, line, a0, a1, a2, a3);
    storeFour(scores + at + 16, line, b0, b1, b2, b3);
  }
  if (whole === line) return;
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  for (let d: usize = 0; d < 32; d += 1) {
    const a = v128.load(turned + d * line + whole);
    a0 = f32x4.add(a0, f32x4.mul(a, v128.load32_splat(query + d * 4)));
    a1 = f32x4.add(a1, f32x4.mul(a, v128.load32_splat(q1 + d * 4)));
    a2 = f32x4.add(a2, f32x4.mul(a, v128.load32_splat(q2 + d * 4)));
    a3 = f32x4.add(a3, f32x4.mul(a, v128.load32_splat(q3 + d * 4)));
  }
  storeFour(scores + whole, line, a0, a1, a2, a3);
}

// @ts-ignore: decorator
@inline
function storeFour(to: usize, line: usize, a0: v128, a1: v128, a2: v128, a3: v128): void {
  const scale = f32x4.splat(SCALE);
  v128.store(to, f32x4.mul(a0, scale));
  v128.store(to + line, f32x4.mul(a1, scale));
  v128.store(to + line * 2, f32x4.mul(a2, scale));
  v128.store(to + line * 3, f32x4.mul(a3, scale));
}

/** Scores → e^(score - highest), in place; returns what they must be multiplied by to add up to 1. */
function softmax(scores: usize, tokens: u32, padded: u32): f32 {
  for (let at: usize = tokens; at < padded; at += 1) store<f32>(scores + at * 4, -Infinity);
  let highest = f32x4.splat(-Infinity);
  const end = scores + <usize>padded * 4;
  for (let at = scores; at < end; at += 16) highest = f32x4.pmax(highest, v128.load(at));
  const top = f32x4.splat(
    max(
      max(f32x4.extract_lane(highest, 0), f32x4.extract_lane(highest, 1)),
      max(f32x4.extract_lane(highest, 2), f32x4.extract_lane(highest, 3)),
    ),
  );
  let sum = f32x4.splat(0);
  for (let at = scores; at < end; at += 16) {
    // What stands beyond the tokens becomes e^-87, which no sum of f32 notices.
    const four = exp4(f32x4.sub(v128.load(at), top));
    v128.store(at, four);
    sum = f32x4.add(sum, four);
  }
  return 1 / total(sum);
}

/** Two rows of scores → their softmax's weights over the values: 2 × 32 sums, sixteen dimensions at a time. */
function mixTwo(
  scores: usize, line: usize, padded: u32, value: usize, stride: usize, tokens: u32, out: usize, outStride: usize,
): void {
  const f = f32x4.splat(softmax(scores, tokens, padded));
  const g = f32x4.splat(softmax(scores + line, tokens, padded));
  for (let part: usize = 0; part < 128; part += 64) {
    let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
    let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
    let from = value + part;
    for (let at = scores; at < scores + <usize>tokens * 4; at += 4) {
      const p = v128.load32_splat(at);
      const q = v128.load32_splat(at + line);
      const v0 = v128.load(from);
      a0 = f32x4.add(a0, f32x4.mul(p, v0));
      b0 = f32x4.add(b0, f32x4.mul(q, v0));
      const v1 = v128.load(from, 16);
      a1 = f32x4.add(a1, f32x4.mul(p, v1));
      b1 = f32x4.add(b1, f32x4.mul(q, v1));
      const v2 = v128.load(from, 32);
      a2 = f32x4.add(a2, f32x4.mul(p, v2));
      b2 = f32x4.add(b2, f32x4.mul(q, v2));
      const v3 = v128.load(from, 48);
      a3 = f32x4.add(a3, f32x4.mul(p, v3));
      b3 = f32x4.add(b3, f32x4.mul(q, v3));
      from += stride;
    }
    storeSixteen(out + part, f, a0, a1, a2, a3);
    storeSixteen(out + outStride + part, g, b0, b1, b2, b3);
  }
}

// @ts-ignore: decorator
@inline
function storeSixteen(to: usize, factor: v128, a0: v128, a1: v128, a2: v128, a3: v128): void {
  v128.store(to, f32x4.mul(a0, factor));
  v128.store(to, f32x4.mul(a1, factor), 16);
  v128.store(to, f32x4.mul(a2, factor), 32);
  v128.store(to, f32x4.mul(a3, factor), 48);
}

/** Dot product of two f32 rows, n a multiple of 4. */
export function dot(a: usize, b: usize, n: u32): f32 {
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>n * 4; at += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  return total(sum);
}
