/**
 * The exact scan of int8 vectors, in AssemblyScript with SIMD. Built into scan-kernel.ts by `npm run build:kernel`.
 *
 * A row is int8, zero-padded to a multiple of 16, the query the same number of int16; all dot products are exact in int32
 * because the caller bounds the query's values (see quantise.ts). A score is f32(dot) × scale in f32; a scale of NaN hides
 * its row, for NaN is greater than nothing. scan-plain.ts computes the same numbers in JavaScript.
 *
 * A scan waits for memory, so a row lies in two planes, its head and its tail. All heads are read; a tail only where
 * head + |query's tail| × |row's tail| (Cauchy and Schwarz) could still reach the best, of few rows, for the embedder puts
 * most into the head (Kusupati et al., "Matryoshka Representation Learning", NeurIPS 2022).
 *
 * The best rows are kept in a binary heap of (f32 score, u32 number) pairs whose root is the worst; of equal scores
 * the higher number is the worse.
 */

/** Products of sixteen int8 with sixteen int16, summed into four int32. */
// @ts-ignore: decorator
@inline
function dot16(row: usize, low: v128, high: v128): v128 {
  // Loaded and widened in one instruction, twice: fewer than one load and two that widen.
  return i32x4.add(
    i32x4.dot_i16x8_s(v128.load_ext<i8>(row), low),
    i32x4.dot_i16x8_s(v128.load_ext<i8>(row, 8), high),
  );
}

/**
 * How far ahead of the heads being read memory is touched, so that it is on its way: processors look ahead by themselves
 * within a page of 4 kB only. 100,000 × 256 that lie in no cache, ms: not at all 4.4, any distance from 1 to 4 kB 3.6.
 */
// @ts-ignore: decorator
@inline
const AHEAD: usize = 2048;

/** The four lane sums of four vectors, as one vector. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(
    v128.shuffle<i32>(a, b, 0, 4, 1, 5),
    v128.shuffle<i32>(a, b, 2, 6, 3, 7),
  );
  const cd = i32x4.add(
    v128.shuffle<i32>(c, d, 0, 4, 1, 5),
    v128.shuffle<i32>(c, d, 2, 6, 3, 7),
  );
  return i32x4.add(
    v128.shuffle<i32>(ab, cd, 0, 1, 4, 5),
    v128.shuffle<i32>(ab, cd, 2, 3, 6, 7),
  );
}

/** What both factors of the bound are lengthened by, as a share of the whole vector: far more than rounding can take away. */
// @ts-ignore: decorator
@inline
const MARGIN: f32 = 0.001;

/** Places of the planes, set by `layout`; constant while there is memory, so that scans need not name them. */
let heads: usize = 0;
let tails: usize = 0;
let scales: usize = 0;
let reaches: usize = 0;
let headBytes: usize = 0;
let tailBytes: usize = 0;

/** Where row 0 lies in each plane, and how many bytes (multiples of 16) a row has there; `tail` may be 0. */
export function layout(
  headsAt: usize,
  tailsAt: usize,
  scalesAt: usize,
  reachesAt: usize,
  head: usize,
  tail: usize,
): void {
  heads = headsAt;
  tails = tailsAt;
  scales = scalesAt;
  reaches = reachesAt;
  headBytes = head;
  tailBytes = tail;
}

/** Copies whole rows from `source` to their planes, the first of them as number `first`, whose scales are there already. */
export function place(source: usize, first: u32, count: u32): void {
  for (let row = first; row < first + count; row += 1) {
    const scale = load<f32>(scales + (<usize>row << 2));
    const head = heads + <usize>row * headBytes;
    const tail = tails + <usize>row * tailBytes;
    memory.copy(head, source, headBytes);
    memory.copy(tail, source + headBytes, tailBytes);
    source += headBytes + tailBytes;
    const squareOfTail = square(tail, tailBytes);
    const whole = sqrt<f32>(<f32>(squareOfTail + square(head, headBytes)));
    store<f32>(reaches + (<usize>row << 2), scale * (sqrt<f32>(<f32>squareOfTail) + MARGIN * whole));
  }
}

