import { copyFileSync, cpSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, posix, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Document } from '../core/document.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import { formatCorpus, formatQrels, formatQueries, parseCorpus, parseQrels, parseQueries } from '../eval/beir.ts';
import { checkQrels, type Qrels, qrelsOf, type TestQuery, type TestSet } from '../eval/collection.ts';
import { type Anchor, questionsFrom } from '../eval/judging.ts';
import { readDocument } from '../ingest/document.ts';
import { readLinks } from '../ingest/links.ts';
import { fileStore } from '../store/files.ts';
import { listen, parsed, portOf } from './arguments.ts';
import { isPublishedIndex, readText } from './eval-files.ts';
import { natural } from './eval-options.ts';
import type { Evaluable } from './eval-port.ts';
import { folderSources } from './eval-sources.ts';
import { indexedDocuments } from './judge-index.ts';
import { createJudgeServer } from './judge-server.ts';
import { createJudgeSession } from './judge-session.ts';

const USAGE = `findling judge: make a test set, and grade its results by hand

Usage: findling judge <folder> [options]

  <folder>          documents or a published index (a first test set is made of headings, FAQs and links), or a BEIR
                    folder to go on with (in a copy, with --out)
  --out DIR         where the test set is written (<folder>-testset); what is there already is kept and gone on with
  --limit N         questions made at most (200)        --seed N       which of them (1)
  --pipeline LIST   whose results are pooled for grading (lexical,dense,hybrid)
  --depth N         results of each (10)                --port N       of the page (4180)
  --make-only       makes the test set and ends
  --models DIR      folder with catalog.json and the weights

Then: findling eval DIR
`;

const FLAGS = {
  out: { type: 'string' },
  limit: { type: 'string' },
  seed: { type: 'string' },
  pipeline: { type: 'string' },
  depth: { type: 'string' },
  port: { type: 'string' },
  'make-only': { type: 'boolean' },
  models: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** `findling judge`. Serves the page until interrupted, unless --make-only. */
export async function judgeCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = readFlags(args);
  const [folder] = positionals;
  if (values.help || folder === undefined) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const port = portOf(values.port ?? '4180');
  const isSet = existsSync(join(folder, 'corpus.jsonl'));
  const out = values.out ?? (isSet ? folder : `${resolve(folder)}-testset`);
  if (!existsSync(join(out, 'corpus.jsonl')) && isSet) copyTestSet(folder, out);
  else if (!existsSync(join(out, 'corpus.jsonl'))) {
    const limit = natural(values.limit, 'limit') ?? 200;
    const set = await makeTestSet(folder, {
      name: basename(resolve(folder)),
      limit,
      seed: natural(values.seed, 'seed') ?? 1,
    });
    writeTestSet(out, set);
    process.stderr.write(
      `${out}: ${set.documents.length} sections, ${set.queries.length} questions with one judged section each\n`,
    );
  }
  if (values['make-only']) return 0;
  const { openEngineEvaluable } = await import('./eval-engine.ts');
  const { documents } = readSet(out);
  const evaluable = await openEngineEvaluable({ kind: 'beir', documents }, { models: values.models });
  await serveJudging(out, evaluable, {
    pipelines: values.pipeline ?? 'lexical,dense,hybrid',
    depth: natural(values.depth, 'depth') ?? 10,
    port,
  });
  return 0;
}

function readFlags(args: readonly string[]) {
  return parsed('judge', () => parseArgs({ args: [...args], options: FLAGS, allowPositionals: true }));
}

/** Questions from the documents under a folder; documents that cannot be read are left out. */
export async function makeTestSet(
  folder: string,
  options: { readonly name: string; readonly limit: number; readonly seed: number },
): Promise<TestSet> {
  if (!existsSync(folder))
    throw new SearchError('not-found', `${folder}: there is no such folder; one with documents was expected.`);
  // An index keeps texts, and no links: headings and FAQs are all it can ask with.
  if (isPublishedIndex(folder)) return questionsFrom(await indexedDocuments(fileStore(folder), folder), [], options);
  const documents: Document[] = [];
  const anchors: Anchor[] = [];
  const sources = folderSources(folder);
  const ids = new Set(sources.map(({ id }) => id));
  for (const source of sources) {
    try {
      documents.push(await readDocument(source));
    } catch (error) {
      process.stderr.write(`findling judge: left out ${source.id}: ${toSearchError(error).message}\n`);
      continue;
    }
    if (source.type !== 'html' && source.type !== 'markdown') continue;
    for (const { text, href } of await readLinks(source)) {
      const target = targetOf(source.id, href, ids);
      if (target !== undefined) anchors.push({ from: source.id, text, ...target });
    }
  }
  return questionsFrom(documents, anchors, options);
}

