/** Whether the browser may throw this origin's storage away when the disk is short (WebKit: after 7 days unused). */
export type Persistence = 'persistent' | 'best-effort' | 'unknown';

/**
 * Asks the browser to keep this origin's storage. Some browsers ask the user, so call it when the user adds documents,
 * not at start. Only pages may ask (`persist` does not exist in workers): there the present state is told. Never throws.
 */
export async function requestPersistence(): Promise<Persistence> {
  const storage = typeof navigator === 'undefined' ? undefined : navigator.storage;
  const ask = storage?.persist ?? storage?.persisted;
  if (storage === undefined || ask === undefined) return 'unknown';
  try {
    return (await ask.call(storage)) ? 'persistent' : 'best-effort';
  } catch {
    // An opaque origin (a sandboxed frame, file:) rejects.
    return 'unknown';
  }
}
