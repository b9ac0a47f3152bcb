import type { StoredPassage } from '../core/document.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import type { Context, Embedder, Fusion, Query, Reranker, Retriever, StageEvent } from '../core/ports.ts';
import { emptyRanking, type Ranking } from '../core/ranking.ts';
import { minMax } from '../fuse/min-max.ts';
import { rrf } from '../fuse/rrf.ts';
import { excerpt, matcher } from '../index/lexical/highlights.ts';
import { parseQuery } from '../index/lexical/query.ts';
import { blend } from '../rerank/blend.ts';
import { DEFAULTS as BM25, bm25 } from '../retrieve/bm25.ts';
import { type DenseOptions, dense, denseRescore, feedback } from '../retrieve/dense.ts';
import { type WeighWords, weighByRarity } from '../retrieve/rarity.ts';
import { windowReader } from '../retrieve/windows.ts';
import { createAnswers, type Present } from './answering.ts';
import { constrain, FAR, NEAR } from './constraint.ts';
import { headStart, heldBack } from './head-start.ts';
import type { CorpusMoment, SearchableCorpus } from './moments.ts';
import { tolerant } from './optional.ts';
import { pipelines } from './pipelines.ts';
import { merge } from './retrievers.ts';
import { createTimings, type Timings } from './timings.ts';
import type { Answer, FusionOption, SearchOptions } from './types.ts';
import { unite } from './union.ts';

export interface SearcherParts {
  readonly corpora: readonly SearchableCorpus[];
  readonly embedder: Embedder;
  readonly reranker: (options: RerankChoice) => Reranker;
  /** BCP 47 of questions; each corpus's own languages if absent. */
  readonly language?: string;
}

export interface RerankChoice {
  readonly budgetMs?: number;
}

export interface Searcher {
  search(
    text: string,
    options?: SearchOptions,
    signal?: AbortSignal,
    onAnswer?: (answer: Answer) => void,
  ): Promise<Answer>;
  /** The same without texts: ids and scores of the chosen pipeline, `depth` of them. For evaluation. */
  rank(
    text: string,
    options?: SearchOptions,
    signal?: AbortSignal,
    onStage?: (event: StageEvent) => void,
  ): Promise<Ranking>;
  readonly timings: Timings;
}

export const DEFAULTS = {
  pipeline: 'hybrid',
  limit: 10,
  depth: 100,
  candidates: 50,
  /** Of a published index none: a second look costs a question to it 12 % more bytes (docs/decisions/0014). */
  feedback: 3,
  rarity: 0.7,
  /** Of a published index none: rows are there for questions only, and its scores would not compare. */
  windows: 100,
  excerptLength: 240,
} as const;

/**
 * Lexical and dense in min-max fusion, where vectors are of whole passages (docs/decisions/0003), and where their windows are read too:
 * what is better deserves more (0017). Of 1 together. Above one half, an exact hit that is the only one outranks the nearest vector.
 */
export const FUSION_WEIGHTS = { whole: [0.6, 0.4], windowed: [0.52, 0.48] } as const;

function fusionOf(option: FusionOption | undefined, windows: number): Fusion {
  const usual = FUSION_WEIGHTS[windows === 0 ? 'whole' : 'windowed'];
  if (option?.method !== 'rrf') return minMax({ weights: option?.weights ?? usual });
  const { method: _, ...rest } = option;
  return rrf(rest);
}

function fieldsOf(fields: SearchOptions['fields'] = {}): NonNullable<SearchOptions['fields']> {
  const whole = { ...BM25.weights, ...fields };
  const wrong = Object.entries(whole).find(([, weight]) => !(weight >= 0 && Number.isFinite(weight)));
  if (wrong !== undefined)
    throw new SearchError('bad-input', `The weight of the field ${wrong[0]} must be 0 or more, not ${wrong[1]}.`);
  if (Object.values(whole).every((weight) => weight === 0))
    throw new SearchError('bad-input', 'One of the fields title, heading and body must weigh more than 0.');
  return fields;
}

function wholeOf(name: string, option: number): number {
  if (!(Number.isInteger(option) && option >= 0))
    throw new SearchError('bad-input', `${name} takes a whole number of passages, 0 for none, not ${option}.`);
  return option;
}

