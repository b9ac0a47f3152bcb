import { toSearchError } from '../core/errors.ts';
import type { Context } from '../core/ports.ts';
import type { CorpusMoment } from './moments.ts';
import { aroundReads } from './reads.ts';

/** A read, or its failure where it takes too long. */
export type InTime = <T>(reading: Promise<T>) => Promise<T>;

/**
 * A moment whose reads give nothing where they fail, or do not end `inTime`, and say so once: a published index out of reach must not
 * take the visitor's own documents down with it. A cancelled read stays cancelled.
 */
export function tolerant(moment: CorpusMoment, name: string, context: Context, inTime: InTime): CorpusMoment {
  let reported = false;
  return aroundReads(moment, async (read, nothing) => {
    try {
      return await inTime(read());
    } catch (cause) {
      const error = toSearchError(cause);
      if (error.code === 'aborted') throw error;
      if (!reported) context.onStage({ kind: 'skipped', stage: name, code: error.code, reason: error.message });
      reported = true;
      return nothing();
    }
  });
}
