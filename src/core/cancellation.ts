import { SearchError } from './errors.ts';

/** Throws SearchError('aborted') if the signal has fired. Call it before each costly step. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SearchError('aborted', 'The search was cancelled.', { cause: signal.reason });
}

/** `promise`, or SearchError('aborted') as soon as the signal fires. The promise itself is not stopped. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new SearchError('aborted', 'The search was cancelled.', { cause: signal.reason }));
    if (signal.aborted) {
      // Nobody waits for it any more, so nobody else hears how it fails.
      promise.catch(() => undefined);
      return onAbort();
    }
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** `promise`, or SearchError('timeout') with this message where it takes longer than `ms`. The promise itself is not stopped. */
export function within<T>(promise: Promise<T>, ms: number, message: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SearchError('timeout', message)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Runs jobs one after another; a failed job does not stop the next, and a job whose signal has fired
 * before its turn is never started.
 */
export function queue(): <T>(job: () => Promise<T>, signal?: AbortSignal) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (job, signal) => {
    const turn = last.then(() => {
      throwIfAborted(signal);
      return job();
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** Caches the promise of `load`, and forgets it when it fails, so that the next call tries again. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let cached: Promise<T> | undefined;
  return () => {
    if (cached === undefined) {
      const attempt = load();
      cached = attempt;
      attempt.catch(() => {
        if (cached === attempt) cached = undefined;
      });
    }
    return cached;
  };
}
