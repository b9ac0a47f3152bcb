import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluateAsked } from '../../src/cli/eval.ts';
import { openEngineEvaluable } from '../../src/cli/eval-engine.ts';
import { parseEvalOptions } from '../../src/cli/eval-options.ts';
import { toSearchError } from '../../src/core/errors.ts';
import { resultsOf } from '../../src/eval/results.ts';
import { loadCatalog } from '../../src/models/catalog.ts';
import { BLEND_WEIGHT } from '../../src/rerank/blend.ts';
import { fileStore } from '../../src/store/files.ts';
import { withKeptAnswers } from './answers.ts';
import { GATED, ownSetArguments, WITHOUT_RERANKER } from './own-set.ts';
import { qualityPage } from './page.ts';
import { type Results, recordOf, type SetRecord } from './record.ts';

const USAGE = `npm run quality -- [options]    measures every set and writes docs/quality.md

  --sets LIST       only these (scifact, docs-anthropic, cranfield, cisi, msmarco-dl19, own, each also as
                    "scifact sample", and "msmarco-dl19 BM25 run")
  --pipeline LIST   these pipelines on each set, instead of base on samples and all others whole
  --resume          takes reranked answers of an earlier run from .cache/quality: only for the same code and models
  --page            measures nothing, writes the page from the kept results
  --baseline        measures our own set and keeps the results that the test compares with
`;

const root = resolve(import.meta.dirname, '../..');
const shared = resolve(root, '../shared/eval');
const KEPT = join(import.meta.dirname, 'results.json');
const BASELINE = join(import.meta.dirname, 'own-baseline.json');
const FULL = ['own', 'docs-anthropic', 'scifact', 'msmarco-dl19 BM25 run', 'msmarco-dl19', 'cranfield', 'cisi'];
/** The large reranker takes seconds a query on one busy core: it is measured on so many queries of each set. */
const SAMPLE = 30;
/** Shares of the reranker, of which one is in use; the others cost nothing, since its scores are known by then. */
const BLENDS = [0.3, 0.5, 0.7, 1];
const SETS = [...FULL, ...FULL.filter((set) => !set.endsWith(' run')).map((set) => `${set} sample`)];

async function models(): Promise<readonly string[]> {
  const catalog = await loadCatalog(fileStore(join(root, 'models')));
  return catalog.models.map(({ id, revision }) => `${id} r${revision}`);
}

/** Rerankers with a share of their own in the blend. */
async function ownBlends(): Promise<ReadonlyMap<string, number>> {
  const catalog = await loadCatalog(fileStore(join(root, 'models')));
  return new Map(
    catalog.models.flatMap((model) =>
      model.kind === 'cross-encoder' && model.blend !== undefined ? [[model.id, model.blend]] : [],
    ),
  );
}

/** What is measured on a set unless --pipeline says otherwise; rerankers as far as their weights are here. */
async function pipelinesOf(set: string): Promise<readonly string[]> {
  const here = await models();
  const reranked = (...sizes: readonly string[]) =>
    sizes
      .filter((size) => here.some((model) => model.startsWith(`findling-rerank-${size} `)))
      .map((size) => `reranked:${size}`);
  const blends = await ownBlends();
  const blended = (...sizes: readonly string[]) =>
    reranked(...sizes).flatMap((name) => {
      const used = blends.get(name.replace('reranked:', 'findling-rerank-')) ?? BLEND_WEIGHT;
      return [name, ...BLENDS.filter((weight) => weight !== used).map((weight) => `${name}:blend=${weight}`)];
    });
  if (set.endsWith(' run')) return blended('tiny', 'base');
  return set.endsWith(' sample')
    ? ['lexical', 'hybrid:minmax', ...blended('tiny', 'base')]
    : [...WITHOUT_RERANKER, ...blended('tiny'), ...reranked('tiny').map((name) => `${name}:feedback=0`)];
}

