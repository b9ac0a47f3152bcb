/**
 * The parts of a BERT cross-encoder, in AssemblyScript with SIMD; bert.ts strings them together. Built into bert-kernel.ts by
 * `npm run build:kernel`, twice: with relaxed SIMD, where sixteen products are one instruction, and without.
 *
 * Activations are quantised token by token to 0..127 with the row's own minimum and step, weights are int8 with a step for
 * each output. Seven bits are what relaxed SIMD multiplies exactly on every processor, and so both builds give the same
 * numbers to the last bit. Rows come padded to a multiple of 4, outputs are multiples of 8, inputs multiples of 4.
 *
 * Weights are packed in blocks of eight outputs: for each four inputs, 4 outputs × 4 inputs, twice (bert.ts packs them).
 */

/** Bytes of a quantised activation: relaxed SIMD takes bytes, plain SIMD multiplies int16. */
const BYTES: usize = ASC_FEATURE_RELAXED_SIMD ? 1 : 2;

export function activationBytes(): u32 {
  return <u32>BYTES;
}

/** x f32 [rows, k] → quantised, with x ≈ steps[row] × quantised + lows[row]. */
export function quantise(x: usize, rows: u32, k: u32, out: usize, steps: usize, lows: usize): void {
  for (let row: u32 = 0; row < rows; row += 1) {
    const from = x + <usize>row * k * 4;
    const to = out + <usize>row * k * BYTES;
    let lowest = v128.load(from);
    let highest = lowest;
    for (let at: usize = 16; at < <usize>k * 4; at += 16) {
      const four = v128.load(from + at);
      lowest = f32x4.pmin(lowest, four);
      highest = f32x4.pmax(highest, four);
    }
    const low = min(
      min(f32x4.extract_lane(lowest, 0), f32x4.extract_lane(lowest, 1)),
      min(f32x4.extract_lane(lowest, 2), f32x4.extract_lane(lowest, 3)),
    );
    const high = max(
      max(f32x4.extract_lane(highest, 0), f32x4.extract_lane(highest, 1)),
      max(f32x4.extract_lane(highest, 2), f32x4.extract_lane(highest, 3)),
    );
    const step: f32 = high > low ? (high - low) / 127 : 1;
    store<f32>(steps + (<usize>row << 2), step);
    store<f32>(lows + (<usize>row << 2), low);
    const factor = f32x4.splat(1 / step);
    const base = f32x4.splat(low);
    for (let at: usize = 0; at < k; at += 4) {
      const four = i32x4.trunc_sat_f32x4_u(
        f32x4.nearest(f32x4.mul(f32x4.sub(v128.load(from + at * 4), base), factor)),
      );
      const words = i16x8.narrow_i32x4_u(four, four);
      if (ASC_FEATURE_RELAXED_SIMD) v128.store32_lane(to + at, i8x16.narrow_i16x8_u(words, words), 0);
      else v128.store64_lane(to + at * 2, words, 0);
    }
  }
}

/** int8 rows as they are, widened to int16: what `multiplyWide` reads. k a multiple of 8. */
export function widenRow(row: usize, k: u32, out: usize): void {
  for (let at: usize = 0; at < k; at += 8)
    v128.store(out + at * 2, i16x8.extend_low_i8x16_s(v128.load64_zero(row + at)));
}

/** Lane sums of products → out = weightStep × (step × sum + low × weightSum) + bias, for four outputs of a row. */
// @ts-ignore: decorator
@inline
function finish(sum: v128, step: v128, low: v128, at: usize, weightSteps: usize, weightSums: usize, biases: usize): v128 {
  const scaled = f32x4.add(
    f32x4.mul(f32x4.convert_i32x4_s(sum), step),
    f32x4.mul(low, v128.load(weightSums + at)),
  );
  return f32x4.add(f32x4.mul(scaled, v128.load(weightSteps + at)), v128.load(biases + at));
}

/** x quantised [rows, k] by weights [n, k] → out f32 [rows, n]. */
export function multiply(
  x: usize, steps: usize, lows: usize, rows: u32, k: u32,
  weights: usize, weightSteps: usize, weightSums: usize, biases: usize, n: u32, out: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) multiplyRelaxed(x, steps, lows, rows, k, weights, weightSteps, weightSums, biases, n, out);
  else multiplyWide(x, steps, lows, rows, k, weights, weightSteps, weightSums, biases, n, out);
}

