import { parseArgs } from 'node:util';
import { linkTo } from '../core/document.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import { filterIn, type GivenFilters, joinFilters } from '../core/filters.ts';
import type { Store } from '../core/ports.ts';
import { createSearcher } from '../engine/searcher.ts';
import { staticIndex } from '../engine/static-index.ts';
import type { Answer, PipelineName, SearchOptions } from '../engine/types.ts';
import { fileStore } from '../store/files.ts';
import { httpStore } from '../store/http.ts';
import { parsed } from './arguments.ts';
import { languageFolders } from './index-languages.ts';
import { uncancelled } from './uncancelled.ts';

const HELP = `findling search "<question>" --index <folder|url> [options]

  --index <folder|url>   an index that findling index wrote; several are searched as one
  --pipeline <name>      lexical, dense or hybrid (default)
  --filter <name:value>  only pages that have this value of a filter; of one filter several values may be given
  --limit <n>            results, 10 by default
  --json                 print the answer as JSON

A question that begins with a dash goes to the end, after two: findling search --index dist/findling -- '->>'
`;
const PIPELINES: readonly string[] = ['lexical', 'dense', 'hybrid'] satisfies PipelineName[];

const OPTIONS = {
  index: { type: 'string', multiple: true },
  pipeline: { type: 'string', default: 'hybrid' },
  filter: { type: 'string', multiple: true },
  limit: { type: 'string', default: '10' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export async function searchCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(
    'search',
    () => parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS }),
    "A question that begins with a dash goes to the end, after '--'.",
  );
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  // Words without quotes come one by one.
  const question = positionals.join(' ').trim();
  const limit = Number(values.limit);
  if (question === '') throw new SearchError('bad-input', 'findling search takes a question. See --help.');
  if (values.index === undefined)
    throw new SearchError('bad-input', 'Say where the index is: --index <folder or url>, as findling index wrote it.');
  if (!isPipeline(values.pipeline))
    throw new SearchError('bad-input', `--pipeline is one of ${PIPELINES.join(', ')}, not ${values.pipeline}.`);
  if (!Number.isInteger(limit) || limit < 1)
    throw new SearchError('bad-input', '--limit takes a whole number from 1 on.');
  const filters = joinFilters(...(values.filter ?? []).map(filterOf));
  const answer = await ask(values.index, question, { pipeline: values.pipeline, limit, filters });
  process.stdout.write(values.json ? `${JSON.stringify(answer)}\n` : said(answer));
  for (const { stage, reason } of answer.skipped) process.stderr.write(`${stage} left out: ${reason}\n`);
  return answer.skipped.length > 0 ? 1 : 0;
}

function filterOf(text: string): GivenFilters {
  const filter = filterIn(text);
  if (filter === undefined)
    throw new SearchError('bad-input', `--filter takes a name and a value, e.g. 'section:Guide', not '${text}'.`);
  return filter;
}

function isPipeline(name: string): name is PipelineName {
  return PIPELINES.includes(name);
}

async function ask(places: readonly string[], question: string, options: SearchOptions): Promise<Answer> {
  const corpora = places.map((place) => staticIndex(place, storeOf(place)));
  // An index that is not there is an error here; a page would go on without it.
  await Promise.all(
    corpora.map((corpus) => corpus.open().catch((error: unknown) => refuseParent(corpus.name, toSearchError(error)))),
  );
  const refuse = () => Promise.reject(new SearchError('unsupported', 'This command runs no models.'));
  const searcher = createSearcher({
    corpora,
    embedder: { embedQuery: refuse, embedPassages: refuse },
    reranker: () => ({ name: 'none', rerank: refuse }),
  });
  return searcher.search(question, { ...options, typing: false }, uncancelled());
}

/** The error of an index that could not be opened; of a folder above several it names those. */
async function refuseParent(place: string, error: SearchError): Promise<never> {
  // A URL has no folders to look into.
  const folders = error.code === 'not-found' ? await languageFolders(place).catch(() => []) : [];
  if (folders.length === 0) throw error;
  throw new SearchError(
    'not-found',
    `${place} has an index for each language. Name one or several: --index ${folders.join(' --index ')}.`,
    { cause: error },
  );
}

function storeOf(place: string): Store {
  return /^https?:\/\//.test(place) ? httpStore(place) : fileStore(place);
}

function said({ results }: Answer): string {
  if (results.length === 0) return 'nothing found\n';
  const lines = results.map(({ title, heading, url, anchor, excerpt }, at) => {
    return `${at + 1}. ${[title, ...heading].join(' › ')}\n   ${linkTo(url, anchor)}\n   ${excerpt.text.replace(/\s+/g, ' ').trim()}\n`;
  });
  return lines.join('');
}
