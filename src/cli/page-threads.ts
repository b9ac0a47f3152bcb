import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Source } from '../core/document.ts';
import type { StoredPage } from './index-cache.ts';

export interface PageJob {
  readonly number: number;
  readonly source: Source;
  readonly weight: number;
}

export type PageReply =
  | { readonly number: number; readonly page: StoredPage }
  | { readonly number: number; readonly reason: string };

/** What a page became, or why it could not be read. */
export type PageOutcome = { readonly page: StoredPage } | { readonly reason: string };

export interface PageThreads {
  /** Resolves as soon as there is room for another page. */
  room(): Promise<void>;
  /** Rejects where a thread has died. */
  read(source: Source, weight: number): Promise<PageOutcome>;
  close(): Promise<void>;
}

/** Pages that wait in each thread: enough that none waits for the next one to be found. */
const WAITING = 4;

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, { resolve(outcome: PageOutcome): void; reject(error: Error): void }>;
}

/**
 * Threads that read pages, one for each processor: finding and writing pages leaves the first one idle. Undefined where none
 * can be started: then pages are read without.
 */
export async function startPageThreads(
  models: string,
  count = availableParallelism(),
): Promise<PageThreads | undefined> {
  const started = await Promise.all(Array.from({ length: count }, () => startThread(models)));
  const threads = started.filter((each) => each !== undefined);
  if (threads.length === 0) return undefined;
  let number = 0;
  let wake: () => void = () => undefined;
  let gone: Error | undefined;
  for (const { worker, pending } of threads) {
    worker.on('message', (reply: PageReply) => {
      pending.get(reply.number)?.resolve(reply);
      pending.delete(reply.number);
      wake();
    });
    const lose = (error: Error) => {
      gone ??= error;
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
      wake();
    };
    worker.on('error', lose);
    worker.on('exit', (code) => lose(new Error(`A thread that reads pages ended with status ${code}.`)));
  }
  const idlest = () => threads.reduce((best, each) => (each.pending.size < best.pending.size ? each : best));
  return {
    async room() {
      while (idlest().pending.size >= WAITING)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
    read: (source, weight) =>
      new Promise((resolve, reject) => {
        // A thread that has ended takes messages and answers none.
        if (gone !== undefined) return reject(gone);
        const { worker, pending } = idlest();
        number += 1;
        pending.set(number, { resolve, reject });
        worker.postMessage({ number, source, weight } satisfies PageJob);
      }),
    async close() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

/** A thread that has its model; undefined where it ends before. */
function startThread(models: string): Promise<Thread | undefined> {
  return new Promise((resolve) => {
    try {
      const worker = workerOf(models);
      worker.once('message', () => resolve({ worker, pending: new Map() }));
      worker.once('error', () => resolve(undefined));
      worker.once('exit', () => resolve(undefined));
    } catch {
      resolve(undefined);
    }
  });
}

/** The package has the built thread beside this module; a checkout runs its source, which a thread must be taught to read. */
function workerOf(workerData: string): Worker {
  const here = dirname(fileURLToPath(import.meta.url));
  if (!import.meta.url.endsWith('.ts')) return new Worker(join(here, 'page-thread.js'), { workerData });
  const tsx = import.meta.resolve?.('tsx/esm/api') ?? 'tsx/esm/api';
  const [loader, source] = [tsx, join(here, 'page-thread.ts')].map((each) => JSON.stringify(each));
  return new Worker(`import(${loader}).then(({ register }) => (register(), import(${source})))`, {
    eval: true,
    workerData,
  });
}
