import { setMaxListeners } from 'node:events';

/** For commands that nobody cancels. Every read of a run listens to this one signal; Node warns at eleven listeners. */
export function uncancelled(): AbortSignal {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return signal;
}
