import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SearchError, toSearchError } from '../core/errors.ts';
import { passageText } from '../core/passage-text.ts';
import { publishedFingerprint } from '../engine/static-index.ts';
import { createAnalyzer } from '../index/lexical/analysis.ts';
import { buildPublishedIndex, type PublishedDocument } from '../index/published/builder.ts';
import { isPart, MANIFEST_NAME } from '../index/published/manifest.ts';
import { quantise } from '../index/vectors/quantise.ts';
import { readDocument } from '../ingest/document.ts';
import { CHUNKER_VERSION, splitPassages } from '../ingest/passages.ts';
import { basicWords } from '../models/wordpiece.ts';
import { type PageCache, readCache, writeCache } from './index-cache.ts';
import { findSources, type SiteSource, type SourceOptions } from './index-sources.ts';
import { staticModel } from './index-table.ts';

export interface IndexSiteOptions extends SourceOptions {
  /** Where an earlier run left what it made of each page. */
  readonly cache: string;
  readonly models?: string;
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
  const cached = await readCache(options.cache, `${fingerprint} ${CHUNKER_VERSION}`);
  const sources = await findSources(options);
  if (sources.length === 0)
    throw new SearchError('not-found', `No pages found in ${options.folder}: expected .html, .md or .jsonl files.`);
  const failed: { id: string; reason: string }[] = [];
  const pages = new Map<string, PublishedDocument>();
  let embedded = 0;
  for (const [at, source] of sources.entries()) {
    options.signal?.throwIfAborted();
    options.onProgress?.({ step: 'pages', done: at, of: sources.length });
    try {
      const known = cached.get(source.hash);
      if (known === undefined) embedded += 1;
      pages.set(source.hash, known ?? (await readPage(source, model)));
    } catch (error) {
      failed.push({ id: source.source.id, reason: toSearchError(error).message });
    }
  }
  if (embedded > 0 || pages.size !== cached.size)
    await writeCache(options.cache, `${fingerprint} ${CHUNKER_VERSION}`, pages);
  const indexes = await writeIndexes(pages, fingerprint, model, options);
  const passages = [...pages.values()].reduce((sum, page) => sum + page.passages.length, 0);
  const seconds = (performance.now() - start) / 1000;
  return { pages: pages.size, embedded, passages, failed, indexes, seconds };
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
  pages: PageCache,
  fingerprint: string,
  { table }: Model,
  options: IndexSiteOptions,
): Promise<readonly WrittenIndex[]> {
  const byLanguage = new Map<string, PublishedDocument[]>();
  for (const page of pages.values()) {
    const { language } = page.document;
    byLanguage.set(language, [...(byLanguage.get(language) ?? []), page]);
  }
  const written: WrittenIndex[] = [];
  for (const language of [...byLanguage.keys()].sort()) {
    const documents = byLanguage.get(language) ?? [];
    const folder = byLanguage.size === 1 ? options.out : join(options.out, language);
    const onStep = (step: string) => options.onProgress?.({ step, done: 0, of: 0 });
    const { signal } = options;
    const shared = { fingerprint, analyzer: createAnalyzer, table, words: basicWords, onStep };
    const files = await buildPublishedIndex(documents, { ...shared, ...(signal === undefined ? {} : { signal }) });
    await writeFiles(folder, files);
    const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
    written.push({ language, folder, pages: documents.length, files: files.size, bytes });
  }
  if (byLanguage.size > 1) await rm(join(options.out, MANIFEST_NAME), { force: true });
  return written;
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
