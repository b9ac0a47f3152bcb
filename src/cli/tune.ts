import { parseArgs } from 'node:util';
import { SearchError } from '../core/errors.ts';
import type { SearchOptions } from '../engine/types.ts';
import { calibrationQuality, fitIsotonic, fitPlatt, type LabelledLogit } from '../eval/calibration.ts';
import type { RunRow } from '../eval/collection.ts';
import { type Measure, parseMeasure } from '../eval/measure-syntax.ts';
import { measureQuery } from '../eval/measures.ts';
import { type Parameter, type Setting, splitQueries, type Tuned, tune, unitGrid } from '../eval/tuning.ts';
import { parsed } from './arguments.ts';
import { blendRows } from './eval-blend.ts';
import { type LoadedSet, loadSet, refuseStrangers, refuseUnwritable, sampled, writeText } from './eval-files.ts';
import { natural } from './eval-options.ts';
import { type Evaluable, type PipelineSpec, parsePipeline } from './eval-port.ts';
import { progressLine } from './progress-line.ts';
import { namedParts, partsFor } from './tune-parts.ts';
import { type FittedCalibration, formatTuning, type Part, type TuneResults } from './tune-report.ts';

const USAGE = `findling tune: fit fusion, blend and field weights to judged queries

Usage: findling tune <folder|index> [options]

  <folder|index>     as for findling eval
  --parts LIST       fusion,fields,blend,calibration (all; of a published index fusion,fields)
  --measure NAME     what is made better (nDCG@10)         --reranker NAME   tiny, base or a model's id (tiny)
  --pool N           passages given to the reranker (50)   --sample N        only N of the queries
  --split NAME       qrels/NAME.tsv (test)                 --seed N          of the train/test split (1)
  --topics FILE, --qrels FILE, --models DIR                as for findling eval
  --json             the result as JSON, nothing else on stdout
  --out FILE         search options to use: the tuned value where the held-out gain is real

Half of the queries are fitted to; the other half says what it is worth.
`;

