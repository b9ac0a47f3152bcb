import { parseArgs } from 'node:util';
import { SearchError } from '../core/errors.ts';
import { type Gate, parseGates } from '../eval/gates.ts';
import { DEFAULT_MEASURES, type Measure, parseMeasures } from '../eval/measure-syntax.ts';
import { numberOf, parsed } from './arguments.ts';
import { type PipelineSpec, parsePipelines } from './eval-port.ts';

export interface EvalOptions {
  /** Folder or URL; undefined with --given-run alone. */
  readonly target: string | undefined;
  readonly pipelines: readonly PipelineSpec[];
  readonly measures: readonly Measure[];
  readonly split: string;
  readonly topics: string | undefined;
  readonly qrels: string | undefined;
  readonly depth: number;
  readonly pool: number;
  /** Only this many queries, drawn evenly. */
  readonly sample: number | undefined;
  readonly givenRun: string | undefined;
  readonly rerankRun: string | undefined;
  readonly runOut: string | undefined;
  readonly perQuery: boolean;
  readonly json: boolean;
  readonly html: string | undefined;
  readonly gates: readonly Gate[];
  readonly baseline: string | undefined;
  readonly maxDrop: number;
  readonly against: string | undefined;
  readonly browser: boolean;
  readonly models: string | undefined;
}

export const EVAL_USAGE = `findling eval: how good is the search on judged queries?

Usage: findling eval <folder|url> [options]

  <folder|url>         a BEIR folder (corpus.jsonl, queries.jsonl, qrels/*.tsv), a folder of documents, or a published index
  --pipeline LIST      lexical,dense,hybrid,reranked (default); options after a colon: hybrid:minmax, reranked:tiny,
                       reranked:base, reranked:model=ID, weights=1/2, feedback=0, rarity=0, windows=0, pool=30, blend=0.5
  --measures LIST      in ir_measures' syntax; default "${DEFAULT_MEASURES}"
  --topics FILE        queries: queries.jsonl, TREC topics, or id<tab>text     --split NAME  qrels/NAME.tsv (test)
  --qrels FILE         judgements: BEIR tsv or TREC qrels                      --sample N    only N of the queries
  --depth N            documents asked of a pipeline (100)                     --pool N      pool of the ceiling line (50)
  --given-run FILE     only measures this TREC run                             --run FILE    writes the runs
  --rerank-run FILE    reranks this TREC run with each "reranked" pipeline
  -q                   values of single queries too       --json               results as JSON, nothing else on stdout
  --html FILE          a page with curves and the worst queries side by side
  --fail-below LIST    "nDCG@10=0.70 lexical/R@100=0.8": exit code 1 below it
  --baseline FILE      earlier --json; exit code 1 when a measure fell by more than --max-drop (0.01)
  --against FILE       earlier --json -q: which queries moved since
  --browser            asks the built page's own workers in Chromium instead of Node
  --models DIR         folder with catalog.json and the weights
`;

const FLAGS = {
  pipeline: { type: 'string' },
  measures: { type: 'string' },
  split: { type: 'string' },
  topics: { type: 'string' },
  qrels: { type: 'string' },
  depth: { type: 'string' },
  pool: { type: 'string' },
  sample: { type: 'string' },
  'given-run': { type: 'string' },
  'rerank-run': { type: 'string' },
  run: { type: 'string' },
  'per-query': { type: 'boolean', short: 'q' },
  json: { type: 'boolean' },
  html: { type: 'string' },
  'fail-below': { type: 'string' },
  baseline: { type: 'string' },
  'max-drop': { type: 'string' },
  against: { type: 'string' },
  browser: { type: 'boolean' },
  models: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** A whole number of at least 1 after a flag. */
export function natural(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new SearchError('bad-input', `--${flag} takes a whole number of at least 1, not "${text}".`);
  return value;
}

/** Reads the command line; undefined where help was asked for. */
export function parseEvalOptions(args: readonly string[]): EvalOptions | undefined {
  const { values, positionals } = readFlags(args);
  if (values.help) return undefined;
  if (positionals.length > 1)
    throw new SearchError('bad-input', `One folder at a time, please: ${positionals.join(', ')}.`);
  const [target] = positionals;
  if (target === undefined && values['given-run'] === undefined)
    throw new SearchError('bad-input', 'Name a folder: findling eval <folder>. See findling eval --help.');
  const maxDrop = numberOf(values['max-drop'] ?? '0.01');
  if (!(maxDrop >= 0)) throw new SearchError('bad-input', `--max-drop takes a number, not "${values['max-drop']}".`);
  const reranks = values['rerank-run'] !== undefined;
  return {
    target,
    pipelines: parsePipelines(values.pipeline ?? (reranks ? 'reranked' : 'lexical,dense,hybrid,reranked')),
    measures: parseMeasures(values.measures ?? DEFAULT_MEASURES),
    split: values.split ?? 'test',
    topics: values.topics,
    qrels: values.qrels,
    depth: natural(values.depth, 'depth') ?? 100,
    pool: natural(values.pool, 'pool') ?? 50,
    sample: natural(values.sample, 'sample'),
    givenRun: values['given-run'],
    rerankRun: values['rerank-run'],
    runOut: values.run,
    perQuery: values['per-query'] ?? false,
    json: values.json ?? false,
    html: values.html,
    gates: values['fail-below'] === undefined ? [] : parseGates(values['fail-below']),
    baseline: values.baseline,
    maxDrop,
    against: values.against,
    browser: values.browser ?? false,
    models: values.models,
  };
}

function readFlags(args: readonly string[]) {
  return parsed('eval', () => parseArgs({ args: [...args], options: FLAGS, allowPositionals: true }));
}
