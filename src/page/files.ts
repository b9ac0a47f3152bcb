import type { Source } from '../core/document.ts';
import { sourceTypeOf } from '../ingest/source-type.ts';

export interface Gathered {
  readonly sources: readonly Source[];
  /** Names of files of no known type. */
  readonly ignored: readonly string[];
}

/** Begins the ids of the visitor's own files. */
const OWN = 'file:';

/** Whether a document is one of the visitor's own files. */
export function isOwnFile(id: string): boolean {
  return id.startsWith(OWN);
}

/** Files with their paths, from a drop of files and folders. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly { path: string; file: File }[]> {
  // Entries must be taken before the first await: the list is emptied when the event handler returns.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, file }));
  const found: { path: string; file: File }[] = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, found: { path: string; file: File }[]): Promise<void> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ''), file });
  } else if (isFolder(entry)) {
    const reader = entry.createReader();
    // readEntries gives at most a hundred a call and an empty list at the end.
    for (;;) {
      const part = await new Promise<readonly FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (part.length === 0) return;
      for (const child of part) await walk(child, found);
    }
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Files as sources; a file keeps its path inside the chosen folder as its id, so that giving it again replaces it. */
export async function gather(files: readonly { path: string; file: File }[]): Promise<Gathered> {
  const sources: Source[] = [];
  const ignored: string[] = [];
  for (const { path, file } of files) {
    const type = sourceTypeOf(path, file.type);
    if (type === undefined) ignored.push(path);
    else
      sources.push({
        id: `${OWN}${path.replaceAll('#', '%23')}`,
        url: path,
        type,
        content: new Uint8Array(await file.arrayBuffer()),
      });
  }
  return { sources, ignored };
}