/** The sum of squares of int8 values. */
function square(row: usize, bytes: usize): u32 {
  let sum = i32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const low = v128.load_ext<i8>(row + at);
    const high = v128.load_ext<i8>(row + at, 8);
    sum = i32x4.add(sum, i32x4.add(i32x4.dot_i16x8_s(low, low), i32x4.dot_i16x8_s(high, high)));
  }
  return lanes(sum);
}

// @ts-ignore: decorator
@inline
function lanes(sum: v128): i32 {
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)
  );
}

function dot(row: usize, query: usize, bytes: usize): i32 {
  let sum = i32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16)
    sum = i32x4.add(sum, dot16(row + at, v128.load(query + at * 2), v128.load(query + at * 2, 16)));
  return lanes(sum);
}

/** The score of a row whose head's dot product is known. */
function whole(headDot: i32, row: u32, query: usize): f32 {
  const rest = dot(tails + <usize>row * tailBytes, query + headBytes * 2, tailBytes);
  return <f32>(headDot + rest) * load<f32>(scales + (<usize>row << 2));
}

/**
 * Keeps the best `depth` (at least 1) of the rows [first, first + count) in `heap`, and returns how many it kept.
 * `queryTail` and `queryWhole` are the lengths of the query's tail and of all of it. `dots` has room for `count` int32 and
 * three more, `heap` for 3 × `depth` entries of 8 bytes (score, then the row's number); the 16 bytes before it are
 * scratch, and the memory must go on for AHEAD + 64 bytes after the last head.
 */
export function scan(
  query: usize,
  first: u32,
  count: u32,
  dots: usize,
  heap: usize,
  depth: u32,
  queryTail: f32,
  queryWhole: f32,
): u32 {
  if (tailBytes == 0) return readHeads(query, first, count, dots, heap, depth);
  const guesses = heap + (<usize>depth << 3);
  const guessed = readHeads(query, first, count, dots, guesses, depth * 2);
  // The depth-th best of twice as many that look good: nothing worse can be among the best, and it is found before any search.
  let size: u32 = 0;
  for (let i: u32 = 0; i < guessed; i += 1) {
    const row = load<u32>(guesses + (<usize>i << 3), 4);
    size = offer(heap, size, depth, whole(load<i32>(dots + (<usize>(row - first) << 2)), row, query), row);
  }
  return readTails(query, first, count, dots, heap, depth, size < depth ? -Infinity : load<f32>(heap), queryTail + MARGIN * queryWhole);
}

/** The dot products of all heads into `dots`, the best `depth` by them into `heap`. */
function readHeads(query: usize, first: u32, count: u32, dots: usize, heap: usize, depth: u32): u32 {
  let size: u32 = 0;
  let threshold: f32 = -Infinity;
  const end = first + count;
  const stride = headBytes;
  let row = first;
  let touched = i32x4.splat(0);
  for (; row + 4 <= end; row += 4) {
    const a = heads + <usize>row * stride;
    const b = a + stride;
    const c = b + stride;
    const d = c + stride;
    let sumA = i32x4.splat(0);
    let sumB = i32x4.splat(0);
    let sumC = i32x4.splat(0);
    let sumD = i32x4.splat(0);
    for (let at: usize = 0; at < stride; at += 16) {
      // A cache line each time: 16 bytes of four rows.
      touched = v128.xor(touched, v128.load(a + at * 4 + AHEAD));
      const low = v128.load(query + at * 2);
      const high = v128.load(query + at * 2, 16);
      sumA = i32x4.add(sumA, dot16(a + at, low, high));
      sumB = i32x4.add(sumB, dot16(b + at, low, high));
      sumC = i32x4.add(sumC, dot16(c + at, low, high));
      sumD = i32x4.add(sumD, dot16(d + at, low, high));
    }
    const four = sums(sumA, sumB, sumC, sumD);
    v128.store(dots + (<usize>(row - first) << 2), four);
    const scores = f32x4.mul(f32x4.convert_i32x4_s(four), v128.load(scales + (<usize>row << 2)));
    if (v128.any_true(f32x4.gt(scores, f32x4.splat(threshold)))) {
      size = offer(heap, size, depth, f32x4.extract_lane(scores, 0), row);
      size = offer(heap, size, depth, f32x4.extract_lane(scores, 1), row + 1);
      size = offer(heap, size, depth, f32x4.extract_lane(scores, 2), row + 2);
      size = offer(heap, size, depth, f32x4.extract_lane(scores, 3), row + 3);
      if (size == depth) threshold = load<f32>(heap);
    }
  }
  for (; row < end; row += 1) {
    const found = dot(heads + <usize>row * stride, query, stride);
    store<i32>(dots + (<usize>(row - first) << 2), found);
    size = offer(heap, size, depth, <f32>found * load<f32>(scales + (<usize>row << 2)), row);
  }
  // Or the compiler would leave the touching out.
  v128.store(heap - 16, touched);
  return size;
}

