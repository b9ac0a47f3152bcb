import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SearchError } from '../core/errors.ts';
import { connect, serve } from './glue.ts';

/** What a worker of the test serves. */
interface Api {
  double(value: number): Promise<number>;
  count(upTo: number, onNumber: (value: number) => void): Promise<void>;
  fail(kind: 'search' | 'other'): Promise<never>;
  wait(signal: AbortSignal): Promise<never>;
  half(value: number, signal: AbortSignal): Promise<number>;
  hang(): Promise<never>;
  add(value: number, later: Promise<number>): Promise<number>;
}

const api: Api = {
  double: async (value) => value * 2,
  async count(upTo, onNumber) {
    for (let value = 1; value <= upTo; value += 1) await onNumber(value);
  },
  async fail(kind) {
    throw kind === 'search' ? new SearchError('quota', 'No room.') : new TypeError('odd');
  },
  wait: (signal) =>
    new Promise((_, reject) => {
      const stop = () => reject(new SearchError('aborted', 'Stopped over there.'));
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop);
    }),
  half: async (value) => value / 2,
  hang: () => new Promise(() => undefined),
  add: async (value, later) => value + (await later),
};

/** Web Locks as far as the glue uses them: one holder a name, the rest wait; `die` frees what is held for ever. */
function fakeLocks() {
  const held = new Map<string, () => void>();
  const waiting = new Map<string, (() => void)[]>();
  const free = (name: string) => {
    held.delete(name);
    for (const job of waiting.get(name)?.splice(0) ?? []) job();
  };
  return {
    locks: {
      async request(name: string, job: () => unknown) {
        if (held.has(name))
          await new Promise<void>((resolve) => waiting.set(name, [...(waiting.get(name) ?? []), resolve]));
        held.set(name, () => free(name));
        await job();
        free(name);
      },
    },
    die() {
      for (const end of [...held.values()]) end();
    },
  };
}

/** A worker whose realm is this one: serve() takes the realm's globals, which are the far port's here. */
function fakeWorker({ starts = true } = {}) {
  const { port1, port2 } = new MessageChannel();
  const { locks, die } = fakeLocks();
  const errors = new Set<(event: { readonly message: string }) => void>();
  let terminated = false;
  vi.stubGlobal('navigator', { locks });
  vi.stubGlobal('addEventListener', port2.addEventListener.bind(port2));
  vi.stubGlobal('removeEventListener', port2.removeEventListener.bind(port2));
  vi.stubGlobal('postMessage', port2.postMessage.bind(port2));
  port1.start();
  port2.start();
  vi.stubGlobal('findling:served', undefined);
  if (starts) serve(() => api);
  const worker = {
    addEventListener: (type: string, listener: never) =>
      type === 'error' ? errors.add(listener) : port1.addEventListener(type, listener),
    removeEventListener: port1.removeEventListener.bind(port1),
    postMessage: port1.postMessage.bind(port1),
    terminate() {
      terminated = true;
      port1.close();
    },
  };
  return {
    worker: worker as unknown as Worker,
    die,
    fail: (message: string) => {
      for (const listener of errors) listener({ message });
    },
    terminated: () => terminated,
  };
}

let fake: ReturnType<typeof fakeWorker>;