/** The document that a relative link leads to, if it is one of ours; `page`, `page/` and `page.html` may mean `page.md`. */
function targetOf(from: string, href: string, ids: ReadonlySet<string>): Pick<Anchor, 'to' | 'fragment'> | undefined {
  if (/^[a-z][a-z+.-]*:|^\/\//i.test(href)) return undefined;
  const [path = '', fragment = ''] = href.split('#');
  const clean = path.replace(/\?.*$/, '');
  const target =
    clean === ''
      ? from
      : posix.normalize(clean.startsWith('/') ? clean.slice(1) : posix.join(posix.dirname(from), clean));
  const stem = target.replace(/\/$/, '').replace(/\.(html?|mdx?|markdown)$/i, '');
  const candidates = [
    target,
    ...['md', 'mdx', 'html', 'htm'].flatMap((type) => [`${stem}.${type}`, `${stem}/index.${type}`]),
  ];
  const to = candidates.find((id) => ids.has(id));
  return to === undefined ? undefined : { to, fragment: decodeFragment(fragment) };
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    // A stray % is part of the name.
    return fragment;
  }
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

/** A BEIR folder; the first, weak judgements are kept in qrels/weak.tsv too. */
export function writeTestSet(out: string, { documents, queries, qrels }: TestSet): void {
  mkdirSync(join(out, 'qrels'), { recursive: true });
  writeWhole(join(out, 'queries.jsonl'), formatQueries(queries));
  writeWhole(join(out, 'qrels/test.tsv'), formatQrels(qrels));
  writeWhole(join(out, 'qrels/weak.tsv'), formatQrels(qrels));
  // Last: a folder with a corpus counts as made.
  writeWhole(join(out, 'corpus.jsonl'), formatCorpus(documents));
}

/** Whole files: those of others may have fields that are not ours. */
function copyTestSet(folder: string, out: string): void {
  readSet(folder); // Or says what is missing.
  mkdirSync(out, { recursive: true });
  cpSync(join(folder, 'qrels'), join(out, 'qrels'), { recursive: true });
  copyFileSync(join(folder, 'queries.jsonl'), join(out, 'queries.jsonl'));
  const corpus = join(out, 'corpus.jsonl');
  copyFileSync(join(folder, 'corpus.jsonl'), `${corpus}.part`);
  renameSync(`${corpus}.part`, corpus);
}

/** What stands in a test set's folder. A file of judgements with a header alone is one whose last grade was taken back. */
function readSet(folder: string) {
  const path = (name: string) => join(folder, name);
  const [queriesPath, qrelsPath] = [path('queries.jsonl'), path('qrels/test.tsv')];
  const documents = parseCorpus(readText(path('corpus.jsonl'), 'the corpus'), path('corpus.jsonl'));
  const queries = parseQueries(readText(queriesPath, 'the queries'), queriesPath);
  const text = readText(qrelsPath, 'the judgements');
  const judgements = text === formatQrels(new Map()) ? [] : parseQrels(text, qrelsPath);
  const ids = (items: readonly { readonly id: string }[]) => new Set(items.map(({ id }) => id));
  if (judgements.length > 0) checkQrels(judgements, qrelsPath, ids(documents), ids(queries));
  return { documents, queries, qrels: qrelsOf(judgements, qrelsPath), queriesPath, qrelsPath };
}

interface ServeOptions {
  readonly pipelines: string;
  readonly depth: number;
  readonly port: number;
}

/** Serves the page over a test set's folder; resolves when its server is closed. */
export async function serveJudging(
  folder: string,
  evaluable: Evaluable,
  options: ServeOptions,
  onReady?: (url: string, close: () => void) => void,
): Promise<void> {
  const { queriesPath, qrelsPath, ...set } = readSet(folder);
  const saveGrades = async (graded: Qrels) => writeWhole(qrelsPath, formatQrels(graded));
  // What stands there stays as it is: it may have fields that are not ours.
  const addQuery = async (query: TestQuery) => {
    const text = readText(queriesPath, 'the queries');
    writeWhole(queriesPath, `${text}${text.endsWith('\n') ? '' : '\n'}${formatQueries([query])}`);
  };
  const { pipelines, depth, port } = options;
  const server = createJudgeServer(createJudgeSession({ ...set, evaluable, pipelines, depth, saveGrades, addQuery }));
  const url = `http://127.0.0.1:${await listen(server, port)}/`;
  process.stderr.write(`Grade at ${url} with the keys 0–3; every grade is saved to ${qrelsPath}. Ctrl-C ends.\n`);
  const closed = new Promise<void>((resolveClosed) => server.once('close', resolveClosed));
  onReady?.(url, () => {
    server.closeAllConnections();
    server.close();
  });
  await closed;
}