/** The best `depth` into `heap`, of which none is worse than `floor`. */
function readTails(
  query: usize,
  first: u32,
  count: u32,
  dots: usize,
  heap: usize,
  depth: u32,
  floor: f32,
  queryReach: f32,
): u32 {
  let size: u32 = 0;
  let least = floor;
  const reach = f32x4.splat(queryReach);
  for (let at: u32 = 0; at < count; at += 4) {
    const place = <usize>at << 2;
    const offset = (<usize>first << 2) + place;
    const own = f32x4.mul(f32x4.convert_i32x4_s(v128.load(dots + place)), v128.load(scales + offset));
    const most = f32x4.add(own, f32x4.mul(v128.load(reaches + offset), reach));
    let could = i32x4.bitmask(f32x4.ge(most, f32x4.splat(least)));
    while (could != 0) {
      const lane = <u32>ctz(could);
      could &= could - 1;
      const row = first + at + lane;
      // What follows the last row is no row.
      if (at + lane >= count) break;
      size = offer(heap, size, depth, whole(load<i32>(dots + place + (<usize>lane << 2)), row, query), row);
    }
    if (size == depth) least = max(floor, load<f32>(heap));
  }
  return size;
}

/** Rows come in rising order, so a row that ties with the worst kept one is worse than it. */
function offer(heap: usize, size: u32, depth: u32, score: f32, row: u32): u32 {
  if (score != score) return size;
  if (size < depth) {
    rise(heap, size, score, row);
    return size + 1;
  }
  if (score > load<f32>(heap)) sink(heap, size, score, row);
  return size;
}

// @ts-ignore: decorator
@inline
function isWorse(scoreA: f32, rowA: u32, scoreB: f32, rowB: u32): bool {
  return scoreA < scoreB || (scoreA == scoreB && rowA > rowB);
}

function rise(heap: usize, place: u32, score: f32, row: u32): void {
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const at = heap + (<usize>parent << 3);
    if (!isWorse(score, row, load<f32>(at), load<u32>(at, 4))) break;
    store<u64>(heap + (<usize>place << 3), load<u64>(at));
    place = parent;
  }
  store<f32>(heap + (<usize>place << 3), score);
  store<u32>(heap + (<usize>place << 3), row, 4);
}

/** Puts an entry in the root's stead. */
function sink(heap: usize, size: u32, score: f32, row: u32): void {
  let place: u32 = 0;
  for (;;) {
    let child = place * 2 + 1;
    if (child >= size) break;
    let at = heap + (<usize>child << 3);
    if (child + 1 < size && isWorse(load<f32>(at, 8), load<u32>(at, 12), load<f32>(at), load<u32>(at, 4))) {
      child += 1;
      at += 8;
    }
    if (!isWorse(load<f32>(at), load<u32>(at, 4), score, row)) break;
    store<u64>(heap + (<usize>place << 3), load<u64>(at));
    place = child;
  }
  store<f32>(heap + (<usize>place << 3), score);
  store<u32>(heap + (<usize>place << 3), row, 4);
}
