/** Whether the browser may throw this origin's storage away when the disk is short (WebKit: after 7 days unused). */
export type Persistence = 'persistent' | 'best-effort' | 'unknown';

export interface StorageEstimateReport {
  /** Bytes this origin uses now; the browser may round. */
  readonly usage: number;
  /** Bytes it may use in all. */
  readonly quota: number;
  readonly persistence: Persistence;
}

function storageManager(): StorageManager | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.storage;
}

/**
 * Asks the browser to keep this origin's storage. Some browsers ask the user, so call it when the user adds documents,
 * not at start. Only pages may ask (`persist` does not exist in workers): there the present state is told. Never throws.
 */
export async function requestPersistence(): Promise<Persistence> {
  const storage = storageManager();
  const ask = storage?.persist ?? storage?.persisted;
  if (storage === undefined || ask === undefined) return 'unknown';
  try {
    return (await ask.call(storage)) ? 'persistent' : 'best-effort';
  } catch {
    // An opaque origin (a sandboxed frame, file:) rejects.
    return 'unknown';
  }
}

/** How full this origin's storage is; undefined where the browser does not tell. Never throws. */
export async function storageEstimate(): Promise<StorageEstimateReport | undefined> {
  const storage = storageManager();
  if (storage?.estimate === undefined) return undefined;
  try {
    const { usage = 0, quota = 0 } = await storage.estimate();
    const persisted = storage.persisted === undefined ? undefined : await storage.persisted();
    const persistence = persisted === undefined ? 'unknown' : persisted ? 'persistent' : 'best-effort';
    return { usage, quota, persistence };
  } catch {
    return undefined;
  }
}
