import * as Comlink from 'comlink';
import { SearchError, type SearchErrorCode } from '../core/errors.ts';

/**
 * The one place that knows how findling's calls cross a worker boundary: an AbortSignal goes along, a SearchError
 * keeps its class and code, callbacks are proxied, promises may be arguments, and a call to a dead worker fails instead of hanging.
 */

interface SentSignal {
  readonly aborted: boolean;
  readonly port?: MessagePort;
}

/** The port of a signal that was sent along with a call. */
const ports = new WeakMap<AbortSignal, MessagePort>();

const signalHandler: Comlink.TransferHandler<AbortSignal, SentSignal> = {
  canHandle: (value): value is AbortSignal => value instanceof AbortSignal,
  serialize(signal) {
    if (signal.aborted) return [{ aborted: true }, []];
    const { port1, port2 } = new MessageChannel();
    signal.addEventListener('abort', () => port1.postMessage('abort'), { once: true });
    ports.set(signal, port1);
    return [{ aborted: false, port: port2 }, [port2]];
  },
  deserialize({ aborted, port }) {
    const controller = new AbortController();
    if (aborted) controller.abort();
    if (port !== undefined)
      port.onmessage = () => {
        controller.abort();
        port.close();
      };
    return controller.signal;
  },
};

/** How a promise ended, on the other side. */
type SentEnd = { readonly value: unknown } | { readonly reason: string };

/** A promise among the arguments goes ahead of its value, which follows when it is there: nobody has to ask for it. */
const promiseHandler: Comlink.TransferHandler<Promise<unknown>, MessagePort> = {
  canHandle: (value): value is Promise<unknown> => value instanceof Promise,
  serialize(promise) {
    const { port1, port2 } = new MessageChannel();
    promise
      .then(
        (value): SentEnd => ({ value }),
        (error): SentEnd => ({ reason: String(error) }),
      )
      .then((end) => {
        port1.postMessage(end);
        port1.close();
      });
    return [port2, [port2]];
  },
  deserialize: (port) =>
    new Promise((resolve, reject) => {
      port.onmessage = ({ data }: MessageEvent<SentEnd>) => {
        port.close();
        if ('value' in data) resolve(data.value);
        else reject(new SearchError('internal', data.reason));
      };
    }),
};

/** A caller's signal as one call has it: nothing of a call that has ended hangs on the signal, which may live as long as the page. */
function forOneCall(signal: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const own = new AbortController();
  const abort = () => own.abort();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return {
    signal: own.signal,
    end() {
      signal.removeEventListener('abort', abort);
      ports.get(own.signal)?.close();
    },
  };
}

interface SentError {
  readonly searchError: { readonly code: SearchErrorCode; readonly message: string };
}

function isSentError(value: unknown): value is SentError {
  return typeof value === 'object' && value !== null && 'searchError' in value;
}

/** Comlink's own handler of thrown values keeps name and message only; ours keeps the code as well. */
function installErrorHandler(): void {
  const original = Comlink.transferHandlers.get('throw');
  if (original === undefined) throw new SearchError('internal', 'Comlink has no handler for thrown values.');
  Comlink.transferHandlers.set('throw', {
    canHandle: original.canHandle,
    serialize(thrown: unknown) {
      const value = (thrown as { readonly value: unknown }).value;
      return value instanceof SearchError
        ? [{ searchError: { code: value.code, message: value.message } }, []]
        : original.serialize(thrown);
    },
    deserialize(sent: unknown) {
      if (!isSentError(sent)) return original.deserialize(sent);
      throw new SearchError(sent.searchError.code, sent.searchError.message);
    },
  });
}

let installed = false;

function install(): void {
  if (installed) return;
  installed = true;
  Comlink.transferHandlers.set('AbortSignal', signalHandler);
  Comlink.transferHandlers.set('Promise', promiseHandler);
  installErrorHandler();
}

const HELLO = 'findling:hello';
const ALIVE = 'findling:alive';
const SERVED = 'findling:served';

/**
 * Serves what `make` makes to whoever started this worker, and holds a lock whose release tells that the worker is gone. Once a
 * worker: a development server gives a worker's script a query, so that its chunks, which import from it without one, run it again.
 */
