import { abortable } from '../core/cancellation.ts';
import type { Answer } from '../engine/types.ts';

/** One search under way: iterate over its answers as they improve, or await the last one. */
export interface SearchRun extends AsyncIterable<Answer> {
  /** The best order so far; undefined until the first stage has answered. */
  readonly best: Answer | undefined;
  /** The last answer. Rejects with SearchError('aborted') when cancelled or overtaken by a newer query. */
  readonly done: Promise<Answer>;
  cancel(): void;
}

export type StartSearch = (signal: AbortSignal, onAnswer: (answer: Answer) => void) => Promise<Answer>;

/**
 * Starts a search and gives its answers to any number of readers. A reader that is slower than the stages gets the
 * newest answer, not every one; the last answer always arrives.
 */
export function createRun(start: StartSearch, outer?: AbortSignal): SearchRun {
  const controller = new AbortController();
  const cancel = () => controller.abort();
  if (outer?.aborted) cancel();
  outer?.addEventListener('abort', cancel, { once: true });
  let best: Answer | undefined;
  let version = 0;
  let wake: () => void = () => undefined;
  let changed = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const advance = () => {
    version += 1;
    const woken = wake;
    changed = new Promise((resolve) => {
      wake = resolve;
    });
    woken();
  };
  let failure: unknown;
  let settled = false;
  const running = start(controller.signal, (answer) => {
    // Callbacks cross the worker boundary beside the result: one may come late.
    if (settled || controller.signal.aborted) return;
    best = answer;
    advance();
  });
  // The caller need not wait until an inference under way has ended and the engine has noticed.
  const done = abortable(running, controller.signal)
    .then((answer) => {
      best = answer;
      return answer;
    })
    .catch((error) => {
      failure = error;
      throw error;
    })
    .finally(() => {
      settled = true;
      outer?.removeEventListener('abort', cancel);
      advance();
    });
  done.catch(() => undefined);
  return {
    get best() {
      return best;
    },
    done,
    cancel,
    async *[Symbol.asyncIterator]() {
      let seen = -1;
      for (;;) {
        if (seen !== version && best !== undefined && failure === undefined) {
          seen = version;
          yield best;
          if (best.complete && settled) return;
        } else if (settled) {
          if (failure !== undefined) throw failure;
          return;
        } else await changed;
      }
    },
  };
}
