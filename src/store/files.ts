import { open, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { abortable, throwIfAborted } from '../core/cancellation.ts';
import type { ByteRange, Store } from '../core/ports.ts';
import { checkName, checkRange, openness } from './blob.ts';
import { fileError, isFileError, JOURNAL, journal } from './journal.ts';
import { withWriteLock } from './locks.ts';

/**
 * A store in a folder, for Node: each blob is the file of its name, byte for byte, so that the folder can be
 * published as it is. A batch is atomic through a journal in the folder (see journal.ts); what a crash left half
 * done is finished or dropped at the next use. One process writes at a time: another's batch is SearchError('locked').
 * A name cannot be both a file and a folder ('a' and 'a/b'), nor both in one batch: SearchError('bad-input'), and
 * nothing is written. A full disk is SearchError('quota'), and nothing is lost.
 */
export function fileStore(folder: string): Store {
  const opened = openness(`The store in '${folder}'`);
  const root = resolve(folder);
  const log = journal(root);
  const exclusively = <T>(job: () => Promise<T>) => withWriteLock(`files:${root}`, job);
  return {
    async read(name, range, signal) {
      opened.check();
      throwIfAborted(signal);
      checkName(name);
      await exclusively(log.recoverOnce);
      return abortable(readFileRange(join(root, name), name, range), signal);
    },
    async write({ put = new Map(), remove = [] }) {
      opened.check();
      for (const name of [...remove, ...put.keys()]) checkName(name);
      const copies = new Map([...put].map(([name, bytes]) => [name, bytes.slice()]));
      await exclusively(() => log.write({ put: copies, remove }));
    },
    async list(prefix) {
      opened.check();
      await exclusively(log.recoverOnce);
      return (await filesUnder(root, '')).filter((name) => name.startsWith(prefix)).sort();
    },
    async close() {
      opened.close();
    },
  };
}

async function readFileRange(path: string, name: string, wanted: ByteRange | undefined) {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isFileError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileError(name, error);
  });
  if (file === undefined) return undefined;
  try {
    const about = await file.stat();
    if (about.isDirectory()) return undefined;
    const { offset, length } = checkRange(name, about.size, wanted);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await file.read(bytes, at, length - at, offset + at);
      // The file has become shorter since: the same error as for a range outside it.
      if (bytesRead === 0) checkRange(name, offset + at, wanted ?? { offset, length });
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

async function filesUnder(root: string, prefix: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true }).catch((error: unknown) => {
    if (isFileError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fileError(prefix, error);
  });
  const found = entries
    .filter(({ name }) => prefix !== '' || name !== JOURNAL)
    .map(async (entry) => {
      const name = prefix + entry.name;
      return entry.isDirectory() ? filesUnder(root, `${name}/`) : [name];
    });
  return (await Promise.all(found)).flat();
}