export function serve<T extends object>(make: () => T): void {
  const scope = globalThis as { [SERVED]?: true };
  if (scope[SERVED]) return;
  scope[SERVED] = true;
  install();
  addEventListener('message', function greet({ data }) {
    if (typeof data !== 'object' || data === null || data[HELLO] === undefined) return;
    removeEventListener('message', greet);
    const alive = () => postMessage({ [ALIVE]: data[HELLO] });
    if (navigator.locks === undefined) return alive();
    // Held for ever: the browser lets go of it when the worker ends, however it ends.
    navigator.locks.request(String(data[HELLO]), () => {
      alive();
      return new Promise(() => undefined);
    });
  });
  Comlink.expose(make());
}

/** An object in a worker: its methods, each async, plus what the owner needs. */
export interface Connection<T> {
  readonly remote: T;
  /** Resolves with the reason once the worker is gone. */
  readonly lost: Promise<SearchError>;
  close(): void;
}

let serial = 0;

/**
 * Calls into a worker. `T` must have async methods only; a method called after the worker's death, or waiting while
 * it dies, fails with SearchError('worker-lost').
 */
export function connect<T extends object>(worker: Worker, name: string): Connection<T> {
  install();
  const { lost, lose } = watch(worker, name);
  let gone: SearchError | undefined;
  // Pending calls are rejected by hand: Promise.race against one long-lived promise would keep every call's reactions.
  const pending = new Set<(error: SearchError) => void>();
  lost.then((error) => {
    gone = error;
    worker.terminate();
    for (const reject of pending) reject(error);
    pending.clear();
  });
  const comlink = Comlink.wrap(worker) as unknown as Methods;
  const guarded = (method: string | symbol, args: readonly unknown[]) =>
    new Promise((resolve, reject) => {
      if (gone !== undefined) return reject(gone);
      pending.add(reject);
      // At once, though the worker has not greeted yet: the browser keeps messages until its script has run, and one
      // that never greets is lost after START_TIMEOUT_MS, with every call that waits for it.
      call(comlink, method, args)
        .then(resolve, reject)
        .finally(() => pending.delete(reject));
    });
  const remote = new Proxy({} as T, {
    // A connection is not a promise: `await connection.remote` must not call a method named `then`.
    get: (_, method) => (method === 'then' ? undefined : (...args: unknown[]) => guarded(method, args)),
  });
  return {
    remote,
    lost,
    close: () => lose(new SearchError('worker-lost', `The ${name} worker was closed.`)),
  };
}

type Methods = Record<string | symbol, (...args: unknown[]) => Promise<unknown>>;

async function call(comlink: Methods, method: string | symbol, args: readonly unknown[]): Promise<unknown> {
  const target = comlink[method];
  if (target === undefined) throw new SearchError('internal', `No method ${String(method)}.`);
  const signals = new Map(args.flatMap((each) => (each instanceof AbortSignal ? [[each, forOneCall(each)]] : [])));
  const sent = (each: unknown) => {
    if (each instanceof AbortSignal) return signals.get(each)?.signal;
    return typeof each === 'function' ? Comlink.proxy(each) : each;
  };
  try {
    return await target(...args.map(sent));
  } finally {
    for (const { end } of signals.values()) end();
  }
}

/** Notices a worker's end: by an error at its start, or by the release of the lock that it holds while it lives. */
function watch(worker: Worker, name: string) {
  let lose: (error: SearchError) => void = () => undefined;
  const lost = new Promise<SearchError>((resolve) => {
    lose = resolve;
  });
  worker.addEventListener('error', (event) =>
    lose(new SearchError('worker-lost', `The ${name} worker failed: ${event.message || 'it could not be loaded'}.`)),
  );
  serial += 1;
  const lock = `findling:${name}:${serial}:${Math.random().toString(36).slice(2)}`;
  const alive = new Promise<void>((resolve) => {
    worker.addEventListener('message', ({ data }) => {
      if (typeof data === 'object' && data !== null && data[ALIVE] === lock) resolve();
    });
  });
  const late = setTimeout(
    () => lose(new SearchError('worker-lost', `The ${name} worker did not start.`)),
    START_TIMEOUT_MS,
  );
  alive.then(async () => {
    clearTimeout(late);
    await navigator.locks?.request(lock, () => lose(new SearchError('worker-lost', `The ${name} worker has gone.`)));
  });
  worker.postMessage({ [HELLO]: lock });
  return { lost, lose };
}

/** A worker's script may come over a slow line; one that has not started by then never will. */
const START_TIMEOUT_MS = 120_000;
