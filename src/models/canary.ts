import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { CrossEncoder } from '../core/ports.ts';
import { VARIANTS, type Variant } from './catalog.ts';

/** Pairs whose scores are known: what a backend must give before anyone sees its order. */
export interface Canary {
  /** `logit`: the fp32 model's, computed where the weights were made. */
  readonly pairs: readonly { readonly query: string; readonly passage: string; readonly logit: number }[];
  /** Largest |Δlogit| that a variant may show. */
  readonly tolerance: Readonly<Partial<Record<Variant, number>>>;
}

export interface CanaryResult {
  readonly passed: boolean;
  /** Largest |Δlogit| seen. */
  readonly error: number;
  readonly tolerance: number;
  /** Median of warm pairs. */
  readonly msPerPair: number;
  /** The first pair, with shader compilation and the like. */
  readonly firstMs: number;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Reads canary.json: `{ pairs: [{ query, passage, logit }], tolerance: { int8: … } }` (training/export.py writes it). */
export function parseCanary(json: string): Canary {
  const wrong = (what: string) => new SearchError('corrupt', `canary.json is not readable: ${what}.`);
  let value: { pairs?: unknown; tolerance?: unknown } | null;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new SearchError('corrupt', 'canary.json is not JSON.', { cause });
  }
  if (!Array.isArray(value?.pairs) || value.pairs.length === 0) throw wrong('pairs must hold some');
  const pairs = value.pairs.map(({ query, passage, logit }: Record<string, unknown>) => {
    if (typeof query !== 'string' || typeof passage !== 'string' || !isNumber(logit))
      throw wrong('each pair needs query, passage and logit');
    return { query, passage, logit };
  });
  const given: Record<string, unknown> = Object(value.tolerance);
  const tolerance = Object.fromEntries(
    VARIANTS.map((name) => [name, given[name]]).filter(([, each]) => isNumber(each)),
  );
  return { pairs, tolerance };
}

/**
 * Scores the known pairs one by one: is it right, and how fast is it? A variant without a tolerance does not pass:
 * what was never measured must not rank. `now` in milliseconds.
 */
export async function runCanary(
  encoder: CrossEncoder,
  canary: Canary,
  variant: Variant,
  options: { readonly signal?: AbortSignal; readonly now?: () => number } = {},
): Promise<CanaryResult> {
  const now = options.now ?? (() => performance.now());
  const times: number[] = [];
  let error = 0;
  for (const { query, passage, logit } of canary.pairs) {
    throwIfAborted(options.signal);
    const start = now();
    const [score] = await encoder.score(query, [passage], options.signal);
    times.push(now() - start);
    error = Math.max(error, Math.abs((score ?? Number.NaN) - logit));
  }
  const [firstMs = 0, ...rest] = times;
  const warm = rest.sort((a, b) => a - b);
  const tolerance = canary.tolerance[variant] ?? Number.NEGATIVE_INFINITY;
  return { passed: error <= tolerance, error, tolerance, msPerPair: warm[warm.length >> 1] ?? firstMs, firstMs };
}
