import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { SourceType } from '../core/document.ts';
import { toSearchError } from '../core/errors.ts';
import { sourceTypeOf } from '../ingest/source-type.ts';

/** What macOS writes beside a file where a disk or an archive has no room for its attributes: `._guide.html` is no page. */
const COMPANION = '._';

export interface WalkOptions {
  /** Folders that are never entered, by their name or by where they lie; those whose names begin with a dot are not either. */
  readonly skips: (name: string, real: string) => boolean;
  /** Whether the files right in a folder are left out at this place: then they may be found through a link as well. */
  readonly isExcluded?: (path: string) => boolean;
}

export interface FoundFile {
  /** Inside the folder, with `/`. */
  readonly path: string;
  /** Where it lies: the same for a file and all links to it. */
  readonly real: string;
}

export interface FoundDocument extends FoundFile {
  readonly type: SourceType;
}

export interface FolderFiles {
  /** The folder's own come first: of a file that links name too, the own place is the first. */
  readonly files: readonly FoundFile[];
  /** Folders that were not entered. */
  readonly passedOver: readonly string[];
  /** Links that lead nowhere, and folders that cannot be read. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  /** Files and folders outside of this one to which links lead. */
  readonly linked: readonly string[];
}

/** All files below a folder. Links are followed, and each folder is entered once, so that links in a circle end. */
export function filesBelow(folder: string, options: WalkOptions): FolderFiles {
  const walk = createWalk(folder, options);
  walk.enter('', walk.root);
  // What a link leads to may hold others. In the order of their names, whatever that of the file system.
  for (let next = walk.takeLinks(); next.length > 0; next = walk.takeLinks())
    for (const path of next) follow(path, walk, options);
  const { files, passedOver, unreadable, linked } = walk;
  return { files, passedOver, unreadable, linked: [...linked] };
}

/** Of each file the first place only. */
export function eachOnce<T extends FoundFile>(files: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return files.filter(({ real }) => seen.size < seen.add(real).size);
}

/** The documents below a folder, each once and folder by folder: what is in `a` before `a-b`. */
export function documentsBelow(folder: string, options: WalkOptions): readonly FoundDocument[] {
  const documents = filesBelow(folder, options).files.flatMap((file) => {
    const type = sourceTypeOf(file.path);
    return type === undefined ? [] : [{ ...file, type }];
  });
  const order = (path: string) => path.replaceAll('/', '\0');
  return [...eachOnce(documents)].sort((a, b) => (order(a.path) < order(b.path) ? -1 : 1));
}

function createWalk(folder: string, { skips, isExcluded }: WalkOptions) {
  const root = realpathSync(folder);
  const files: FoundFile[] = [];
  const passedOver: string[] = [];
  const unreadable: { path: string; reason: string }[] = [];
  const entered = new Set<string>();
  let links: string[] = [];
  const entriesOf = (real: string, path: string): readonly Dirent[] => {
    try {
      return readdirSync(real, { withFileTypes: true });
    } catch (error) {
      unreadable.push({ path: path || folder, reason: toSearchError(error).message });
      return [];
    }
  };
  const enter = (path: string, real: string): void => {
    const name = basename(path);
    if (entered.has(real) || name.startsWith('.')) return;
    if (path !== '' && skips(name, real)) {
      passedOver.push(path);
      return;
    }
    if (isExcluded?.(path) !== true) entered.add(real);
    for (const entry of entriesOf(real, path)) {
      if (entry.name.startsWith(COMPANION)) continue;
      const [inside, below] = [path === '' ? entry.name : `${path}/${entry.name}`, join(real, entry.name)];
      if (entry.isFile()) files.push({ path: inside, real: below });
      else if (entry.isSymbolicLink()) links.push(inside);
      else if (entry.isDirectory()) enter(inside, below);
    }
  };
  const takeLinks = () => {
    const taken = links.sort();
    links = [];
    return taken;
  };
  return { root, files, passedOver, unreadable, linked: new Set<string>(), enter, takeLinks };
}

function follow(path: string, walk: ReturnType<typeof createWalk>, { isExcluded }: WalkOptions): void {
  const target = targetOf(join(walk.root, path));
  if (target === undefined) {
    walk.unreadable.push({ path, reason: 'This link leads nowhere.' });
    return;
  }
  const { real, isFile, isFolder } = target;
  // A link to a folder that holds this one would bring in all that lies around it.
  if (withEnd(walk.root).startsWith(withEnd(real))) return;
  const before = walk.files.length;
  if (isFile) walk.files.push({ path, real });
  else if (isFolder && isExcluded?.(path) === true) walk.passedOver.push(path);
  else if (isFolder) walk.enter(path, real);
  const isOutside = !real.startsWith(withEnd(walk.root));
  if (isOutside && walk.files.length > before) walk.linked.add(real);
}

function targetOf(path: string) {
  try {
    const real = realpathSync(path);
    const stats = statSync(real);
    return { real, isFile: stats.isFile(), isFolder: stats.isDirectory() };
  } catch {
    return undefined;
  }
}

function withEnd(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}
