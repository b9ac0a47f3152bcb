/** Milliseconds; nearest-rank percentiles over the last `size` samples. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Nearest-rank percentiles of samples; zeros where there are none. */
export function percentiles(samples: readonly number[], count = samples.length): Percentiles {
  const ordered = [...samples].sort((a, b) => a - b);
  const at = (share: number) => ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)] ?? 0;
  return { count, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

export interface Timings {
  record(stage: string, ms: number): void;
  read(): Readonly<Record<string, Percentiles>>;
}

/** Keeps the last `size` durations of each stage, so that a page open for days keeps a bounded memory. */
export function createTimings(size = 1000): Timings {
  const stages = new Map<string, { samples: number[]; count: number }>();
  return {
    record(stage, ms) {
      const kept = stages.get(stage) ?? { samples: [], count: 0 };
      kept.samples[kept.count % size] = ms;
      kept.count += 1;
      stages.set(stage, kept);
    },
    read: () =>
      Object.fromEntries([...stages].map(([stage, { samples, count }]) => [stage, percentiles(samples, count)])),
  };
}