beforeEach(() => {
  fake = fakeWorker();
});
afterEach(() => {
  fake.worker.terminate();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('calls into a worker', () => {
  it('bring values over and back, and call back', async () => {
    const { remote } = connect<Api>(fake.worker, 'test');
    expect(await remote.double(21)).toBe(42);
    const seen: number[] = [];
    await remote.count(3, (value) => void seen.push(value));
    expect(seen).toEqual([1, 2, 3]);
  });
  it('are served once, though the script runs again', async () => {
    const made = vi.fn(() => api);
    serve(made);
    expect(made).not.toHaveBeenCalled();
    expect(await connect<Api>(fake.worker, 'test').remote.double(21)).toBe(42);
  });
  it('go ahead of what a promise among their arguments will give', async () => {
    const { remote } = connect<Api>(fake.worker, 'test');
    let give: (value: number) => void = () => undefined;
    const later = new Promise<number>((resolve) => {
      give = resolve;
    });
    const sum = remote.add(1, later);
    expect(await remote.double(2)).toBe(4);
    give(41);
    expect(await sum).toBe(42);
    await expect(remote.add(1, Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
  });
  it('keep the class, code and message of a SearchError, and the message of others', async () => {
    const { remote } = connect<Api>(fake.worker, 'test');
    const error = await remote.fail('search').catch((cause) => cause);
    expect(error).toBeInstanceOf(SearchError);
    expect(error).toMatchObject({ code: 'quota', message: 'No room.' });
    await expect(remote.fail('other')).rejects.toMatchObject({ name: 'TypeError', message: 'odd' });
  });
  it('take a signal along: one that has fired, and one that fires later', async () => {
    const { remote } = connect<Api>(fake.worker, 'test');
    await expect(remote.wait(AbortSignal.abort())).rejects.toMatchObject({ message: 'Stopped over there.' });
    const abort = new AbortController();
    const waiting = remote.wait(abort.signal);
    expect(await remote.double(1)).toBe(2);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted', message: 'Stopped over there.' });
  });
  it('leave nothing hanging on a signal that outlives them', async () => {
    const { remote } = connect<Api>(fake.worker, 'test');
    const abort = new AbortController();
    const waiting = remote.wait(abort.signal);
    for (let call = 0; call < 20; call += 1) await remote.half(call, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    await expect(remote.half(2, abort.signal)).resolves.toBe(1);
  });
  it('leave a connection that is not a promise: awaiting the remote calls nothing', async () => {
    const { remote } = connect<Api>(fake.worker, 'test');
    expect(await (await Promise.resolve(remote)).double(2)).toBe(4);
  });
});

describe('a worker that is lost', () => {
  it('rejects calls under way and every later one, and tells its owner', async () => {
    const { remote, lost } = connect<Api>(fake.worker, 'model');
    expect(await remote.double(1)).toBe(2);
    const hanging = [remote.hang(), remote.wait(new AbortController().signal)];
    fake.die();
    for (const call of hanging)
      await expect(call).rejects.toMatchObject({ code: 'worker-lost', message: 'The model worker has gone.' });
    await expect(remote.double(1)).rejects.toMatchObject({ code: 'worker-lost' });
    expect(await lost).toMatchObject({ code: 'worker-lost' });
    expect(fake.terminated()).toBe(true);
  });
  it('is told by an error of its script, also to calls that wait for its start', async () => {
    fake.worker.terminate();
    fake = fakeWorker({ starts: false });
    const { remote } = connect<Api>(fake.worker, 'engine');
    const call = remote.double(1);
    fake.fail('Unexpected token');
    await expect(call).rejects.toMatchObject({
      code: 'worker-lost',
      message: 'The engine worker failed: Unexpected token.',
    });
  });
  it('is given up where it never starts', async () => {
    fake.worker.terminate();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    fake = fakeWorker({ starts: false });
    const { remote } = connect<Api>(fake.worker, 'engine');
    const call = remote.double(1);
    vi.advanceTimersByTime(119_000);
    const early = await Promise.race([call.catch(() => 'lost'), Promise.resolve('waiting')]);
    expect(early).toBe('waiting');
    vi.advanceTimersByTime(2_000);
    await expect(call).rejects.toMatchObject({ code: 'worker-lost', message: 'The engine worker did not start.' });
  });
  it('by its own owner: close() ends it and the calls under way', async () => {
    const connection = connect<Api>(fake.worker, 'model');
    expect(await connection.remote.double(1)).toBe(2);
    const hanging = connection.remote.hang();
    connection.close();
    await expect(hanging).rejects.toMatchObject({ message: 'The model worker was closed.' });
    expect(fake.terminated()).toBe(true);
  });
});