function multiplyRelaxed(
  x: usize, steps: usize, lows: usize, rows: u32, k: u32,
  weights: usize, weightSteps: usize, weightSums: usize, biases: usize, n: u32, out: usize,
): void {
  const line = <usize>n * 4;
  for (let block: usize = 0; block < n; block += 8) {
    const packed = weights + block * k;
    const at = block * 4;
    for (let row: usize = 0; row < rows; row += 4) {
      const x0 = x + row * k;
      const x1 = x0 + k;
      const x2 = x1 + k;
      const x3 = x2 + k;
      let a0 = i32x4.splat(0), a1 = i32x4.splat(0), a2 = i32x4.splat(0), a3 = i32x4.splat(0);
      let b0 = i32x4.splat(0), b1 = i32x4.splat(0), b2 = i32x4.splat(0), b3 = i32x4.splat(0);
      for (let i: usize = 0; i < k; i += 4) {
        const a = v128.load(packed + i * 8);
        const b = v128.load(packed + i * 8, 16);
        const s0 = v128.load32_splat(x0 + i);
        a0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, s0, a0);
        b0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b, s0, b0);
        const s1 = v128.load32_splat(x1 + i);
        a1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, s1, a1);
        b1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b, s1, b1);
        const s2 = v128.load32_splat(x2 + i);
        a2 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, s2, a2);
        b2 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b, s2, b2);
        const s3 = v128.load32_splat(x3 + i);
        a3 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, s3, a3);
        b3 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b, s3, b3);
      }
      const step = steps + (row << 2);
      const low = lows + (row << 2);
      let to = out + row * line + at;
      finishTwo(a0, b0, step, low, to, at, weightSteps, weightSums, biases);
      to += line;
      finishTwo(a1, b1, step + 4, low + 4, to, at, weightSteps, weightSums, biases);
      to += line;
      finishTwo(a2, b2, step + 8, low + 8, to, at, weightSteps, weightSums, biases);
      to += line;
      finishTwo(a3, b3, step + 12, low + 12, to, at, weightSteps, weightSums, biases);
    }
  }
}

// @ts-ignore: decorator
@inline
function finishTwo(
  a: v128, b: v128, step: usize, low: usize, to: usize, at: usize, weightSteps: usize, weightSums: usize, biases: usize,
): void {
  const steps = v128.load32_splat(step);
  const lows = v128.load32_splat(low);
  v128.store(to, finish(a, steps, lows, at, weightSteps, weightSums, biases));
  v128.store(to, finish(b, steps, lows, at + 16, weightSteps, weightSums, biases), 16);
}

/** The sums of lane pairs of two vectors. */
// @ts-ignore: decorator
@inline
function pairs(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}

/** Like `multiply`, over int16 activations. Both builds have it: word rows are eight bits with a sign. */
export function multiplyWide(
  x: usize, steps: usize, lows: usize, rows: u32, k: u32,
  weights: usize, weightSteps: usize, weightSums: usize, biases: usize, n: u32, out: usize,
): void {
  const line = <usize>n * 4;
  const xLine = <usize>k * 2;
  for (let half: usize = 0; half < n; half += 4) {
    // Four outputs are every other 16 bytes of a block of eight.
    const packed = weights + (half & ~7) * k + (half & 4) * 4;
    const at = half * 4;
    for (let row: usize = 0; row < rows; row += 4) {
      const x0 = x + row * xLine;
      const x1 = x0 + xLine;
      const x2 = x1 + xLine;
      const x3 = x2 + xLine;
      let a0 = i32x4.splat(0), a1 = i32x4.splat(0), a2 = i32x4.splat(0), a3 = i32x4.splat(0);
      let b0 = i32x4.splat(0), b1 = i32x4.splat(0), b2 = i32x4.splat(0), b3 = i32x4.splat(0);
      for (let i: usize = 0; i < k; i += 4) {
        const bytes = v128.load(packed + i * 8);
        const a = i16x8.extend_low_i8x16_s(bytes);
        const b = i16x8.extend_high_i8x16_s(bytes);
        const s0 = v128.load64_splat(x0 + i * 2);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(a, s0));
        b0 = i32x4.add(b0, i32x4.dot_i16x8_s(b, s0));
        const s1 = v128.load64_splat(x1 + i * 2);
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(a, s1));
        b1 = i32x4.add(b1, i32x4.dot_i16x8_s(b, s1));
        const s2 = v128.load64_splat(x2 + i * 2);
        a2 = i32x4.add(a2, i32x4.dot_i16x8_s(a, s2));
        b2 = i32x4.add(b2, i32x4.dot_i16x8_s(b, s2));
        const s3 = v128.load64_splat(x3 + i * 2);
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(a, s3));
        b3 = i32x4.add(b3, i32x4.dot_i16x8_s(b, s3));
      }
      const step = steps + (row << 2);
      const low = lows + (row << 2);
      const to = out + row * line + at;
      v128.store(to, finish(pairs(a0, b0), v128.load32_splat(step), v128.load32_splat(low), at, weightSteps, weightSums, biases));
      v128.store(to + line, finish(pairs(a1, b1), v128.load32_splat(step, 4), v128.load32_splat(low, 4), at, weightSteps, weightSums, biases));
      v128.store(to + line * 2, finish(pairs(a2, b2), v128.load32_splat(step, 8), v128.load32_splat(low, 8), at, weightSteps, weightSums, biases));
      v128.store(to + line * 3, finish(pairs(a3, b3), v128.load32_splat(step, 12), v128.load32_splat(low, 12), at, weightSteps, weightSums, biases));
    }
  }
}

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

