import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { SearchError, toSearchError } from '../core/errors.ts';
import { checkName } from './blob.ts';

/** The journal's folder inside the store's. It exists only while a batch is being written, or after a crash. */
export const JOURNAL = '.findling-journal';
const COMMIT = 'commit.json';
/** A process writes its id into the lock right after making it; after this long an empty lock is a dead one's. */
const EMPTY_LOCK_MS = 10_000;

interface Batch {
  readonly put: ReadonlyMap<string, Uint8Array>;
  readonly remove: readonly string[];
}

/** What commit.json says: staged file i becomes put[i]. */
interface Commit {
  readonly put: readonly string[];
  readonly remove: readonly string[];
}

/**
 * Atomic batches of files. New files are staged in the journal and flushed to the disk; then commit.json appears by
 * a rename, which is the moment the batch counts; then the staged files are renamed into place and the journal goes.
 * A journal without commit.json is dropped, one with it is carried out again: each step may be repeated.
 * Callers let one job in at a time within this process (withWriteLock).
 */
export function journal(root: string) {
  const folder = join(root, JOURNAL);
  let recovered = false;

  async function recoverOnce(): Promise<void> {
    if (recovered) return;
    if (await exists(folder)) {
      // A living writer's journal is its own business; until it commits, the files are those of the last batch.
      if (!(await takeLock(folder, { fresh: false }))) return;
      await finish(root, folder);
    }
    recovered = true;
  }

  async function write(batch: Batch): Promise<void> {
    try {
      await mkdir(root, { recursive: true });
      if (!(await takeLock(folder, { fresh: true })))
        throw new SearchError(
          'locked',
          `Another process is writing to '${root}'. Wait for it; if none is, delete '${folder}'.`,
        );
      recovered = false;
      await finish(root, folder, { keepLock: true });
      await stage(root, folder, batch);
      await finish(root, folder);
      recovered = true;
    } catch (error) {
      await recoverOnce().catch(() => undefined);
      throw fileError(root, error);
    }
  }
  return { recoverOnce, write };
}

async function stage(root: string, folder: string, { put, remove }: Batch): Promise<void> {
  const names = [...put.keys()];
  for (const name of names) checkOwn(name, put);
  for (const name of names) await refuseFolder(root, name);
  for (const name of names) await makeRoom(root, name);
  for (const [index, name] of names.entries())
    await writeDurably(join(folder, `${index}.staged`), put.get(name) ?? new Uint8Array(0));
  // A removal carried out again after a crash must not take the new file.
  const commit: Commit = { put: names, remove: remove.filter((name) => !put.has(name)) };
  await writeDurably(join(folder, `${COMMIT}.new`), new TextEncoder().encode(JSON.stringify(commit)));
  await rename(join(folder, `${COMMIT}.new`), join(folder, COMMIT));
  await flushFolder(folder);
}

/** Refuses the journal's name, and a name below another of the same batch: that would commit what cannot be done. */
function checkOwn(name: string, batch: ReadonlyMap<string, unknown>): void {
  if (name === JOURNAL || name.startsWith(`${JOURNAL}/`))
    throw new SearchError('bad-input', `'${JOURNAL}' is the store's own name. Choose another.`);
  for (let end = name.indexOf('/'); end > 0; end = name.indexOf('/', end + 1))
    if (batch.has(name.slice(0, end))) throw clash(name, undefined);
}

async function makeRoom(root: string, name: string): Promise<void> {
  try {
    await mkdir(dirname(join(root, name)), { recursive: true });
  } catch (error) {
    if (isFileError(error, 'EEXIST', 'ENOTDIR')) throw clash(name, error);
    throw error;
  }
}

async function refuseFolder(root: string, name: string): Promise<void> {
  const path = join(root, name);
  const about = await stat(path).catch(() => undefined);
  if (about?.isDirectory() !== true) return;
  // An empty folder is a trace of removed blobs.
  await rmdir(path).catch((error: unknown) => {
    throw clash(name, error);
  });
}

function clash(name: string, cause: unknown): SearchError {
  const message = `'${name}' cannot be written: a file store holds no name that is both a file and a folder.`;
  return new SearchError('bad-input', message, { cause });
}

