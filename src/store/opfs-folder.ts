import { toSearchError } from '../core/errors.ts';

/** What the folders of stores in the origin's private file system begin with. */
const FOLDERS = 'findling-store-';

export function folderOf(name: string): string {
  return FOLDERS + encodeURIComponent(name);
}

/**
 * A store's folder and the files in it. Handles cross over to workers, so that a page can look for them while the worker
 * that will read them is being started.
 */
export interface FoundFolder {
  readonly directory: FileSystemDirectoryHandle;
  readonly files: readonly FileSystemFileHandle[];
}

/** The folder of a store that was opened here before. */
export async function findOpfsFolder(name: string): Promise<FoundFolder | undefined> {
  try {
    const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle(folderOf(name));
    const files: FileSystemFileHandle[] = [];
    for await (const handle of directory.values()) if (handle.kind === 'file') files.push(handle);
    return { directory, files };
  } catch (error) {
    if (isNamed(error, 'NotFoundError')) return undefined;
    throw toSearchError(error);
  }
}

/** For a page whose worker is about to open the store; what goes wrong the worker meets again, and says. */
export function findFolderAhead(name: string): Promise<FoundFolder | undefined> {
  return findOpfsFolder(name).catch(() => undefined);
}

export function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name;
}
