import { throwIfAborted } from '../core/cancellation.ts';
import type { Source } from '../core/document.ts';
import { toSearchError } from '../core/errors.ts';
import { sourceTypeOf } from '../ingest/source-type.ts';

/** A file that the visitor gives. It may have gone, or have changed, by the time it is opened. */
export interface GivenFile {
  readonly path: string;
  open(): Promise<File>;
}

export interface Gathered {
  readonly sources: readonly Source[];
  /** Names of files of no known type. */
  readonly ignored: readonly string[];
  /** Files that cannot be read. */
  readonly unread: readonly { readonly id: string; readonly reason: string }[];
}

/** Begins the ids of the visitor's own files. */
const OWN = 'file:';

function idOf(path: string): string {
  return `${OWN}${path.replaceAll('#', '%23')}`;
}

/** Whether a document is one of the visitor's own files. */
export function isOwnFile(id: string): boolean {
  return id.startsWith(OWN);
}

/** What the visitor calls a document. */
export function nameOf(id: string): string {
  return isOwnFile(id) ? id.slice(OWN.length).replaceAll('%23', '#') : id;
}

export function pickedFiles(files: Iterable<File>): readonly GivenFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, open: async () => file }));
}

/** Files with their paths, from a drop of files and folders. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly GivenFile[]> {
  // All must be taken before the first await: the list is emptied when the event handler returns.
  const items = [...transfer.items].map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const found: GivenFile[] = [];
  for (const item of items) {
    // Without an entry, as one that has gone since it was dragged: whoever reads it is told why not.
    if (item instanceof File) found.push(...pickedFiles([item]));
    else if (item !== null) await walk(item, found);
  }
  return found;
}

async function walk(entry: FileSystemEntry, found: GivenFile[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '');
  if (isFile(entry))
    found.push({ path, open: () => new Promise<File>((resolve, reject) => entry.file(resolve, reject)) });
  else if (isFolder(entry)) {
    try {
      for await (const child of childrenOf(entry)) await walk(child, found);
    } catch (cause) {
      // Named among the files that cannot be read.
      found.push({ path, open: () => Promise.reject(cause) });
    }
  }
}

async function* childrenOf(folder: FileSystemDirectoryEntry): AsyncGenerator<FileSystemEntry> {
  const reader = folder.createReader();
  // readEntries gives at most a hundred a call and an empty list at the end.
  for (;;) {
    const some = await new Promise<readonly FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    yield* some;
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Files as sources; a file keeps its path inside the chosen folder as its id, so that giving it again replaces it. */
export async function gather(files: readonly GivenFile[], signal?: AbortSignal): Promise<Gathered> {
  const sources: Source[] = [];
  const ignored: string[] = [];
  const unread: Gathered['unread'][number][] = [];
  const names = new Set<string>();
  for (const { path, open } of files) {
    throwIfAborted(signal);
    try {
      const file = await open();
      const type = sourceTypeOf(path, file.type);
      if (type === undefined) {
        ignored.push(path);
        continue;
      }
      const content = new Uint8Array(await file.arrayBuffer());
      const name = unused(path, names);
      names.add(name);
      sources.push({ id: idOf(name), url: name, type, content });
    } catch (cause) {
      unread.push({ id: idOf(path), reason: toSearchError(cause).message });
    }
  }
  return { sources, ignored, unread };
}

/** Files that are given together are several, also where a list of found or recent files tells nothing of their folders. */
function unused(path: string, names: ReadonlySet<string>): string {
  let name = path;
  for (let count = 2; names.has(name); count += 1) name = `${path} (${count})`;
  return name;
}
