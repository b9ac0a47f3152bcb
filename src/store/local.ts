import { once } from '../core/cancellation.ts';
import type { Store } from '../core/ports.ts';
import { hasIndexedDbStore, type IndexedDbOptions, indexedDbStore } from './indexeddb.ts';
import { findOpfsFolder, opfsIsShared, opfsStore } from './opfs.ts';

/**
 * The best store that this browser keeps for an origin: files where tabs can share them, else IndexedDB. What was begun
 * in IndexedDB stays there. Errors are those of the two, at the first use.
 */
export function localStore(name: string, options: IndexedDbOptions = {}): Store {
  const opened = once(() => choose(name, options));
  let closed = false;
  return {
    read: async (...given) => (await opened()).read(...given),
    write: async (...given) => (await opened()).write(...given),
    list: async (...given) => (await opened()).list(...given),
    async close() {
      if (closed) return;
      closed = true;
      await (await opened()).close();
    },
  };
}

async function choose(name: string, options: IndexedDbOptions): Promise<Store> {
  if (!opfsIsShared()) return indexedDbStore(name, options);
  const folder = await findOpfsFolder(name).catch(() => undefined);
  if (folder === undefined && (await hasIndexedDbStore(name))) return indexedDbStore(name, options);
  return opfsStore(name, folder);
}
