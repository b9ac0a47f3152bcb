import { existsSync, type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { toSearchError } from '../core/errors.ts';
import { INDEX_HELP, type IndexArguments, indexArguments } from './index-options.ts';
import { indexSite, type SiteProgress, type SiteReport } from './index-site.ts';
import { progressLine } from './progress-line.ts';

/** Changes that come within this time are indexed together: a site generator writes many files at once. */
const QUIET_MS = 300;

export async function indexCommand(args: readonly string[]): Promise<number> {
  const given = await indexArguments(args);
  if (given === undefined) {
    process.stdout.write(INDEX_HELP);
    return 0;
  }
  if (given.watch) return watchFolder(given);
  const { failed } = await indexOnce(given);
  return failed.length > 0 ? 1 : 0;
}

interface Indexed extends Pick<SiteReport, 'failed'> {
  /** Where pages come from that do not lie in the folder itself. */
  readonly linked: readonly string[];
}

async function indexOnce({ folder, config, json }: IndexArguments): Promise<Indexed> {
  let linked: readonly string[] = [];
  const onLinked = (places: readonly string[]) => {
    linked = places;
  };
  const onUnmatched = (glob: string) => void process.stderr.write(`no page matches '${glob}'\n`);
  const line = progressLine();
  const onProgress = ({ step, done, of }: SiteProgress) => line.count(step, done, of);
  const report = await indexSite({ folder, ...config, onUnmatched, onLinked, onProgress });
  line.end();
  for (const { id, reason } of report.failed) process.stderr.write(`left out ${id}: ${reason}\n`);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : said(report));
  return { failed: report.failed, linked };
}

function said({ pages, embedded, passages, indexes, seconds }: SiteReport): string {
  const lines = indexes.map(
    ({ language, folder, files, bytes }) =>
      `  ${language}: ${files} files, ${(bytes / 1e6).toFixed(1)} MB in ${folder}\n`,
  );
  return `${pages} page${pages === 1 ? '' : 's'} (${embedded} new or changed), ${passages} passage${passages === 1 ? '' : 's'} in ${seconds.toFixed(1)} s\n${lines.join('')}`;
}

/**
 * Indexes, and again after each change, until the process ends. Rejects where the first run fails; of a later one that is said, and the
 * next change tries again.
 */
async function watchFolder(given: IndexArguments): Promise<never> {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const again = () =>
    indexOnce(given).then(
      (report) => watchLinked(report.linked),
      (error: unknown) => void process.stderr.write(`findling: ${toSearchError(error).message}\n`),
    );
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // Where it is gone, it may come back.
      if (existsSync(given.folder)) running = running.then(again);
    }, QUIET_MS);
  };
  const own = relative(given.folder, given.config.out);
  const changed = (name: string) => {
    if (/\.(html?|mdx?|jsonl)$/i.test(name)) soon();
  };
  const watchLinked = linkWatcher(changed);
  // Before the first run: what changes while that reads the pages is indexed by the next.
  const stop = watchReplaced(
    resolve(given.folder),
    (name) => {
      if (name === own || name.startsWith(own + sep)) return;
      // A folder that is moved away is named alone, without its pages.
      const isMoved = !basename(name).includes('.') && !existsSync(join(given.folder, name));
      if (isMoved) soon();
      else changed(name);
    },
    soon,
  );
  const first = indexOnce(given);
  running = first.then(
    () => undefined,
    () => undefined,
  );
  try {
    watchLinked((await first).linked);
  } catch (error) {
    clearTimeout(timer);
    stop();
    throw error;
  }
  // Not before: whoever reads it may change a page at once.
  process.stderr.write(`watching ${given.folder}\n`);
  return new Promise(() => undefined);
}

/** Tells of changes where links lead: a folder's watcher does not follow them. */
function linkWatcher(changed: (name: string) => void): (places: readonly string[]) => void {
  const watched = new Set<string>();
  return (places) => {
    for (const place of places) {
      if (watched.has(place) || !existsSync(place)) continue;
      watched.add(place);
      const isFolder = statSync(place).isDirectory();
      // Not the file itself: editors put another in its place.
      const watcher = watch(isFolder ? place : dirname(place), { recursive: isFolder }, (_, name) => {
        if (isFolder || name === basename(place)) changed(name ?? '');
      });
      watcher.on('error', () => undefined);
    }
  };
}

/**
 * Tells of changes in a folder by the path inside it, and when another folder has taken its place: generators remove
 * theirs and make it anew, and a watcher stays with the one that is gone. Until what it returns is called.
 */
function watchReplaced(folder: string, changed: (name: string) => unknown, replaced: () => void): () => void {
  let watcher: FSWatcher | undefined;
  const start = () => {
    watcher?.close();
    watcher = existsSync(folder) ? watch(folder, { recursive: true }, (_, name) => changed(name ?? '')) : undefined;
    watcher?.on('error', () => undefined); // Windows has one for a folder that goes; the watcher below sees it too
  };
  start();
  const above = watch(dirname(folder), (event, name) => {
    if (event !== 'rename' || name !== basename(folder)) return;
    start();
    if (watcher !== undefined) replaced();
  });
  return () => {
    watcher?.close();
    above.close();
  };
}
