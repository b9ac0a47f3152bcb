/**
 * Sums of token rows, in AssemblyScript with SIMD. Built into sums-kernel.ts by `npm run build:kernel`.
 *
 * A row is int8 with one float32 scale. Sums are float64 and rows are added one after another, so that sums.ts gives the same
 * numbers to the last bit. Three sums lie one behind the other, each of `dimensions` float64, padded to a multiple of sixteen.
 */

let rows: usize = 0;
let rowBytes: usize = 0;
let scales: usize = 0;
let sums: usize = 0;
let dimensions: u32 = 0;
let sumBytes: usize = 0;

/** Places, constant while there is memory; sixteen bytes after the last row can be read. */
export function layout(rowsAt: usize, bytesOfRow: usize, scalesAt: usize, sumsAt: usize, length: u32): void {
  rows = rowsAt;
  rowBytes = bytesOfRow;
  scales = scalesAt;
  sums = sumsAt;
  dimensions = length;
  sumBytes = <usize>((length + 15) & ~15) << 3;
}

export function clear(slot: u32): void {
  memory.fill(sums + <usize>slot * sumBytes, 0, sumBytes);
}

// @ts-ignore: decorator
@inline
function upper(four: v128): v128 {
  return f64x2.convert_low_i32x4_s(v128.shuffle<i32>(four, four, 2, 3, 2, 3));
}

/** Adds the rows of `count` ids (int32), each times its scale and its weight (float64). */
export function add(slot: u32, ids: usize, weights: usize, count: u32): void {
  const into = sums + <usize>slot * sumBytes;
  for (let at: usize = 0; at << 3 < sumBytes; at += 16) {
    const place = into + (at << 3);
    let a = v128.load(place);
    let b = v128.load(place, 16);
    let c = v128.load(place, 32);
    let d = v128.load(place, 48);
    let e = v128.load(place, 64);
    let f = v128.load(place, 80);
    let g = v128.load(place, 96);
    let h = v128.load(place, 112);
    for (let i: u32 = 0; i < count; i += 1) {
      const id = <usize>load<u32>(ids + (<usize>i << 2));
      const factor = f64x2.splat(<f64>load<f32>(scales + (id << 2)) * load<f64>(weights + (<usize>i << 3)));
      const row = rows + id * rowBytes + at;
      const low = v128.load_ext<i8>(row);
      const high = v128.load_ext<i8>(row, 8);
      const first = i32x4.extend_low_i16x8_s(low);
      const second = i32x4.extend_high_i16x8_s(low);
      const third = i32x4.extend_low_i16x8_s(high);
      const fourth = i32x4.extend_high_i16x8_s(high);
      a = f64x2.add(a, f64x2.mul(factor, f64x2.convert_low_i32x4_s(first)));
      b = f64x2.add(b, f64x2.mul(factor, upper(first)));
      c = f64x2.add(c, f64x2.mul(factor, f64x2.convert_low_i32x4_s(second)));
      d = f64x2.add(d, f64x2.mul(factor, upper(second)));
      e = f64x2.add(e, f64x2.mul(factor, f64x2.convert_low_i32x4_s(third)));
      f = f64x2.add(f, f64x2.mul(factor, upper(third)));
      g = f64x2.add(g, f64x2.mul(factor, f64x2.convert_low_i32x4_s(fourth)));
      h = f64x2.add(h, f64x2.mul(factor, upper(fourth)));
    }
    v128.store(place, a);
    v128.store(place, b, 16);
    v128.store(place, c, 32);
    v128.store(place, d, 48);
    v128.store(place, e, 64);
    v128.store(place, f, 80);
    v128.store(place, g, 96);
    v128.store(place, h, 112);
  }
}

/**
 * The first `slots` sums together, divided by their length, as float32; zero stays zero. Two dimensions at a time: squares of even and of
 * odd ones are summed apart. What pads the first sum is set to zero; `target` has room for an even number.
 */
export function unit(slots: u32, target: usize): void {
  if (dimensions & 1) for (let slot: u32 = 0; slot < slots; slot += 1) store<f64>(sums + <usize>slot * sumBytes + (<usize>dimensions << 3), 0);
  let square = f64x2.splat(0);
  const end = <usize>((dimensions + 1) & ~1) << 3;
  for (let at: usize = 0; at < end; at += 16) {
    const value = total(slots, at);
    square = f64x2.add(square, f64x2.mul(value, value));
  }
  const length = f64x2.extract_lane(square, 0) + f64x2.extract_lane(square, 1);
  const factor = f64x2.splat(length > 0 ? 1 / sqrt<f64>(length) : 0);
  for (let at: usize = 0; at < end; at += 16)
    v128.store64_lane(target + (at >> 1), f32x4.demote_f64x2_zero(f64x2.mul(total(slots, at), factor)), 0);
}

// @ts-ignore: decorator
@inline
function total(slots: u32, at: usize): v128 {
  let value = v128.load(sums + at);
  if (slots == 3)
    value = f64x2.add(f64x2.add(value, v128.load(sums + sumBytes + at)), v128.load(sums + 2 * sumBytes + at));
  return value;
}