/** Carries a committed batch out, or drops one that was not; then removes the journal. */
async function finish(root: string, folder: string, { keepLock = false } = {}): Promise<void> {
  const text = await readFile(join(folder, COMMIT), 'utf8').catch((error: unknown) => {
    if (isFileError(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (text !== undefined) await carryOut(root, folder, readCommit(text));
  await rm(join(folder, COMMIT), { force: true });
  if (!keepLock) return rm(folder, { recursive: true, force: true });
  for (const name of await readdir(folder)) if (name.includes('.staged')) await rm(join(folder, name), { force: true });
}

function readCommit(text: string): Commit {
  const value: unknown = JSON.parse(text);
  const isNames = (names: unknown): names is string[] =>
    Array.isArray(names) && names.every((name) => typeof name === 'string' && checkName(name) === name);
  if (typeof value === 'object' && value !== null && 'put' in value && 'remove' in value)
    if (isNames(value.put) && isNames(value.remove)) return { put: value.put, remove: value.remove };
  throw new SearchError('corrupt', `The journal of the store is damaged: ${COMMIT} is not a list of names.`);
}

async function carryOut(root: string, folder: string, { put, remove }: Commit): Promise<void> {
  for (const name of remove) await rm(join(root, name), { force: true });
  for (const [index, name] of put.entries())
    await rename(join(folder, `${index}.staged`), join(root, name)).catch((error: unknown) => {
      // Gone: this step was done before the crash.
      if (!isFileError(error, 'ENOENT')) throw error;
    });
  const folders = new Set([...put, ...remove].map((name) => dirname(join(root, name))));
  for (const each of folders) if (await exists(each)) await flushFolder(each);
  for (const name of remove) await prune(root, dirname(join(root, name)));
}

/** Removes folders that a removal has left empty. */
async function prune(root: string, path: string): Promise<void> {
  if (relative(root, path) === '') return;
  try {
    await rmdir(path);
  } catch (error) {
    if (!isFileError(error, 'ENOENT')) return;
  }
  await prune(root, dirname(path));
}

/**
 * Makes the journal's folder this process's: mkdir is atomic, so one process succeeds. A dead owner's folder is taken
 * over by claiming the next number, which again only one can create. `fresh` also makes the folder where there is none.
 */
async function takeLock(folder: string, { fresh }: { readonly fresh: boolean }): Promise<boolean> {
  if (fresh && (await mkdir(folder).then(() => true, refusedWith('EEXIST')))) return claim(folder, 0);
  const owners = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('owner.'));
  const numbers = owners.map((name) => Number(name.slice('owner.'.length)));
  const last = Math.max(-1, ...numbers);
  if (last < 0) {
    const age = Date.now() - (await stat(folder)).mtimeMs;
    return age > EMPTY_LOCK_MS && claim(folder, 0);
  }
  const path = join(folder, `owner.${last}`);
  const owner = await readFile(path, 'utf8').catch(() => '');
  if (await isAlive(owner, path)) return false;
  if (!(await claim(folder, last + 1))) return false;
  // Between looking and claiming, another may have taken over, finished, and a third begun afresh.
  if ((await readFile(path, 'utf8').catch(() => undefined)) === owner) return true;
  await rm(join(folder, `owner.${last + 1}`), { force: true });
  return false;
}

async function claim(folder: string, number: number): Promise<boolean> {
  const file = await open(join(folder, `owner.${number}`), 'wx').catch((error: unknown) => {
    if (isFileError(error, 'EEXIST', 'ENOENT')) return undefined;
    throw error;
  });
  if (file === undefined) return false;
  try {
    await file.writeFile(`${process.pid} ${crypto.randomUUID()}`);
  } finally {
    await file.close();
  }
  return true;
}

async function isAlive(owner: string, path: string): Promise<boolean> {
  const pid = Number.parseInt(owner, 10);
  if (!(pid > 0)) {
    const about = await stat(path).catch(() => undefined);
    return about !== undefined && Date.now() - about.mtimeMs < EMPTY_LOCK_MS;
  }
  // Within this process one job runs at a time, so a lock of ours that we meet is a crashed namesake's (containers reuse ids).
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isFileError(error, 'EPERM');
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes renames inside a folder survive a power cut. Windows cannot open folders, and needs no such call. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, refusedWith('ENOENT', 'ENOTDIR'));
}

function refusedWith(...codes: readonly string[]): (error: unknown) => false {
  return (error) => {
    if (isFileError(error, ...codes)) return false;
    throw error;
  };
}

/** Whether a file operation failed with one of these codes of the system (ENOENT …). */
export function isFileError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** The system's error as ours: a full disk is 'quota'. */
export function fileError(what: string, error: unknown): SearchError {
  if (error instanceof SearchError) return error;
  if (isFileError(error, 'ENOSPC', 'EDQUOT'))
    return new SearchError('quota', `The disk of '${what}' is full. Free some space and try again.`, { cause: error });
  return toSearchError(error);
}
