import { within } from '../core/cancellation.ts';
import { toSearchError } from '../core/errors.ts';

/** Who types asks at each letter: after one search has waited in full for a host, the next ones wait no longer than this, … */
const SHORT_MS = 1000;
/** … until the host has answered after all, or for so long: it may be back, and what was asked of it may be lost. */
const REMEMBERED_MS = 60_000;

/** What the searches of an engine know together of the host of a published index. */
export interface Line {
  /** `asked`, or SearchError('timeout') where it takes longer than `ms`, or than is left to a host that says nothing. It is not stopped. */
  within<T>(asked: Promise<T>, ms: number): Promise<T>;
}

export function createLine(name: string): Line {
  let silentSince = Number.NEGATIVE_INFINITY;
  return {
    async within(asked, ms) {
      const isSilent = performance.now() - silentSince < REMEMBERED_MS;
      const patience = isSilent ? Math.min(SHORT_MS, ms) : ms;
      const message = `${name} has not answered within ${patience / 1000} s: this answer is without it. It goes on loading; ask again.`;
      try {
        return await within(asked, patience, message);
      } catch (cause) {
        if (toSearchError(cause).code === 'timeout') {
          if (!isSilent) silentSince = performance.now();
          const answered = () => {
            silentSince = Number.NEGATIVE_INFINITY;
          };
          asked.then(answered, () => undefined);
        }
        throw cause;
      }
    },
  };
}
