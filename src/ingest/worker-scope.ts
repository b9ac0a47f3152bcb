let hidden: PropertyDescriptor | undefined;

/**
 * Takes `postMessage` off the global scope until showWorkerScope(). Code that is evaluated in between, at once and
 * without awaiting, cannot tell that it runs in a worker.
 */
export function hideWorkerScope(): void {
  const found = Object.getOwnPropertyDescriptor(globalThis, 'postMessage');
  if (hidden !== undefined || found?.configurable !== true) return;
  hidden = found;
  Object.defineProperty(globalThis, 'postMessage', { value: undefined, configurable: true });
}

export function showWorkerScope(): void {
  if (hidden === undefined) return;
  Object.defineProperty(globalThis, 'postMessage', hidden);
  hidden = undefined;
}
