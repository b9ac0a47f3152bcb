import { throwIfAborted } from '../core/cancellation.ts';
import type { Store } from '../core/ports.ts';
import { checkName, checkRange, openness } from './blob.ts';

/** A store that lives as long as its variable. Bytes are copied on the way in and out. */
export function memoryStore(): Store {
  const blobs = new Map<string, Uint8Array>();
  const open = openness('This memory store');
  return {
    async read(name, range, signal) {
      open.check();
      throwIfAborted(signal);
      const bytes = blobs.get(checkName(name));
      if (bytes === undefined) return undefined;
      const { offset, length } = checkRange(name, bytes.length, range);
      return bytes.slice(offset, offset + length);
    },
    async write({ put = new Map(), remove = [] }) {
      open.check();
      for (const name of [...remove, ...put.keys()]) checkName(name);
      const copies = [...put].map(([name, bytes]) => [name, bytes.slice()] as const);
      for (const name of remove) blobs.delete(name);
      for (const [name, bytes] of copies) blobs.set(name, bytes);
    },
    async list(prefix) {
      open.check();
      return [...blobs.keys()].filter((name) => name.startsWith(prefix)).sort();
    },
    async close() {
      open.close();
      blobs.clear();
    },
  };
}
