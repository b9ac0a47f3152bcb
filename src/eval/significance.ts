/**
 * What a paired comparison says: queries that won and lost, and how often chance alone would give a difference of the
 * mean as large as this one.
 */
export interface Comparison {
  /** Mean of b − a. */
  readonly delta: number;
  /** Two-sided, from 0 (exclusive) to 1. */
  readonly p: number;
  readonly helped: number;
  readonly hurt: number;
  readonly unchanged: number;
}

/** Below this a difference is float noise. */
const NOISE = 1e-9;
/** With this many changed queries or fewer, all 2^n sign patterns are counted. */
const EXACT_UP_TO = 14;
/** Smucker et al. use 100,000; with them the error of a p near .05 stays below .001. */
const SAMPLES = 100_000;

/**
 * Compares `b` with `a`, paired by position, by Fisher's randomisation test: under the null hypothesis each query's two
 * values could as well be exchanged (M. Smucker, J. Allan, B. Carterette, "A comparison of statistical significance
 * tests for information retrieval evaluation", CIKM 2007). Exact for few changed queries, else sampled from a seeded
 * generator, with the observed pattern counted in (Phipson and Smyth 2010), so that p is never 0.
 */
export function compare(a: ArrayLike<number>, b: ArrayLike<number>, seed = 1): Comparison {
  const differences = Array.from(a, (value, index) => (b[index] ?? 0) - value);
  const changed = differences.filter((difference) => Math.abs(difference) > NOISE);
  const helped = changed.filter((difference) => difference > 0).length;
  const sum = changed.reduce((total, difference) => total + difference, 0);
  return {
    delta: differences.length === 0 ? 0 : sum / differences.length,
    p: changed.length === 0 ? 1 : changed.length <= EXACT_UP_TO ? exactP(changed) : sampledP(changed, seed),
    helped,
    hurt: changed.length - helped,
    unchanged: differences.length - changed.length,
  };
}

function threshold(differences: readonly number[]): number {
  return Math.abs(differences.reduce((total, difference) => total + difference, 0)) - NOISE;
}

function exactP(differences: readonly number[]): number {
  const least = threshold(differences);
  const patterns = 2 ** differences.length;
  let extreme = 0;
  for (let pattern = 0; pattern < patterns; pattern += 1) {
    let sum = 0;
    for (let at = 0; at < differences.length; at += 1) {
      const difference = differences[at] ?? 0;
      sum += pattern & (1 << at) ? difference : -difference;
    }
    if (Math.abs(sum) >= least) extreme += 1;
  }
  return extreme / patterns;
}

function sampledP(differences: readonly number[], seed: number): number {
  const values = Float64Array.from(differences);
  const least = threshold(differences);
  const random = randomBits(seed);
  let extreme = 1;
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    let sum = 0;
    let bits = 0;
    for (let at = 0; at < values.length; at += 1) {
      if ((at & 31) === 0) bits = random();
      const value = values[at] ?? 0;
      sum += bits & 1 ? value : -value;
      bits >>>= 1;
    }
    if (Math.abs(sum) >= least) extreme += 1;
  }
  return extreme / (SAMPLES + 1);
}

/** 32 random bits a call (mulberry32): small, seeded, the same everywhere. */
export function randomBits(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return (bits ^ (bits >>> 14)) >>> 0;
  };
}

/** Items in a random order that depends on the seed alone (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = randomBits(seed);
  const result = [...items];
  for (let at = result.length - 1; at > 0; at -= 1) {
    const other = random() % (at + 1);
    const [x, y] = [result[at], result[other]];
    if (x !== undefined && y !== undefined) [result[at], result[other]] = [y, x];
  }
  return result;
}
