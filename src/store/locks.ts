import { queue, throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';

const queues = new Map<string, ReturnType<typeof queue>>();

function queueOf(name: string): ReturnType<typeof queue> {
  const known = queues.get(name);
  if (known !== undefined) return known;
  const made = queue();
  queues.set(name, made);
  return made;
}

/**
 * Runs `job` while no other tab, worker or caller of this origin runs one under the same name; the others wait.
 * A tab that dies gives its lock back. Where the browser has no Web Locks (and in Node 20), the lock holds within
 * this realm only. The signal ends the waiting, with SearchError('aborted'); a job that has begun must watch it itself.
 */
export function withWriteLock<T>(name: string, job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  if (locks === undefined) return inRealm(name, job, signal);
  return acrossTabs(locks, name, job, signal);
}

async function acrossTabs<T>(
  locks: LockManager,
  name: string,
  job: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  throwIfAborted(signal);
  let begun = false;
  const run = () => {
    begun = true;
    return job();
  };
  try {
    return await locks.request(lockName(name), signal === undefined ? {} : { signal }, run);
  } catch (error) {
    if (begun || signal?.aborted !== true) throw error;
    throw new SearchError('aborted', 'Waiting for the write lock was cancelled.', { cause: error });
  }
}

function inRealm<T>(name: string, job: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return queueOf(name)(job, signal);
}

function lockName(name: string): string {
  return `findling:write:${name}`;
}

function channelName(name: string): string {
  return `findling:changed:${name}`;
}

/**
 * Calls back whenever a tab or worker of this origin, this one included, has announced a change of the corpus.
 * Returns the function that ends it. Without BroadcastChannel nothing is ever announced.
 */
export function onCorpusChanged(name: string, callback: () => void): () => void {
  if (typeof BroadcastChannel === 'undefined') return () => undefined;
  const channel = new BroadcastChannel(channelName(name));
  channel.onmessage = () => callback();
  return () => channel.close();
}

/** Tells every listener of onCorpusChanged, in all tabs, that a write has been committed. */
export function announceChange(name: string): void {
  if (typeof BroadcastChannel === 'undefined') return;
  const channel = new BroadcastChannel(channelName(name));
  channel.postMessage('changed');
  channel.close();
}
