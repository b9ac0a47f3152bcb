import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SearchError, toSearchError } from '../core/errors.ts';
import { passageText } from '../core/passage-text.ts';
import { publishedFingerprint } from '../engine/static-index.ts';
import { createAnalyzer } from '../index/lexical/analysis.ts';
import { buildPublishedIndex, type DocumentSource, type PublishedDocument } from '../index/published/builder.ts';
import { isPart, MANIFEST_NAME } from '../index/published/manifest.ts';
import { quantise } from '../index/vectors/quantise.ts';
import { readDocument } from '../ingest/document.ts';
import { CHUNKER_VERSION, splitPassages } from '../ingest/passages.ts';
import { basicWords } from '../models/wordpiece.ts';
import { openPages, type PageEntry, type PageFile, type PageWriter, writePages } from './index-cache.ts';
import { findSources, type SiteSource, type SourceOptions } from './index-sources.ts';
import { staticModel } from './index-table.ts';

export interface IndexSiteOptions extends SourceOptions {
  /** Where an earlier run left what it made of each page. */
  readonly cache: string;
  readonly models?: string;
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
  const print = `${fingerprint} ${CHUNKER_VERSION}`;
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

/** Reads and embeds the pages that no earlier run has; all go to the writer. */
async function readPages(
  earlier: PageFile,
  writer: PageWriter,
  model: Model,
  options: IndexSiteOptions,
): Promise<Pick<SiteReport, 'embedded' | 'failed'>> {
  const failed: { id: string; reason: string }[] = [];
  let [done, embedded] = [0, 0];
  for await (const source of findSources(options)) {
    options.signal?.throwIfAborted();
    options.onProgress?.({ step: 'pages', done, of: source.of ?? 0 });
    done += 1;
    if (writer.has(source.hash)) continue;
    const known = earlier.entries.get(source.hash);
    const stored = known && earlier.stored(known);
    if (known !== undefined && stored !== undefined) {
      writer.copy(source.hash, known, stored);
      continue;
    }
    try {
      embedded += 1;
      writer.add(source.hash, await readPage(source, model));
    } catch (error) {
      failed.push({ id: source.source.id, reason: toSearchError(error).message });
    }
  }
  if (done === 0)
    throw new SearchError('not-found', `No pages found in ${options.folder}: expected .html, .md or .jsonl files.`);
  return { embedded, failed };
}

type Model = Awaited<ReturnType<typeof staticModel>>;

async function readPage({ source, weight }: SiteSource, { embedder, table }: Model): Promise<PublishedDocument> {
  const document = await readDocument(source);
  const passages = splitPassages(document).map((each) => ({ ...each, weight: each.weight * weight }));
  const { title } = document;
  const vectors = await embedder.embedPassages(
    passages.map(({ heading, text }) => passageText({ title, heading, text })),
  );
  const { id, url, language } = document;
  return { document: { id, url, title, language }, passages, vectors: quantise(vectors, table.dimensions) };
}

async function writeIndexes(
  pages: PageFile,
  fingerprint: string,
  { table }: Model,
  options: IndexSiteOptions,
): Promise<readonly WrittenIndex[]> {
  const byLanguage = new Map<string, PageEntry[]>();
  for (const entry of pages.entries.values()) {
    const own = byLanguage.get(entry.language);
    if (own === undefined) byLanguage.set(entry.language, [entry]);
    else own.push(entry);
  }
  const inFolders = options.byLanguage === true || byLanguage.size > 1;
  const written: WrittenIndex[] = [];
  for (const language of [...byLanguage.keys()].sort()) {
    const documents = byLanguage.get(language) ?? [];
    const folder = inFolders ? join(options.out, language) : options.out;
    const onStep = (step: string) => options.onProgress?.({ step, done: 0, of: 0 });
    const { signal } = options;
    const shared = { fingerprint, analyzer: createAnalyzer, table, words: basicWords, onStep };
    const files = await buildPublishedIndex(sourceOf(pages, documents), {
      ...shared,
      ...(signal === undefined ? {} : { signal }),
    });
    await writeFiles(folder, files);
    const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
    written.push({ language, folder, pages: documents.length, files: files.size, bytes });
  }
  if (inFolders) await rm(join(options.out, MANIFEST_NAME), { force: true });
  return written;
}

function sourceOf(pages: PageFile, entries: readonly PageEntry[]): DocumentSource {
  return {
    ids: entries.map(({ id }) => id),
    passages: entries.reduce((sum, { passages }) => sum + passages, 0),
    read(at) {
      const entry = entries[at];
      if (entry === undefined) throw new SearchError('internal', `There is no page ${at}.`);
      return pages.read(entry);
    },
  };
}

/** The manifest is written last and what it no longer names goes after it, so that the folder is whole at any moment. */
async function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const there = new Set(await readdir(folder));
  for (const [name, bytes] of files) {
    const same = there.has(name) && Buffer.compare(await readFile(join(folder, name)), bytes) === 0;
    if (!same) await writeFile(join(folder, name), bytes);
  }
  for (const name of there) if (isPart(name) && !files.has(name)) await rm(join(folder, name));
}
