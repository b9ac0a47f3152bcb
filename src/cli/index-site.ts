import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SearchError, toSearchError } from '../core/errors.ts';
import { publishedFingerprint } from '../engine/static-index.ts';
import { createAnalyzer } from '../index/lexical/analysis.ts';
import { buildPublishedIndex, type DocumentSource } from '../index/published/builder.ts';
import { isPart, MANIFEST_NAME } from '../index/published/manifest.ts';
import { CHUNKER_VERSION } from '../ingest/chunker-version.ts';
import { READER_VERSION } from '../ingest/reader-version.ts';
import { basicWords } from '../models/wordpiece.ts';
import { openPages, type PageFile, type PageWriter, storedPage, writePages } from './index-cache.ts';
import { byLanguage, type LanguagePages, removeIndex, removeOtherLanguages } from './index-languages.ts';
import { findSources, type SiteSource, type SourceOptions } from './index-sources.ts';
import { staticModel } from './index-table.ts';
import { MODELS } from './node-engine.ts';
import { type Model, readPage } from './page-reading.ts';
import { type PageOutcome, type PageThreads, startPageThreads } from './page-threads.ts';

export interface IndexSiteOptions extends SourceOptions {
  /** Where an earlier run left what it made of each page. */
  readonly cache: string;
  readonly models?: string;
  /** Threads that read pages of a large site, beside this one; one for each processor by default, 0 for none. */
  readonly threads?: number;
  /** A folder for each language even where there is but one: a page then finds its own without knowing the others. */
  readonly byLanguage?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SiteProgress) => void;
}

export interface SiteProgress {
  /** `pages` while they are read and embedded, then the part of the index that is being made. */
  readonly step: string;
  readonly done: number;
  readonly of: number;
}

export interface SiteReport {
  readonly pages: number;
  /** Pages read and embedded in this run; the rest came from the cache. */
  readonly embedded: number;
  readonly passages: number;
  readonly failed: readonly { readonly id: string; readonly reason: string }[];
  readonly indexes: readonly WrittenIndex[];
  readonly seconds: number;
}

export interface WrittenIndex {
  readonly language: string;
  readonly folder: string;
  readonly pages: number;
  readonly files: number;
  readonly bytes: number;
}

/** Reads a built site and writes its index: into `out`, or with several languages into a folder for each. */
export async function indexSite(options: IndexSiteOptions): Promise<SiteReport> {
  const start = performance.now();
  const model = await staticModel(options.models);
  const fingerprint = publishedFingerprint(model.space);
  const print = `${fingerprint} ${CHUNKER_VERSION} ${READER_VERSION}`;
  const earlier = openPages(options.cache, print);
  const writer = await writePages(options.cache, print);
  const read = await readPages(earlier, writer, model, options)
    .catch(async (error: unknown) => {
      await writer.discard();
      throw error;
    })
    .finally(() => earlier.close());
  const pages = await writer.finish();
  try {
    const indexes = await writeIndexes(pages, fingerprint, model, options);
    const passages = [...pages.entries.values()].reduce((sum, page) => sum + page.passages, 0);
    const seconds = (performance.now() - start) / 1000;
    return { pages: pages.entries.size, ...read, passages, indexes, seconds };
  } finally {
    pages.close();
  }
}

/** Pages that are read before threads are started for more: a small site is done sooner than they are ready. */
const FEW = 100;