/** e^x of four values of at most 88: 2^n times a polynomial of degree 6 on the rest (relative error under 1e-6). */
// @ts-ignore: decorator
@inline
function exp4(x: v128): v128 {
  const bounded = f32x4.pmax(x, f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.44269504)));
  const rest = f32x4.sub(
    f32x4.sub(bounded, f32x4.mul(n, f32x4.splat(0.693359375))),
    f32x4.mul(n, f32x4.splat(-2.12194440e-4)),
  );
  let sum = f32x4.splat(1.3888889e-3);
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(8.3333333e-3));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(4.1666667e-2));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1.6666667e-1));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(0.5));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(sum, power);
}

/** GELU in place, n a multiple of 4: x Φ(x), the normal distribution by Abramowitz and Stegun 7.1.26 (error under 2e-7). */
export function gelu(x: usize, n: u32): void {
  const one = f32x4.splat(1);
  for (let at = x; at < x + <usize>n * 4; at += 16) {
    const value = v128.load(at);
    const z = f32x4.mul(f32x4.abs(value), f32x4.splat(0.70710678));
    const t = f32x4.div(one, f32x4.add(one, f32x4.mul(z, f32x4.splat(0.3275911))));
    let sum = f32x4.splat(1.061405429);
    sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(-1.453152027));
    sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(1.421413741));
    sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(-0.284496736));
    sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(0.254829592));
    // The upper tail of |x|: half of erfc.
    const tail = f32x4.mul(
      f32x4.mul(f32x4.mul(sum, t), exp4(f32x4.neg(f32x4.mul(z, z)))),
      f32x4.splat(0.5),
    );
    const above = f32x4.gt(value, f32x4.splat(0));
    v128.store(at, f32x4.mul(value, v128.bitselect(f32x4.sub(one, tail), tail, above)));
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
    for (let each: usize = 0; each < 4; each += 1) softmax(scores + each * line, tokens, padded);
    const to = out + row * outStride * 4;
    mixTwo(scores, line, value, <usize>stride * 4, tokens, to, <usize>outStride * 4);
    mixTwo(scores + 2 * line, line, value, <usize>stride * 4, tokens, to + <usize>outStride * 8, <usize>outStride * 4);
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
  const scale = f32x4.splat(SCALE);
  for (let at: usize = 0; at < line; at += 16) {
    let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
    for (let d: usize = 0; d < 32; d += 1) {
      const keys = v128.load(turned + d * line + at);
      a0 = f32x4.add(a0, f32x4.mul(keys, v128.load32_splat(query + d * 4)));
      a1 = f32x4.add(a1, f32x4.mul(keys, v128.load32_splat(q1 + d * 4)));
      a2 = f32x4.add(a2, f32x4.mul(keys, v128.load32_splat(q2 + d * 4)));
      a3 = f32x4.add(a3, f32x4.mul(keys, v128.load32_splat(q3 + d * 4)));
    }
    v128.store(scores + at, f32x4.mul(a0, scale));
    v128.store(scores + line + at, f32x4.mul(a1, scale));
    v128.store(scores + line * 2 + at, f32x4.mul(a2, scale));
    v128.store(scores + line * 3 + at, f32x4.mul(a3, scale));
  }
}

function softmax(scores: usize, tokens: u32, padded: u32): void {
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
  for (let at = scores; at < end; at += 16) v128.store(at, exp4(f32x4.sub(v128.load(at), top)));
  for (let at: usize = tokens; at < padded; at += 1) store<f32>(scores + at * 4, 0);
  let sum = f32x4.splat(0);
  for (let at = scores; at < end; at += 16) sum = f32x4.add(sum, v128.load(at));
  const factor = f32x4.splat(1 / total(sum));
  for (let at = scores; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), factor));
}

/** Two rows of weights over the values: 2 × 32 sums, sixteen dimensions at a time. */
function mixTwo(scores: usize, line: usize, value: usize, stride: usize, tokens: u32, out: usize, outStride: usize): void {
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
    v128.store(out + part, a0);
    v128.store(out + part, a1, 16);
    v128.store(out + part, a2, 32);
    v128.store(out + part, a3, 48);
    v128.store(out + outStride + part, b0);
    v128.store(out + outStride + part, b1, 16);
    v128.store(out + outStride + part, b2, 32);
    v128.store(out + outStride + part, b3, 48);
  }
}

/** Dot product of two f32 rows, n a multiple of 4. */
export function dot(a: usize, b: usize, n: u32): f32 {
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>n * 4; at += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  return total(sum);
}
