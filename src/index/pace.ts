import { throwIfAborted } from '../core/cancellation.ts';

export interface Pace {
  /** True when it is time to let others run. Cheap enough for a loop over terms. */
  due(): boolean;
  /** Lets other tasks of this thread run (a query, say), then goes on; throws if the signal has fired. */
  rest(): Promise<void>;
}

/** Long work in the engine's worker must not hold a query back for longer than about `ms`. */
export function pace(signal?: AbortSignal, ms = 12): Pace {
  let since = performance.now();
  let calls = 0;
  return {
    due() {
      calls += 1;
      // The clock costs more than a term does.
      return (calls & 15) === 0 && performance.now() - since > ms;
    },
    async rest() {
      throwIfAborted(signal);
      await new Promise((resolve) => setTimeout(resolve, 0));
      throwIfAborted(signal);
      since = performance.now();
    },
  };
}
