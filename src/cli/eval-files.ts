import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { SearchError, toSearchError } from '../core/errors.ts';
import { parseCorpus, parseQrels, parseQueries } from '../eval/beir.ts';
import {
  checkQrels,
  type JudgedDocument,
  type Known,
  type Qrels,
  type Run,
  type TestQuery,
} from '../eval/collection.ts';
import { parseTopics } from '../eval/trec.ts';
import { manifestName } from '../index/manifest.ts';
import { MANIFEST_NAME } from '../index/published/manifest.ts';
import { decodeContent } from '../ingest/decoding.ts';
import { folderSources } from './eval-sources.ts';

/** What is searched. `sections`: judged are sections (`document#anchor`), not whole documents. */
export type Corpus =
  | { readonly kind: 'beir'; readonly documents: readonly JudgedDocument[] }
  | { readonly kind: 'folder'; readonly path: string; readonly sections: boolean }
  | { readonly kind: 'index'; readonly location: string; readonly sections: boolean };

export interface LoadedSet {
  readonly name: string;
  readonly corpus: Corpus;
  readonly queries: readonly TestQuery[];
  readonly qrels: Qrels;
  /** Undefined where only the index knows: then refuseStrangers() looks whether anything judged is ever found. */
  readonly known: Known | undefined;
  /** Sentences with file and line about what could not be used. */
  readonly warnings: readonly string[];
}

export interface SetFiles {
  readonly split: string;
  readonly topics: string | undefined;
  readonly qrels: string | undefined;
}

/** The text of a file, in UTF-8 or, as spreadsheets and PowerShell write it, UTF-16; SearchError says which file is missing and what it was wanted for. */
export function readText(path: string, what: string): string {
  try {
    return decodeContent(readFileSync(path), 'text');
  } catch (cause) {
    const missing = toSearchError(cause).message.startsWith('ENOENT');
    throw new SearchError(
      missing ? 'not-found' : 'bad-input',
      `${path}: ${missing ? 'there is no such file' : 'this cannot be read'}. Expected here: ${what}.`,
      { cause },
    );
  }
}

export function writeText(path: string, text: string): void {
  writing(path, () => writeFileSync(path, text));
}

/** Throws now what writeText() would throw after hours of work; leaves what is there as it is. */
export function refuseUnwritable(path: string): void {
  const isNew = !existsSync(path);
  writing(path, () => closeSync(openSync(path, 'a')));
  if (isNew) rmSync(path);
}

function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    throw new SearchError('bad-input', `${path}: cannot be written (${toSearchError(cause).message}).`, { cause });
  }
}

export function isUrl(target: string): boolean {
  return /^https?:\/\//.test(target);
}

/** Is this folder an index, made by `findling index` or by an engine over a folder? */
export function isPublishedIndex(folder: string): boolean {
  return [MANIFEST_NAME, manifestName('')].some((name) => existsSync(join(folder, name)));
}

function corpusOf(target: string, sections: boolean): Corpus {
  if (isUrl(target)) return { kind: 'index', location: target, sections };
  const folder = resolve(target);
  const corpus = join(folder, 'corpus.jsonl');
  if (existsSync(corpus))
    return { kind: 'beir', documents: parseCorpus(readText(corpus, 'corpus.jsonl'), join(target, 'corpus.jsonl')) };
  return isPublishedIndex(folder)
    ? { kind: 'index', location: folder, sections }
    : { kind: 'folder', path: folder, sections };
}

export function readQueries(path: string): readonly TestQuery[] {
  const content = readText(path, 'the queries (queries.jsonl, TREC topics, or id<tab>text)');
  return path.endsWith('.jsonl') ? parseQueries(content, path) : parseTopics(content, path);
}

/** Reads a test set: the corpus at `target`, its queries and judgements beside it unless named. */
export function loadSet(target: string, files: SetFiles): LoadedSet {
  if (!isUrl(target) && !(existsSync(target) && statSync(target).isDirectory()))
    throw new SearchError(
      'not-found',
      `${target}: there is no such folder; a BEIR folder, a folder of documents or a published index was expected.`,
    );
  if (isUrl(target) && (files.topics === undefined || files.qrels === undefined))
    throw new SearchError(
      'bad-input',
      'A published index under a URL has no queries beside it: name them with --topics and --qrels.',
    );
  const queries = readQueries(files.topics ?? join(target, 'queries.jsonl'));
  const qrelsPath = files.qrels ?? join(target, 'qrels', `${files.split}.tsv`);
  const judgements = parseQrels(readText(qrelsPath, 'the judgements (qrels)'), qrelsPath);
  const corpus = corpusOf(
    target,
    judgements.some(({ document }) => document.includes('#')),
  );
  const asked = new Set(queries.map(({ id }) => id));
  const known = knownDocuments(corpus);
  const { qrels, warnings } = checkQrels(judgements, qrelsPath, known, asked);
  const name = basename(isUrl(target) ? new URL(target).pathname.replace(/\/+$/, '') : resolve(target)) || target;
  return { name, corpus, queries: queries.filter(({ id }) => qrels.has(id)), qrels, known, warnings };
}

function knownDocuments(corpus: Corpus): Known | undefined {
  if (corpus.kind === 'index') return undefined;
  const items = corpus.kind === 'beir' ? corpus.documents : folderSources(corpus.path);
  const ids = new Set(items.map(({ id }) => id));
  const sections = corpus.kind === 'folder' && corpus.sections;
  return { has: (id) => ids.has(id) || (sections && ids.has(id.replace(/#.*$/s, ''))) };
}

/** Results of which not one was ever judged mean that the judgements name documents in another way. */
export function refuseStrangers({ qrels, name }: Pick<LoadedSet, 'qrels' | 'name'>, runs: readonly Run[]): void {
  const rows = runs.flatMap((run) => [...run].flatMap(([query, found]) => found.map((row) => ({ query, ...row }))));
  if (rows.length === 0 || rows.some(({ query, document }) => qrels.get(query)?.has(document))) return;
  const [judged] = [...qrels.values()].flatMap((grades) => [...grades.keys()]);
  throw new SearchError(
    'bad-input',
    `No result was ever judged: the judgements name documents like "${judged}", and ${name} has documents like "${rows[0]?.document}".`,
  );
}

/** `count` of the queries, evenly spread over the file, and their judgements. */
export function sampled<T extends Pick<LoadedSet, 'queries' | 'qrels'>>(set: T, count: number | undefined): T {
  if (count === undefined || count >= set.queries.length) return set;
  const queries = Array.from(
    { length: count },
    (_, at) => set.queries[Math.floor((at * set.queries.length) / count)],
  ).filter((query): query is TestQuery => query !== undefined);
  const kept = new Set(queries.map(({ id }) => id));
  return { ...set, queries, qrels: new Map([...set.qrels].filter(([query]) => kept.has(query))) };
}
