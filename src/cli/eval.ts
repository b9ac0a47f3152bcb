import { SearchError } from '../core/errors.ts';
import { parseQrels } from '../eval/beir.ts';
import {
  checkQrels,
  checkRun,
  type JudgedDocument,
  type Run,
  type RunRow,
  type TestQuery,
} from '../eval/collection.ts';
import { driftSince } from '../eval/drift.ts';
import { type Evaluation, evaluate, type PipelineRun } from '../eval/evaluation.ts';
import { dropsSince, missedGates } from '../eval/gates.ts';
import { byScoreThenIdDescending } from '../eval/order.ts';
import { formatDrift, formatReport } from '../eval/report.ts';
import { formatHtml } from '../eval/report-html.ts';
import { parseResults, resultsOf } from '../eval/results.ts';
import { formatRun, parseRun } from '../eval/trec.ts';
import {
  type LoadedSet,
  loadSet,
  readQueries,
  readText,
  refuseStrangers,
  refuseUnwritable,
  sampled,
  writeText,
} from './eval-files.ts';
import { EVAL_USAGE, type EvalOptions, parseEvalOptions } from './eval-options.ts';
import type { Evaluable, PipelineSpec } from './eval-port.ts';
import { progressLine } from './progress-line.ts';

/** Opens what is asked: the engine in Node, or the page's workers in a browser. */
export type OpenEvaluable = (set: LoadedSet, options: EvalOptions) => Promise<Evaluable>;

async function openDefault(set: LoadedSet, options: EvalOptions): Promise<Evaluable> {
  if (options.browser) return (await import('./eval-browser.ts')).openBrowserEvaluable(set, { models: options.models });
  return (await import('./eval-engine.ts')).openEngineEvaluable(set.corpus, options);
}

const note = (text: string) => process.stderr.write(`${text}\n`);

/** `findling eval`. Exit code 0, or 1 when a gate is missed; bad input throws. */
export async function evalCommand(args: readonly string[], open: OpenEvaluable = openDefault): Promise<number> {
  const options = parseEvalOptions(args);
  if (options === undefined) {
    process.stdout.write(EVAL_USAGE);
    return 0;
  }
  // Files that would only be read or written after an hour of searching are tried now, so that their errors come now.
  for (const path of [options.runOut, options.html]) if (path !== undefined) refuseUnwritable(path);
  const baseline =
    options.baseline === undefined
      ? undefined
      : parseResults(readText(options.baseline, 'earlier results'), options.baseline);
  const last =
    options.against === undefined
      ? undefined
      : parseResults(readText(options.against, 'earlier results'), options.against);
  const { evaluation, documents } = await evaluateAsked(options, open);
  const results = resultsOf(evaluation, options.perQuery);
  process.stdout.write(
    options.json ? `${JSON.stringify(results, null, 1)}\n` : formatReport(evaluation, options.perQuery),
  );
  writeOutputs(evaluation, documents, options);
  if (last !== undefined) {
    const texts = new Map(evaluation.queries.map(({ id, text }) => [id, text]));
    const drift = formatDrift(driftSince(resultsOf(evaluation, true), last, options.measures[0]?.label ?? ''), texts);
    if (options.json) note(drift);
    else process.stdout.write(`\n${drift}`);
  }
  const failures = [
    ...missedGates(results, options.gates),
    ...(baseline === undefined ? [] : dropsSince(results, baseline, options.maxDrop)),
  ];
  for (const failure of failures) note(`findling eval: ${failure}`);
  return failures.length > 0 ? 1 : 0;
}

interface Asked {
  readonly evaluation: Evaluation;
  readonly documents: readonly JudgedDocument[];
}

/** Searches and measures what the options ask for, and prints nothing but warnings. */
export async function evaluateAsked(options: EvalOptions, open: OpenEvaluable = openDefault): Promise<Asked> {
  const { measures, pool, depth } = options;
  if (options.target === undefined) return givenRunAlone(options);
  const whole = loadSet(options.target, options);
  const set = sampled(whole, options.sample);
  for (const warning of set.warnings) note(`findling eval: ${warning}`);
  const documents = set.corpus.kind === 'beir' ? set.corpus.documents : [];
  const given = options.givenRun ?? options.rerankRun;
  const first = given === undefined ? [] : [readGivenRun(given, whole)];
  const runs = options.givenRun === undefined ? [...first, ...(await searchAll(set, options, open, first[0]))] : first;
  if (set.corpus.kind !== 'beir')
    refuseStrangers(
      set,
      runs.map(({ run }) => run),
    );
  return {
    evaluation: evaluate({
      set: set.name,
      queries: set.queries,
      qrels: set.qrels,
      documents,
      measures,
      runs,
      pool,
      depth,
    }),
    documents,
  };
}

