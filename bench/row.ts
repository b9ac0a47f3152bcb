/** One measured figure, beside a peer measured in the same run where there is one. */
export interface Row {
  readonly suite: string;
  /** `what.which.size`, e.g. `typing.p95.20k`. */
  readonly name: string;
  readonly value: number;
  /** `ms`, `s`, `MB`, `kB`, `share` (0 to 1) or `…/s`. */
  readonly unit: string;
  /** What it is measured against; empty where there is nothing to compare with. */
  readonly peer: string;
  readonly peerValue: number | null;
  /** How many times better than the peer: above 1 is better, whatever the unit. */
  readonly ratio: number | null;
}

export interface BenchOptions {
  /** Names of rows (or their beginnings) to measure; all if absent. */
  readonly only?: readonly string[];
  /** Sizes of corpora in passages, for suites that have several. */
  readonly sizes?: readonly number[];
  /** Few repetitions: to see that it works, not how fast it is. */
  readonly quick?: boolean;
  /** Says on standard error what is going on; standard output is for the figures. */
  say(line: string): void;
}

/** A module of this name in bench/ is a suite. */
export interface Suite {
  run(options: BenchOptions): Promise<readonly Row[]>;
}

export interface Peer {
  readonly name: string;
  readonly value: number;
}

/** Milliseconds and bytes are better when small; shares and rates are better when large. */
export function row(suite: string, name: string, value: number, unit: string, peer?: Peer): Row {
  const own = round(value);
  if (peer === undefined) return { suite, name, value: own, unit, peer: '', peerValue: null, ratio: null };
  const larger = unit === 'share' || unit.endsWith('/s') || unit === 'nDCG@10';
  const [above, below] = larger ? [value, peer.value] : [peer.value, value];
  const ratio = below === 0 ? null : round(above / below);
  return { suite, name, value: own, unit, peer: peer.name, peerValue: round(peer.value), ratio };
}

/** Four digits: more would claim a precision that no run has. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** The value below which that part (0 to 1) of the values lies, by nearest rank; NaN of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