/** Runs pipelines over the corpora. Each search opens its own moment of every corpus. */
export function createSearcher(parts: SearcherParts): Searcher {
  const timings = createTimings();
  let semanticIsWarm = false;

  const prepare = async (text: string, options: SearchOptions, context: Context, ready: Promise<void>) => {
    const query = parseQuery(text, options.typing === undefined ? {} : { typing: options.typing });
    const moments = await openMoments(parts.corpora, context);
    const union = unite(moments);
    const { passages } = union;
    const weights = fieldsOf(options.fields);
    const far = parts.corpora.some(({ optional }) => optional);
    const languages = parts.language === undefined ? {} : { languages: [parts.language] };
    const weigh = weighByRarity(union.terms, { exponent: options.rarity ?? DEFAULTS.rarity, ...languages });
    const windows = wholeOf('windows', options.windows ?? (far ? 0 : DEFAULTS.windows));
    const semantic = semanticOf(moments, parts.embedder, weigh, windows);
    const retrievers = {
      bm25: bm25({ ...union, options: { weights, ...languages } }),
      dense: heldBack(constrain(denseOf(semantic), passages, far ? FAR : NEAR), ready),
    };
    const reranker = parts.reranker(options.budgetMs === undefined ? {} : { budgetMs: options.budgetMs });
    const all = pipelines(
      {
        ...{ ...retrievers, fusion: fusionOf(options.fusion, windows), reranker, passages },
        rescore: denseRescore(semantic, query),
        feedback: feedback(semantic),
        telling: wholeOf('feedback', options.feedback ?? (far ? 0 : DEFAULTS.feedback)),
        limit: options.limit ?? DEFAULTS.limit,
      },
      {
        candidates: options.candidates ?? DEFAULTS.candidates,
        blend(fused, reranked) {
          const weight = options.blend ?? reranker.blend;
          return blend(fused, reranked, weight === undefined ? {} : { weight });
        },
      },
    );
    return { query, passages, pipeline: all[options.pipeline ?? DEFAULTS.pipeline] };
  };

  const timed = (onStage: (event: StageEvent) => void) => (event: StageEvent) => {
    if (event.kind === 'ranked' && event.complete) timings.record(event.stage, event.ms);
    if (event.kind === 'ranked' && event.stage === 'dense') semanticIsWarm = true;
    onStage(event);
  };

  return {
    timings,
    async rank(text, options = {}, signal = new AbortController().signal, onStage = () => undefined) {
      const context = { signal, onStage: timed(onStage) };
      const { query, pipeline } = await prepare(text, options, context, Promise.resolve());
      return pipeline.retrieve(query, options.depth ?? DEFAULTS.depth, context);
    },
    async search(text, options = {}, signal = new AbortController().signal, onAnswer = () => undefined) {
      const start = performance.now();
      let last = 'bm25';
      let answered = false;
      const first = headStart();
      if (semanticIsWarm || options.pipeline === 'dense') first.end();
      const events: StageEvent[] = [];
      let forward = (event: StageEvent): void => void events.push(event);
      const context = { signal, onStage: timed((event) => forward(event)) };
      const limit = options.limit ?? DEFAULTS.limit;
      const { query, passages, pipeline } = await prepare(text, options, context, first.over);
      const shown = new Set(options.pipeline === 'dense' ? ['dense'] : ['bm25', 'hybrid', 'reranked']);
      const answers = createAnswers({
        query: text,
        limit,
        explain: options.explain ?? false,
        shown,
        last: pipeline.name,
        passages,
        present: presenter(query, options.excerptLength ?? DEFAULTS.excerptLength),
        onAnswer(answer) {
          answered = true;
          first.end();
          onAnswer(answer);
        },
        start,
        signal,
      });
      forward = (event) => {
        if (event.kind === 'ranked' && event.complete && shown.has(event.stage)) last = event.stage;
        answers.onStage(event);
      };
      for (const event of events) forward(event);
      try {
        const found = await pipeline.retrieve(query, options.depth ?? Math.max(DEFAULTS.depth, limit), context);
        timings.record('total', performance.now() - start);
        return await answers.finish(found, last);
      } finally {
        if (answered) warmAll(parts.corpora);
      }
    },
  };
}

/** What fails here is read again, and reported, by the question that needs it. */
function warmAll(corpora: readonly SearchableCorpus[]): void {
  for (const corpus of corpora) corpus.warm?.().catch(() => undefined);
}

/** Optional corpora that cannot be opened are left out and named. */
async function openMoments(corpora: readonly SearchableCorpus[], context: Context): Promise<readonly CorpusMoment[]> {
  const moments = await Promise.all(
    corpora.map(async (corpus) => {
      try {
        const moment = await corpus.moment(context.signal);
        return corpus.optional ? tolerant(moment, corpus.name, context) : moment;
      } catch (cause) {
        const error = toSearchError(cause);
        if (!corpus.optional || error.code === 'aborted') throw error;
        if (error.code !== 'not-found')
          context.onStage({ kind: 'skipped', stage: corpus.name, code: error.code, reason: error.message });
        return undefined;
      }
    }),
  );
  return moments.filter((moment) => moment !== undefined);
}

const nothing: Retriever = { name: 'nothing', retrieve: async () => emptyRanking };

/** Those that have vectors, each with what embeds questions to it. */
function semanticOf(
  moments: readonly CorpusMoment[],
  embedder: Embedder,
  weigh: WeighWords,
  windows: number,
): readonly DenseOptions[] {
  return moments.flatMap(({ vectors, numbers, passages, embedder: own = embedder }) => {
    const readWindows = windowReader({ embedder: own, passages, most: windows });
    return vectors === undefined ? [] : [{ embedder: own, vectors, numbers, readWindows, weigh }];
  });
}

function denseOf(corpora: readonly DenseOptions[]): Retriever {
  return merge('dense', corpora.length === 0 ? [nothing] : corpora.map(dense));
}

/** Marks what matched by the rules of each passage's own language: another's stop words would light up as words. */
function presenter(query: Query, length: number): Present {
  const matchers = new Map<string, ReturnType<typeof matcher>>();
  return async (passage) => {
    const match = matchers.get(passage.language) ?? matcher(query, [passage.language]);
    matchers.set(passage.language, match);
    const body = withoutHeading(passage);
    const { text, ranges } = excerpt(body, (await match)(body), length);
    return { excerpt: { text, highlights: ranges } };
  };
}

/**
 * The page's title and headings stand in a text at its start, and above the excerpt already. It may begin with a word or a sentence
 * that begins as they do, too: only lines of their own are left out.
 */
function withoutHeading({ title, heading, text }: StoredPassage): string {
  const rest = [title, ...heading].reduce(
    (left, line) => (left.startsWith(`${line}\n`) ? left.slice(line.length).trimStart() : left),
    text,
  );
  return rest === '' ? text : rest;
}