function readGivenRun(path: string, { qrels, known }: Pick<LoadedSet, 'qrels' | 'known'>): PipelineRun {
  const run = parseRun(readText(path, 'a TREC run'), path);
  for (const warning of checkRun(run, path, qrels, known)) note(`findling eval: ${warning}`);
  return { name: path.replace(/^.*[/\\]/, ''), run, milliseconds: [] };
}

/** `--given-run` with `--qrels`: nothing is searched, so no corpus is needed. */
function givenRunAlone(options: EvalOptions): Asked {
  const { qrels: path, givenRun = '', measures, pool, depth, sample } = options;
  if (path === undefined)
    throw new SearchError('bad-input', 'With --given-run name the folder of the test set, or --qrels FILE.');
  const judgements = parseQrels(readText(path, 'the judgements (qrels)'), path);
  const { qrels: judged } = checkQrels(judgements, path, undefined, undefined);
  const topics: readonly TestQuery[] =
    options.topics === undefined ? [...judged.keys()].map((id) => ({ id, text: id })) : readQueries(options.topics);
  const { queries, qrels } = sampled({ queries: topics.filter(({ id }) => judged.has(id)), qrels: judged }, sample);
  const run = readGivenRun(givenRun, { qrels: judged, known: undefined });
  refuseStrangers({ qrels: judged, name: run.name }, [run.run]);
  return {
    evaluation: evaluate({ set: path, queries, qrels, documents: [], measures, runs: [run], pool, depth }),
    documents: [],
  };
}

async function searchAll(
  set: LoadedSet,
  options: EvalOptions,
  open: OpenEvaluable,
  given: PipelineRun | undefined,
): Promise<readonly PipelineRun[]> {
  const evaluable = await open(set, options);
  try {
    const runs: PipelineRun[] = [];
    for (const spec of options.pipelines) {
      if (given !== undefined && spec.pipeline !== 'reranked')
        throw new SearchError('bad-input', `--rerank-run takes "reranked" pipelines only, not "${spec.label}".`);
      runs.push(await searchOne(set.queries, spec, evaluable, options, given?.run));
    }
    return runs;
  } finally {
    await evaluable.close();
  }
}

/** Asks all queries, one after another, so that each has the machine for itself and its time means something. */
async function searchOne(
  queries: readonly TestQuery[],
  spec: PipelineSpec,
  evaluable: Evaluable,
  options: EvalOptions,
  given: Run | undefined,
): Promise<PipelineRun> {
  const ask = ({ id, text }: TestQuery) =>
    given === undefined
      ? evaluable.search(text, spec, options.depth)
      : evaluable.rerank(text, [...(given.get(id) ?? [])].sort(byScoreThenIdDescending).slice(0, options.depth), spec);
  // The first query pays for loading models and blocks; its time is not a query's time.
  if (queries[0] !== undefined) await ask(queries[0]);
  const run = new Map<string, readonly RunRow[]>();
  const milliseconds: number[] = [];
  const skipped = new Map<string, number>();
  const line = progressLine();
  for (const [index, query] of queries.entries()) {
    const found = await ask(query);
    run.set(query.id, found.rows);
    milliseconds.push(found.milliseconds);
    for (const stage of found.skipped) skipped.set(stage, (skipped.get(stage) ?? 0) + 1);
    line.count(spec.label, index + 1, queries.length, 'questions');
  }
  line.end();
  const stages = [...skipped].map(([stage, count]) => `${stage} (${count} of ${queries.length} queries)`);
  for (const stage of stages) note(`findling eval: ${spec.label}: skipped ${stage}`);
  const bytes = await evaluable.bytes(spec);
  return { name: spec.label, run, milliseconds, ...(bytes === undefined ? {} : { bytes }), skipped: stages };
}

function writeOutputs(evaluation: Evaluation, documents: readonly JudgedDocument[], options: EvalOptions): void {
  if (options.runOut !== undefined)
    for (const { name, run } of evaluation.pipelines)
      writeText(
        evaluation.pipelines.length === 1 ? options.runOut : runPath(options.runOut, name),
        formatRun(run, name),
      );
  if (options.html === undefined) return;
  const titles = new Map(documents.map(({ id, title, text }) => [id, title === '' ? `${text.slice(0, 100)}…` : title]));
  writeText(
    options.html,
    formatHtml(evaluation, (document) => titles.get(document) ?? document),
  );
}

/** out.trec, hybrid:minmax → out.hybrid-minmax.trec */
function runPath(path: string, name: string): string {
  const at = path.lastIndexOf('.');
  const safe = name.replace(/[^\w.-]+/g, '-');
  return at <= path.lastIndexOf('/') ? `${path}.${safe}` : `${path.slice(0, at)}.${safe}${path.slice(at)}`;
}
