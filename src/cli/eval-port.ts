import { SearchError } from '../core/errors.ts';
import type { FusionOption, PipelineName } from '../engine/types.ts';
import type { RunRow } from '../eval/collection.ts';
import { numberOf } from './arguments.ts';

/** A pipeline with its options, as written: `reranked:base:minmax:pool=30`. */
export interface PipelineSpec {
  /** As written; the key in results. */
  readonly label: string;
  readonly pipeline: PipelineName;
  readonly fusion?: FusionOption;
  /** Id of a cross-encoder in the catalog. */
  readonly reranker?: string;
  readonly candidates?: number;
  readonly blend?: number;
  readonly feedback?: number;
  readonly rarity?: number;
  readonly windows?: number;
  /** BM25 weights of the fields, in the order of FIELDS. */
  readonly boosts?: readonly [title: number, heading: number, body: number];
}

/** What one query found: documents by their best passage, best first. */
export interface Found {
  readonly rows: readonly RunRow[];
  readonly milliseconds: number;
  /** Stages that failed and were left out: "rerank: reason". */
  readonly skipped: readonly string[];
}

/** Whatever can be asked: an engine in Node, one in a browser's workers, a fake. */
export interface Evaluable {
  /** What is in use when a spec names none: BM25's weights of the fields, the shares of lexical and of the reranker. */
  readonly boosts: readonly [title: number, heading: number, body: number];
  /** Of 1 in min-max fusion; the rest is dense's. */
  readonly lexicalShare: number;
  /** The share of the spec's reranker. */
  blendOf(spec: PipelineSpec): Promise<number>;
  /** About `depth` documents, fewer where there are no more. */
  search(query: string, spec: PipelineSpec, depth: number): Promise<Found>;
  /** Puts given documents, best first, into the order of the spec's reranker, blended as it would blend its own pool. */
  rerank(query: string, documents: readonly RunRow[], spec: PipelineSpec): Promise<Found>;
  /** The reranker's raw logit for each document: of its best passage, −∞ for one that the corpus lacks. */
  logits(query: string, documents: readonly string[], spec: PipelineSpec): Promise<readonly number[]>;
  /** Bytes that the pipeline needs: its part of the index, and its models. */
  bytes(spec: PipelineSpec): Promise<number | undefined>;
  close(): Promise<void>;
}

const NAMES: readonly PipelineName[] = ['lexical', 'dense', 'hybrid', 'reranked'];
const OPTIONS =
  'rrf, minmax, weights=1/2 (lexical/dense), tiny, base, model=<id>, feedback=<passages>, rarity=<0 to 1>, windows=<passages>, pool=<passages>, blend=<0 to 1>';

function numberIn(text: string | undefined, label: string, low: number, high: number): number {
  const value = numberOf(text ?? '');
  if (!(value >= low && value <= high))
    throw new SearchError(
      'bad-input',
      `In the pipeline "${label}" a number from ${low} to ${high} was expected, not "${text}".`,
    );
  return value;
}

type SpecOptions = Omit<PipelineSpec, 'label' | 'pipeline'> & {
  readonly weights?: readonly [lexical: number, dense: number];
};

function optionOf(option: string, label: string): SpecOptions {
  const [key, value] = option.split('=');
  switch (key) {
    case 'rrf':
      return { fusion: { method: 'rrf' } };
    case 'minmax':
    case 'min-max':
      return { fusion: { method: 'min-max' } };
    case 'tiny':
    case 'base':
      return { reranker: `findling-rerank-${key}` };
    case 'model':
      return { reranker: value ?? '' };
    case 'pool':
      return { candidates: numberIn(value, label, 1, 10_000) };
    case 'blend':
      return { blend: numberIn(value, label, 0, 1) };
    case 'feedback':
      return { feedback: numberIn(value, label, 0, 100) };
    case 'rarity':
      return { rarity: numberIn(value, label, 0, 1) };
    case 'windows':
      return { windows: numberIn(value, label, 0, 1000) };
    case 'weights': {
      const [lexical, dense] = (value ?? '').split('/');
      return { weights: [numberIn(lexical, label, 0, 1e6), numberIn(dense, label, 0, 1e6)] };
    }
    default:
      throw new SearchError(
        'bad-input',
        `The pipeline "${label}" has an unknown option "${option}". Known: ${OPTIONS}.`,
      );
  }
}

/** `lexical`, `hybrid:minmax`, `hybrid:minmax:weights=1/2`, `reranked:base:pool=30:blend=0.7`, … */
export function parsePipeline(label: string): PipelineSpec {
  const [name = '', ...options] = label.split(':');
  const pipeline = NAMES.find((each) => each === name);
  if (pipeline === undefined)
    throw new SearchError(
      'bad-input',
      `There is no pipeline "${name}". Known: ${NAMES.join(', ')}; with options after ":" ${OPTIONS}.`,
    );
  const parsed: SpecOptions = Object.fromEntries(options.flatMap((option) => Object.entries(optionOf(option, label))));
  const { weights, ...rest } = parsed;
  const spec: PipelineSpec = { label, pipeline, ...rest };
  if ((spec.fusion ?? weights ?? spec.feedback) !== undefined && (pipeline === 'lexical' || pipeline === 'dense'))
    throw new SearchError('bad-input', `"${label}": ${pipeline} fuses nothing, so it takes no option of a fusion.`);
  if ((spec.rarity ?? spec.windows) !== undefined && pipeline === 'lexical')
    throw new SearchError('bad-input', `"${label}": lexical has no embeddings, so it takes no ${options.join(':')}.`);
  if ((spec.reranker ?? spec.candidates ?? spec.blend) !== undefined && pipeline !== 'reranked')
    throw new SearchError('bad-input', `"${label}": only "reranked" takes ${options.join(':')}.`);
  return weights === undefined ? spec : { ...spec, fusion: { ...(spec.fusion ?? { method: 'min-max' }), weights } };
}

export function parsePipelines(text: string): readonly PipelineSpec[] {
  const labels = text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  if (labels.length === 0)
    throw new SearchError('bad-input', `No pipeline was named; try --pipeline ${NAMES.join(',')}.`);
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) throw new SearchError('bad-input', `The pipeline "${twice}" is named twice.`);
  return labels.map(parsePipeline);
}
