import { abortable } from '../core/cancellation.ts';
import type { ByteRange, Store } from '../core/ports.ts';
import { manifestName, readManifest, segmentPath } from './manifest.ts';

const keyOf = (name: string, range?: ByteRange) => `${range?.offset ?? ''}+${range?.length ?? ''}@${name}`;

/**
 * The same store, with the reads begun that opening the corpus in it will ask for: the manifest and the segments' heads.
 * So that they are here when that becomes possible, which takes a catalog from the network. Each is given once;
 * a write makes them stale and they are dropped.
 */
export function readAhead(store: Store, prefix = ''): Store {
  const begun = new Map<string, Promise<Uint8Array | undefined>>();
  const begin = (name: string, range?: ByteRange) => {
    const reading = store.read(name, range);
    // Whoever asks for it is told.
    reading.catch(() => undefined);
    begun.set(keyOf(name, range), reading);
    return reading;
  };
  const start = async () => {
    const bytes = await begin(manifestName(prefix));
    if (bytes === undefined) return;
    const { segments } = readManifest(bytes, manifestName(prefix));
    for (const { name, headBytes } of segments)
      begin(`${segmentPath(prefix, name)}head`, { offset: 0, length: headBytes });
  };
  // A manifest that cannot be read is reported by whoever opens the corpus.
  start().catch(() => undefined);
  return {
    async read(name, range, signal) {
      const key = keyOf(name, range);
      const reading = begun.get(key);
      if (reading === undefined) return store.read(name, range, signal);
      begun.delete(key);
      return abortable(reading, signal);
    },
    async write(changes) {
      begun.clear();
      await store.write(changes);
      begun.clear();
    },
    list: (each) => store.list(each),
    close: () => store.close(),
  };
}
