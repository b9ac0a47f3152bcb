import type { Store } from '../core/ports.ts';
import type { ModelFile } from './catalog.ts';
import { sha256 } from './file.ts';

/**
 * A folder of model files of which those that were read whole are kept in `local`, under their checksums: later pages read them, and
 * ranges of them, without a request. A hybrid question at 100,000 passages, one vector each, takes 25 ms so, and 60 where its rows are asked for
 * over HTTP, even from the browser's own cache (docs/decisions/0016). Read only; what cannot be kept is read where it came from.
 */
export function keptFiles(remote: Store, local: Store, files: readonly ModelFile[]): Store {
  const keep = async (file: ModelFile, bytes: Uint8Array): Promise<void> => {
    // Whoever reads it checks it too, but what is wrong must not stay here.
    if (bytes.byteLength !== file.bytes || (await sha256(bytes)) !== file.sha256) return;
    const wanted = new Set(files.map(({ sha256 }) => sha256));
    const remove = (await local.list('')).filter((name) => !wanted.has(name));
    await local.write({ put: new Map([[file.sha256, bytes]]), remove });
  };
  return {
    async read(name, range, signal) {
      const file = files.find(({ path }) => path === name);
      if (file === undefined) return remote.read(name, range, signal);
      const kept = await local.read(file.sha256, range, signal).catch(() => undefined);
      if (kept !== undefined) return kept;
      const bytes = await remote.read(name, range, signal);
      if (bytes !== undefined && range === undefined) keep(file, bytes).catch(() => undefined);
      return bytes;
    },
    write: (changes) => remote.write(changes),
    list: (prefix) => remote.list(prefix),
    async close() {
      await Promise.all([remote.close(), local.close()]);
    },
  };
}
