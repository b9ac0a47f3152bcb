/** Keeps the most recently used values up to a number of bytes. */
export interface Cache {
  get<T>(key: string): T | undefined;
  set<T>(key: string, value: T, bytes: number): void;
  /** Forgets every key that begins with `prefix`. */
  drop(prefix: string): void;
}

/** Least recently used goes first; a value larger than the whole cache is not kept. A key must always mean one type. */
export function createCache(maxBytes: number): Cache {
  const entries = new Map<string, { readonly value: unknown; readonly bytes: number }>();
  let total = 0;
  const remove = (key: string) => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    total -= entry.bytes;
  };
  return {
    get<T>(key: string): T | undefined {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value as T;
    },
    set(key, value, bytes) {
      remove(key);
      if (bytes > maxBytes) return;
      entries.set(key, { value, bytes });
      total += bytes;
      for (const oldest of entries.keys()) {
        if (total <= maxBytes) break;
        remove(oldest);
      }
    },
    drop(prefix) {
      for (const key of [...entries.keys()]) if (key.startsWith(prefix)) remove(key);
    },
  };
}
