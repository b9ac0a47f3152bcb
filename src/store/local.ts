import { once } from '../core/cancellation.ts';
import type { Store } from '../core/ports.ts';
import { hasIndexedDbStore, type IndexedDbOptions, indexedDbStore } from './indexeddb.ts';
import { opfsIsShared, opfsStore } from './opfs.ts';
import { type FoundFolder, findFolderAhead } from './opfs-folder.ts';

export interface LocalOptions extends IndexedDbOptions {
  /** What `findFolderAhead()` has found for this name elsewhere: it is not looked for again. */
  readonly found?: Promise<FoundFolder | undefined> | undefined;
}

/**
 * The best store that this browser keeps for an origin: files where tabs can share them, else IndexedDB. What was begun
 * in IndexedDB stays there. Errors are those of the two, at the first use.
 */
export function localStore(name: string, options: LocalOptions = {}): Store {
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

async function choose(name: string, { found, ...options }: LocalOptions): Promise<Store> {
  if (!opfsIsShared()) return indexedDbStore(name, options);
  const folder = await (found ?? findFolderAhead(name));
  if (folder === undefined && (await hasIndexedDbStore(name))) return indexedDbStore(name, options);
  return opfsStore(name, folder);
}