const FLAGS = {
  parts: { type: 'string' },
  measure: { type: 'string' },
  reranker: { type: 'string' },
  pool: { type: 'string' },
  sample: { type: 'string' },
  split: { type: 'string' },
  seed: { type: 'string' },
  topics: { type: 'string' },
  qrels: { type: 'string' },
  models: { type: 'string' },
  json: { type: 'boolean' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

interface Tuning {
  readonly set: LoadedSet;
  readonly evaluable: Evaluable;
  readonly measure: Measure;
  readonly seed: number;
  readonly reranked: PipelineSpec;
  readonly pool: number;
}

/** `findling tune`. */
export async function tuneCommand(
  args: readonly string[],
  open: (set: LoadedSet, models: string | undefined) => Promise<Evaluable> = openEngine,
): Promise<number> {
  const { values, positionals } = readFlags(args);
  const [target] = positionals;
  if (values.help || target === undefined) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const named = namedParts(values.parts);
  if (values.out !== undefined) refuseUnwritable(values.out);
  const set = sampled(
    loadSet(target, { split: values.split ?? 'test', topics: values.topics, qrels: values.qrels }),
    natural(values.sample, 'sample'),
  );
  for (const warning of set.warnings) process.stderr.write(`findling tune: ${warning}\n`);
  const parts = await partsFor(set.corpus, named);
  const evaluable = await open(set, values.models);
  const name = values.reranker ?? 'tiny';
  const tuning: Tuning = {
    set,
    evaluable,
    measure: parseMeasure(values.measure ?? 'nDCG@10'),
    seed: natural(values.seed, 'seed') ?? 1,
    reranked: parsePipeline(name === 'tiny' || name === 'base' ? `reranked:${name}` : `reranked:model=${name}`),
    pool: natural(values.pool, 'pool') ?? 50,
  };
  const fitted: Fitted = {};
  try {
    await refuseUnjudged(tuning);
    // What is fitted took long: it is given out although a later part fails.
    await fitParts(parts, tuning, fitted).finally(() => giveOut(resultsOf(tuning, fitted), values));
  } finally {
    await evaluable.close();
  }
  return 0;
}

function giveOut(results: TuneResults, { json, out }: { readonly json?: boolean; readonly out?: string }): void {
  if (Object.keys(results.tuned).length === 0 && results.calibration === undefined) return;
  process.stdout.write(json ? `${JSON.stringify(results, null, 1)}\n` : formatTuning(results));
  if (out !== undefined)
    writeText(out, `${JSON.stringify({ ...results.options, calibration: results.calibration?.chosen }, null, 2)}\n`);
}

async function openEngine(set: LoadedSet, models: string | undefined): Promise<Evaluable> {
  return (await import('./eval-engine.ts')).openEngineEvaluable(set.corpus, { models });
}

function readFlags(args: readonly string[]) {
  return parsed('tune', () => parseArgs({ args: [...args], options: FLAGS, allowPositionals: true }));
}

/** Without a single judged result every setting would be worth nothing. Ends at the first. */
async function refuseUnjudged({ set, evaluable }: Tuning): Promise<void> {
  if (set.corpus.kind === 'beir') return;
  const run = new Map<string, readonly RunRow[]>();
  for (const { id, text } of set.queries) {
    const { rows } = await evaluable.search(text, { label: 'hybrid', pipeline: 'hybrid' }, 100);
    if (rows.some(({ document }) => set.qrels.get(id)?.has(document))) return;
    run.set(id, rows);
  }
  refuseStrangers(set, [run]);
}

interface Fitted {
  fusion?: Tuned;
  fields?: Tuned;
  blend?: Tuned;
  calibration?: FittedCalibration;
}

/** Fits one part after another into `fitted`, which keeps them when a later one fails. */
async function fitParts(parts: readonly Part[], tuning: Tuning, fitted: Fitted): Promise<void> {
  if (parts.includes('fusion')) fitted.fusion = await tuneFusion(tuning);
  if (parts.includes('fields')) fitted.fields = await tuneFields(tuning);
  if (!parts.includes('blend') && !parts.includes('calibration')) return;
  const pools = await scorePools(tuning);
  if (parts.includes('blend')) fitted.blend = await tuneBlend(tuning, pools);
  if (parts.includes('calibration')) fitted.calibration = fitCalibration(tuning, pools);
}

function resultsOf({ set, measure }: Tuning, { calibration, ...tuned }: Fitted): TuneResults {
  const { fusion, fields, blend } = tuned;
  return {
    set: set.name,
    measure: measure.label,
    tuned,
    ...(calibration && { calibration }),
    options: {
      ...(fusion?.gain && { fusion: fusionOf(fusion.setting) }),
      ...(fields?.gain && { fields: fieldsOf(fields.setting) }),
      ...(blend?.gain && { blend: blend.setting.blend ?? 0 }),
    },
  };
}

function fusionOf({ method = 0, lexical = 0.5 }: Setting): NonNullable<SearchOptions['fusion']> {
  return { method: method === 0 ? 'min-max' : 'rrf', weights: [lexical, Number((1 - lexical).toFixed(2))] };
}

function fieldsOf(setting: Setting): NonNullable<SearchOptions['fields']> {
  const [title, heading, body] = boostsOf(setting);
  return { title, heading, body };
}

function boostsOf({ title = 1, heading = 1 }: Setting): readonly [title: number, heading: number, body: number] {
  return [title, heading, 1];
}

/** Value of the measure for each query under one pipeline. */
async function valuesOf(
  { set, evaluable, measure }: Tuning,
  spec: PipelineSpec,
  queries: readonly string[],
): Promise<readonly number[]> {
  const texts = new Map(set.queries.map(({ id, text }) => [id, text]));
  const values: number[] = [];
  for (const query of queries) {
    const { rows, skipped } = await evaluable.search(texts.get(query) ?? '', spec, 100);
    if (skipped[0] !== undefined)
      throw new SearchError('unsupported', `"${spec.label}" cannot be tuned, a stage fails: ${skipped[0]}`);
    values.push(measureQuery(measure, rows, set.qrels.get(query) ?? new Map()));
  }
  return values;
}

const idsOf = ({ set }: Tuning) => set.queries.map(({ id }) => id);

async function tunePipeline(
  part: Part,
  tuning: Tuning,
  parameters: readonly Parameter[],
  specOf: (setting: Setting) => PipelineSpec,
): Promise<Tuned> {
  const line = progressLine();
  let settings = 0;
  const objective = (setting: Setting, queries: readonly string[]) => {
    line.count(part, settings, 0, 'settings');
    settings += 1;
    return valuesOf(tuning, specOf(setting), queries);
  };
  const tuned = await tune(parameters, idsOf(tuning), objective, { seed: tuning.seed });
  line.end();
  return tuned;
}

function tuneFusion(tuning: Tuning): Promise<Tuned> {
  const parameters = [
    { name: 'method', initial: 0, values: [0, 1] },
    { name: 'lexical', initial: tuning.evaluable.lexicalShare, values: unitGrid(20) },
  ];
  return tunePipeline('fusion', tuning, parameters, (setting) => ({
    label: 'hybrid',
    pipeline: 'hybrid',
    fusion: fusionOf(setting),
  }));
}

function tuneFields(tuning: Tuning): Promise<Tuned> {
  const [title, heading] = tuning.evaluable.boosts;
  const values = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
  const parameters = [
    { name: 'title', initial: title, values },
    { name: 'heading', initial: heading, values },
  ];
  return tunePipeline('fields', tuning, parameters, (setting) => ({
    label: 'lexical',
    pipeline: 'lexical',
    boosts: boostsOf(setting),
  }));
}

/** What the reranker was given for a query, and its logits: computed once, for every blend. */
interface ScoredPool {
  readonly rows: readonly RunRow[];
  readonly logits: readonly number[];
}

async function scorePools({ set, evaluable, reranked, pool }: Tuning): Promise<ReadonlyMap<string, ScoredPool>> {
  const pools = new Map<string, ScoredPool>();
  const line = progressLine();
  for (const { id, text } of set.queries) {
    line.count(reranked.label, pools.size, set.queries.length, 'questions');
    const { rows } = await evaluable.search(text, { label: 'hybrid', pipeline: 'hybrid' }, 100);
    const head = rows.slice(0, pool);
    pools.set(id, {
      rows,
      logits: await evaluable.logits(
        text,
        head.map(({ document }) => document),
        reranked,
      ),
    });
  }
  line.end();
  return pools;
}

async function tuneBlend(
  { set, measure, seed, evaluable, reranked }: Tuning,
  pools: ReadonlyMap<string, ScoredPool>,
): Promise<Tuned> {
  const objective = async ({ blend = 0 }: Setting, queries: readonly string[]) =>
    queries.map((query) => {
      const { rows, logits } = pools.get(query) ?? { rows: [], logits: [] };
      return measureQuery(measure, blendRows(rows, logits, blend), set.qrels.get(query) ?? new Map());
    });
  const parameters = [{ name: 'blend', initial: await evaluable.blendOf(reranked), values: unitGrid(20) }];
  return tune(
    parameters,
    set.queries.map(({ id }) => id),
    objective,
    { seed },
  );
}

/** Pairs of the pools; what nobody judged counts as not relevant, which is nearly always so and makes p a little low. */
function fitCalibration({ set, seed }: Tuning, pools: ReadonlyMap<string, ScoredPool>): FittedCalibration {
  const pairsOf = (queries: readonly string[]): readonly LabelledLogit[] =>
    queries.flatMap((query) => {
      const { rows, logits } = pools.get(query) ?? { rows: [], logits: [] };
      return logits.flatMap((logit, index) => {
        const grade = set.qrels.get(query)?.get(rows[index]?.document ?? '') ?? 0;
        return Number.isFinite(logit) ? [{ logit, relevant: grade > 0 }] : [];
      });
    });
  const { trainSide, testSide } = splitQueries(
    set.queries.map(({ id }) => id),
    { seed },
  );
  const [train, test] = [pairsOf(trainSide), pairsOf(testSide)];
  const [platt, isotonic] = [fitPlatt(train), fitIsotonic(train)];
  const quality = {
    raw: calibrationQuality({ kind: 'platt', slope: 1, intercept: 0 }, test),
    platt: calibrationQuality(platt, test),
    isotonic: calibrationQuality(isotonic, test),
  };
  const chosen = quality.isotonic.logLoss < quality.platt.logLoss ? isotonic : platt;
  return { chosen, pairs: train.length + test.length, quality };
}