async function argumentsOf(set: string, pipelines: readonly string[]): Promise<readonly string[]> {
  const [name = '', kind] = set.split(/ (?:BM25 )?/);
  const wanted = ['--pipeline', pipelines.join(','), ...(kind === 'sample' ? ['--sample', String(SAMPLE)] : [])];
  if (name === 'own') return [...(await ownSetArguments()), ...wanted];
  const folder = join(shared, name);
  return [folder, ...wanted, ...(kind === 'run' ? ['--rerank-run', join(folder, 'runs/BM25.trec')] : [])];
}

async function measure(set: string, pipelines: readonly string[], fresh: boolean): Promise<SetRecord> {
  const options = parseEvalOptions(await argumentsOf(set, pipelines));
  if (options === undefined) throw new Error('The options ask for help.');
  const answers = join(root, '.cache/quality', set.replaceAll(' ', '-'));
  const { evaluation, documents } = await evaluateAsked(options, async ({ corpus }) =>
    withKeptAnswers(await openEngineEvaluable(corpus, { remember: true }), answers, fresh),
  );
  const used = (await models()).filter((model) => {
    const size = /^findling-rerank-(\w+) /.exec(model)?.[1];
    return size === undefined || pipelines.some((pipeline) => pipeline.startsWith(`reranked:${size}`));
  });
  return recordOf(set, documents.length, evaluation, used.join(', '));
}

function keptResults(): Results {
  return existsSync(KEPT) ? JSON.parse(readFileSync(KEPT, 'utf8')) : { models: '', sets: [] };
}

function keep(results: Results): void {
  writeFileSync(KEPT, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(root, 'docs/quality.md'), qualityPage(results));
}

async function makeBaseline(): Promise<void> {
  const options = parseEvalOptions([...(await ownSetArguments()), ...GATED]);
  if (options === undefined) throw new Error('The options ask for help.');
  const { evaluation } = await evaluateAsked(options);
  // Times and bytes differ from machine to machine: the baseline is about relevance.
  const { set, queries, pipelines } = resultsOf(evaluation, false);
  const bare = Object.fromEntries(Object.entries(pipelines).map(([name, { measures }]) => [name, { measures }]));
  writeFileSync(BASELINE, `${JSON.stringify({ set, queries, pipelines: bare }, null, 2)}\n`);
}

async function main(): Promise<void> {
  const flags = {
    sets: { type: 'string' },
    pipeline: { type: 'string' },
    page: { type: 'boolean' },
    resume: { type: 'boolean' },
    baseline: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ options: flags });
  if (values.help) return void process.stdout.write(USAGE);
  if (values.page) return keep(keptResults());
  if (values.baseline) return makeBaseline();
  const asked = values.sets?.split(',') ?? SETS;
  for (const set of asked) {
    if (!SETS.includes(set)) throw new Error(`There is no set "${set}". Known: ${SETS.join(', ')}.`);
    if (!set.startsWith('own') && !existsSync(shared)) {
      process.stderr.write(`${set}: skipped, ../shared/eval is not here\n`);
      continue;
    }
    const pipelines = values.pipeline?.split(',') ?? (await pipelinesOf(set));
    if (pipelines.length === 0) continue;
    process.stderr.write(`${set} …\n`);
    const record = await measure(set, pipelines, values.resume !== true);
    // Kept after each set: an interrupted run has lost one set at most.
    const { sets } = keptResults();
    const all = [...sets.filter((each) => each.set !== set), record].sort(
      (a, b) => SETS.indexOf(a.set) - SETS.indexOf(b.set),
    );
    const blends = [...(await ownBlends())].map(([id, weight]) => `, ${weight} of ${id}`).join('');
    keep({ models: `${(await models()).join(', ')}; blend ${BLEND_WEIGHT} by default${blends}`, sets: all });
  }
}

main().catch((error) => {
  process.stderr.write(`npm run quality: ${toSearchError(error).message}\n`);
  process.exitCode = 1;
});
