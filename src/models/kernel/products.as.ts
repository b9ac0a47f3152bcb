/**
 * Products of quantised activations and int8 weights: the part of the BERT kernel (bert.as.ts) where most of its time goes.
 *
 * Activations are quantised token by token to 0..127 with the row's own minimum and step, weights are int8 with a step for
 * each output. Seven bits are what relaxed SIMD multiplies exactly on every processor, and so both builds give the same
 * numbers to the last bit. Rows come padded to a multiple of 4, outputs are multiples of 8, inputs multiples of 4.
 *
 * Weights are packed in blocks of eight outputs: for each four inputs, 4 outputs × 4 inputs, twice (layout.ts packs them).
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
    const whole: usize = k & ~15;
    for (let at: usize = 0; at < whole; at += 16) {
      const four = from + at * 4;
      const left = i16x8.narrow_i32x4_s(numbers(v128.load(four), base, factor), numbers(v128.load(four, 16), base, factor));
      const right = i16x8.narrow_i32x4_s(numbers(v128.load(four, 32), base, factor), numbers(v128.load(four, 48), base, factor));
      if (ASC_FEATURE_RELAXED_SIMD) v128.store(to + at, i8x16.narrow_i16x8_u(left, right));
      else {
        v128.store(to + at * 2, left);
        v128.store(to + at * 2, right, 16);
      }
    }
    for (let at: usize = whole; at < k; at += 4) {
      const four = numbers(v128.load(from + at * 4), base, factor);
      const words = i16x8.narrow_i32x4_s(four, four);
      if (ASC_FEATURE_RELAXED_SIMD) v128.store32_lane(to + at, i8x16.narrow_i16x8_u(words, words), 0);
      else v128.store64_lane(to + at * 2, words, 0);
    }
  }
}

/** Four activations as whole numbers of 0..127. */
// @ts-ignore: decorator
@inline
function numbers(four: v128, base: v128, factor: v128): v128 {
  return whole(f32x4.nearest(f32x4.mul(f32x4.sub(four, base), factor)));
}

/** Whole numbers that 32 bits hold, which every processor's conversion gives alike. */
// @ts-ignore: decorator
@inline
export function whole(four: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i32x4.relaxed_trunc_f32x4_s(four) : i32x4.trunc_sat_f32x4_s(four);
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

/**
 * Like `multiply`, with eight products at a time added up in 16 bits: where one instruction does not do the whole of a relaxed dot (x86
 * without VNNI) that halves the work. Only for weights of which no such eight can outgrow 16 bits (layout.ts, `fitsShort`), and k a
 * multiple of 16. The same sums, to the last bit.
 */
export function multiplyShort(
  x: usize, steps: usize, lows: usize, rows: u32, k: u32,
  weights: usize, weightSteps: usize, weightSums: usize, biases: usize, n: u32, out: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) multiplyInShorts(x, steps, lows, rows, k, weights, weightSteps, weightSums, biases, n, out);
  else multiplyWide(x, steps, lows, rows, k, weights, weightSteps, weightSums, biases, n, out);
}

// @ts-ignore: decorator
@inline
function dots(a: v128, s: v128): v128 {
  return i16x8.relaxed_dot_i8x16_i7x16_s(a, s);
}

// @ts-ignore: decorator
@inline
function addDots(sum: v128, a: v128, s: v128): v128 {
  return i16x8.add(sum, dots(a, s));
}

// @ts-ignore: decorator
@inline
function addPairs(sum: v128, shorts: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(shorts, i16x8.splat(1)));
}

function multiplyInShorts(
  x: usize, steps: usize, lows: usize, rows: u32, k: u32,
  weights: usize, weightSteps: usize, weightSums: usize, biases: usize, n: u32, out: usize,
): void {
  const line = <usize>n * 4;
  for (let block: usize = 0; block < n; block += 8) {
    const packed = weights + block * k;
    const at = block * 4;
    // Two rows: four sums in 16 bits and four in 32 leave room for the operands among sixteen registers.
    for (let row: usize = 0; row < rows; row += 2) {
      const x0 = x + row * k;
      const x1 = x0 + k;
      let a0 = i32x4.splat(0), a1 = i32x4.splat(0);
      let b0 = i32x4.splat(0), b1 = i32x4.splat(0);
      for (let i: usize = 0; i < k; i += 16) {
        const from = packed + i * 8;
        const p0 = x0 + i;
        const p1 = x1 + i;
        let a = v128.load(from), b = v128.load(from, 16);
        let s0 = v128.load32_splat(p0);
        let c0 = dots(a, s0), d0 = dots(b, s0);
        let s1 = v128.load32_splat(p1);
        let c1 = dots(a, s1), d1 = dots(b, s1);
        a = v128.load(from, 32);
        b = v128.load(from, 48);
        s0 = v128.load32_splat(p0, 4);
        c0 = addDots(c0, a, s0);
        d0 = addDots(d0, b, s0);
        s1 = v128.load32_splat(p1, 4);
        c1 = addDots(c1, a, s1);
        d1 = addDots(d1, b, s1);
        a = v128.load(from, 64);
        b = v128.load(from, 80);
        s0 = v128.load32_splat(p0, 8);
        c0 = addDots(c0, a, s0);
        d0 = addDots(d0, b, s0);
        s1 = v128.load32_splat(p1, 8);
        c1 = addDots(c1, a, s1);
        d1 = addDots(d1, b, s1);
        a = v128.load(from, 96);
        b = v128.load(from, 112);
        s0 = v128.load32_splat(p0, 12);
        a0 = addPairs(a0, addDots(c0, a, s0));
        b0 = addPairs(b0, addDots(d0, b, s0));
        s1 = v128.load32_splat(p1, 12);
        a1 = addPairs(a1, addDots(c1, a, s1));
        b1 = addPairs(b1, addDots(d1, b, s1));
      }
      const step = steps + (row << 2);
      const low = lows + (row << 2);
      const to = out + row * line + at;
      finishTwo(a0, b0, step, low, to, at, weightSteps, weightSums, biases);
      finishTwo(a1, b1, step + 4, low + 4, to + line, at, weightSteps, weightSums, biases);
    }
  }
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