/** Reads and embeds the pages that no earlier run has; all go to the writer. */
async function readPages(
  earlier: PageFile,
  writer: PageWriter,
  model: Model,
  options: IndexSiteOptions,
): Promise<Pick<SiteReport, 'embedded' | 'failed'>> {
  const failed: { id: string; reason: string }[] = [];
  const begun = new Set<string>();
  const places = new Map<string, string>();
  const running = new Set<Promise<void>>();
  let threads: PageThreads | undefined;
  let lost: unknown;
  let done = 0;
  const settle = ({ source, hash }: SiteSource, outcome: PageOutcome) => {
    if ('page' in outcome) writer.add(hash, outcome.page);
    else failed.push({ id: source.id, reason: outcome.reason });
  };
  try {
    const onUnreadable = (id: string, reason: string) => void failed.push({ id, reason });
    for await (const source of findSources({ ...options, onUnreadable })) {
      options.signal?.throwIfAborted();
      if (lost !== undefined) throw lost;
      options.onProgress?.({ step: 'pages', done, of: source.of ?? 0 });
      done += 1;
      const { hash } = source;
      if (writer.has(hash) || begun.has(hash)) continue;
      const taken = places.get(source.source.id);
      if (taken !== undefined) {
        failed.push({ id: source.place, reason: `${taken} has the same URL, ${source.source.id}` });
        continue;
      }
      places.set(source.source.id, source.place);
      const known = earlier.entries.get(hash);
      const stored = known && earlier.stored(known);
      if (known !== undefined && stored !== undefined) {
        writer.copy(hash, known, stored);
        continue;
      }
      begun.add(hash);
      if (begun.size === FEW) threads = await startPageThreads(options.models ?? MODELS, options.threads);
      if (threads === undefined) {
        settle(source, await outcomeOf(source, model));
        continue;
      }
      await threads.room();
      const reading: Promise<void> = threads.read(source.source, source.weight).then(
        (outcome) => settle(source, outcome),
        (error) => {
          lost = error;
        },
      );
      running.add(reading);
      reading.finally(() => running.delete(reading));
    }
    await Promise.all(running);
    if (lost !== undefined) throw lost;
  } finally {
    await threads?.close();
  }
  if (done === 0 && failed.length === 0)
    throw new SearchError('not-found', `No pages found in ${options.folder}: expected .html, .md or .jsonl files.`);
  failed.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { embedded: begun.size, failed };
}

async function outcomeOf({ source, weight }: SiteSource, model: Model): Promise<PageOutcome> {
  try {
    return { page: storedPage(await readPage(source, weight, model)) };
  } catch (error) {
    return { reason: toSearchError(error).message };
  }
}

async function writeIndexes(
  pages: PageFile,
  fingerprint: string,
  { table }: Model,
  options: IndexSiteOptions,
): Promise<readonly WrittenIndex[]> {
  const groups = byLanguage(pages.entries.values());
  const inFolders = options.byLanguage === true || groups.length > 1;
  const written: WrittenIndex[] = [];
  for (const group of groups) {
    const { language } = group;
    const folder = inFolders ? join(options.out, language) : options.out;
    const onStep = (step: string) => options.onProgress?.({ step, done: 0, of: 0 });
    const { signal } = options;
    const shared = { fingerprint, analyzer: createAnalyzer, table, words: basicWords, onStep };
    const files = await buildPublishedIndex(sourceOf(pages, group), {
      ...shared,
      ...(signal === undefined ? {} : { signal }),
    });
    await writeFiles(folder, files);
    const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
    written.push({ language, folder, pages: group.pages.length, files: files.size, bytes });
  }
  if (written.length === 0) return written;
  if (inFolders) await removeIndex(options.out);
  await removeOtherLanguages(options.out, new Set(written.map(({ folder }) => folder)));
  return written;
}

function sourceOf(pages: PageFile, { language, pages: entries, declared }: LanguagePages): DocumentSource {
  return {
    ids: entries.map(({ id }) => id),
    passages: entries.reduce((sum, { passages }) => sum + passages, 0),
    read(at) {
      const entry = entries[at];
      if (entry === undefined) throw new SearchError('internal', `There is no page ${at}.`);
      const page = pages.read(entry);
      return declared ? { ...page, document: { ...page.document, language } } : page;
    },
  };
}

/** The manifest is written last and what it no longer names goes after it, so that the folder is whole at any moment. */
async function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const there = new Set(await readdir(folder));
  for (const [name, bytes] of files) {
    const same = there.has(name) && Buffer.compare(await readFile(join(folder, name)), bytes) === 0;
    if (!same) await (name === MANIFEST_NAME ? replaceFile : writeFile)(join(folder, name), bytes);
  }
  for (const name of there) if (isPart(name) && !files.has(name)) await rm(join(folder, name));
}

/** In one step: one who reads meanwhile sees no half of it. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.new`;
  await writeFile(temporary, bytes);
  await rename(temporary, path);
}
