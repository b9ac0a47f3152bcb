import { once } from '../core/cancellation.ts';
import type { StoredPassage } from '../core/document.ts';
import type { Context, Embedder, Fusion, Query, Reranker, Retriever, StageEvent } from '../core/ports.ts';
import { emptyRanking, type Ranking } from '../core/ranking.ts';
import { minMax } from '../fuse/min-max.ts';
import { rrf } from '../fuse/rrf.ts';
import { excerpt, matcher } from '../index/lexical/highlights.ts';
import { parseQuery } from '../index/lexical/query.ts';
import { blend } from '../rerank/blend.ts';
import { bm25 } from '../retrieve/bm25.ts';
import { type DenseOptions, dense, denseRescore, feedback } from '../retrieve/dense.ts';
import { identifierHolders } from '../retrieve/identifier.ts';
import { type NamedPassages, namedPassages, nothingNamed } from '../retrieve/named.ts';
import { type WeighWords, weighByRarity } from '../retrieve/rarity.ts';
import { windowReader } from '../retrieve/windows.ts';
import { createAnswers, type Present } from './answering.ts';
import { withoutNulls } from './checks.ts';
import { answerable, constrain, FAR, NEAR } from './constraint.ts';
import { countFilters, narrowed } from './filtering.ts';
import { leading, type Upheld } from './fusing.ts';
import { headStart, heldBack } from './head-start.ts';
import type { CorpusMoment, SearchableCorpus } from './moments.ts';
import { createOpening } from './opening.ts';
import { checkSearch } from './options.ts';
import { pipelines } from './pipelines.ts';
import { merge, remember } from './retrievers.ts';
import { createTimings, type Timings } from './timings.ts';
import type { Answer, FilterCounts, FusionOption, SearchOptions } from './types.ts';
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
  /** What searches may be narrowed to. */
  filters(signal?: AbortSignal): Promise<FilterCounts>;
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

function fusionOf(option: FusionOption | undefined, isWindowed: boolean): Fusion {
  const usual = FUSION_WEIGHTS[isWindowed ? 'windowed' : 'whole'];
  if (option?.method !== 'rrf') return minMax({ weights: option?.weights ?? usual });
  const { method: _, ...rest } = option;
  return rrf(rest);
}

/** Runs pipelines over the corpora. Each search opens its own moment of every corpus. */
export function createSearcher(parts: SearcherParts): Searcher {
  const timings = createTimings();
  const openMoments = createOpening(parts.corpora);
  const publishedNames = new Set(parts.corpora.flatMap(({ name, optional }) => (optional ? [name] : [])));
  let semanticIsWarm = false;

  const prepare = async (text: string, given: SearchOptions, context: Context, ready: Promise<void>) => {
    checkSearch(text, given);
    const options = withoutNulls(given);
    const asked = parseQuery(text, options.typing === undefined ? {} : { typing: options.typing });
    const opened = await openMoments(context);
    const moments = await Promise.all(opened.map((moment) => narrowed(moment, options.filters ?? {}, context.signal)));
    const union = unite(moments);
    const { passages } = union;
    const far = parts.corpora.some(({ optional }) => optional);
    const languages = parts.language === undefined ? {} : { languages: [parts.language] };
    const weigh = weighByRarity(union.terms, { exponent: options.rarity ?? DEFAULTS.rarity, ...languages });
    const windows = options.windows ?? (far ? 0 : DEFAULTS.windows);
    const limit = options.limit ?? DEFAULTS.limit;
    // Several passages may be of one section, of which one is shown.
    const depth = options.depth ?? Math.max(DEFAULTS.depth, 2 * limit);
    const meant = new Set<string>();
    const onMeant = (found: readonly string[]) => {
      for (const term of found) meant.add(term);
    };
    const words = remember(bm25({ ...union, options: { weights: options.fields ?? {}, ...languages }, onMeant }));
    // Who has titles or headings count for nothing asks for texts.
    const namesCount = options.fields?.title !== 0 && options.fields?.heading !== 0;
    const names = named(async () => (namesCount ? namedPassages(asked, union, context.signal) : nothingNamed));
    const query = await answerable(asked, words, depth, context);
    const semantic = semanticOf(moments, parts.embedder, weigh, windows);
    const isWindowed = semantic.some(({ readWindows }) => readWindows !== undefined);
    const retrievers = {
      bm25: leading(words, names.tiers),
      dense: heldBack(constrain(denseOf(semantic), passages, far ? FAR : NEAR), ready),
    };
    const reranker = parts.reranker(options.budgetMs === undefined ? {} : { budgetMs: options.budgetMs });
    const all = pipelines(
      {
        ...{ ...retrievers, fusion: fusionOf(options.fusion, isWindowed), reranker, passages },
        rescore: denseRescore(semantic, query),
        feedback: feedback(semantic),
        telling: options.feedback ?? (far ? 0 : DEFAULTS.feedback),
        upheld: together(
          names.sure,
          once(() => identifierHolders(query, { ...union, ...languages }, context.signal)),
        ),
        limit,
      },
      {
        candidates: options.candidates ?? DEFAULTS.candidates,
        blend(fused, reranked) {
          const weight = options.blend ?? reranker.blend;
          return blend(fused, reranked, weight === undefined ? {} : { weight });
        },
      },
    );
    return { query, meant, namesCount, passages, depth, limit, pipeline: all[options.pipeline ?? DEFAULTS.pipeline] };
  };

  const timed = (onStage: (event: StageEvent) => void) => (event: StageEvent) => {
    if (event.kind === 'ranked' && event.complete) timings.record(event.stage, event.ms);
    if (event.kind === 'ranked' && event.stage === 'dense') semanticIsWarm = true;
    onStage(event);
  };

  interface Asking {
    readonly text: string;
    readonly options: SearchOptions;
    readonly signal: AbortSignal;
    onAnswer(answer: Answer): void;
  }

  /** `isSecond`: an index was published anew while it was read, and has been opened again. */
  const search = async ({ text, options, signal, onAnswer }: Asking, isSecond = false): Promise<Answer> => {
    const start = performance.now();
    let last = 'bm25';
    let answered = false;
    let [isReading, isReplaced, isAbandoned] = [false, false, false];
    const first = headStart();
    if (semanticIsWarm || options.pipeline === 'dense') first.end();
    const events: StageEvent[] = [];
    let forward = (event: StageEvent): void => void events.push(event);
    const context = { signal, onStage: timed((event) => forward(event)) };
    const prepared = await prepare(text, options, context, first.over);
    const { query, meant, namesCount, passages, pipeline, depth, limit } = prepared;
    const shown = new Set(options.pipeline === 'dense' ? ['dense'] : ['bm25', 'hybrid', 'reranked']);
    const answers = createAnswers({
      query: text,
      limit,
      explain: options.explain ?? false,
      namesCount,
      shown,
      last: pipeline.name,
      passages,
      present: presenter(query, meant, options.excerptLength ?? DEFAULTS.excerptLength),
      onAnswer(answer) {
        if (isAbandoned) return;
        answered = true;
        first.end();
        onAnswer(answer);
      },
      start,
      signal,
    });
    forward = (event) => {
      if (event.kind === 'ranked' && event.complete && shown.has(event.stage)) last = event.stage;
      // What was not there to be opened is not there.
      if (isReading && event.kind === 'skipped' && event.code === 'not-found')
        isReplaced ||= publishedNames.has(event.stage);
      answers.onStage(event);
    };
    for (const event of events) forward(event);
    isReading = true;
    try {
      const found = await pipeline.retrieve(query, depth, context);
      isAbandoned = isReplaced && !isSecond;
      if (isAbandoned) return await search({ text, options, signal, onAnswer }, true);
      timings.record('total', performance.now() - start);
      return await answers.finish(found, last);
    } finally {
      if (answered) warmAll(parts.corpora);
    }
  };

  return {
    timings,
    async filters(signal = new AbortController().signal) {
      return countFilters(await openMoments({ signal, onStage: () => undefined }), signal);
    },
    async rank(text, options = {}, signal = new AbortController().signal, onStage = () => undefined) {
      const context = { signal, onStage: timed(onStage) };
      const { query, pipeline, depth } = await prepare(text, options, context, Promise.resolve());
      return pipeline.retrieve(query, depth, context);
    },
    search: (text, options = {}, signal = new AbortController().signal, onAnswer = () => undefined) =>
      search({ text, options, signal, onAnswer }),
  };
}

/** What a question names is looked up once: the tiers that lead the list by words, and what stays above the others in all. */
function named(look: () => Promise<NamedPassages>) {
  const found = once(look);
  const tiers = async () => {
    const { pages, sections, probable } = await found();
    return [pages, sections, probable];
  };
  const sure: Upheld = async () => {
    const { pages, sections } = await found();
    return new Set([...pages, ...sections]);
  };
  return { tiers, sure };
}

function together(...all: readonly Upheld[]): Upheld {
  return async () => new Set((await Promise.all(all.map((each) => each()))).flatMap((ids) => [...ids]));
}

/** What fails here is read again, and reported, by the question that needs it. */
function warmAll(corpora: readonly SearchableCorpus[]): void {
  for (const corpus of corpora) corpus.warm?.().catch(() => undefined);
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
function presenter(query: Query, meant: ReadonlySet<string>, length: number): Present {
  const matchers = new Map<string, ReturnType<typeof matcher>>();
  return async (passage) => {
    const matching = matchers.get(passage.language) ?? matcher(query, [passage.language], meant);
    matchers.set(passage.language, matching);
    const { ranges: rangesIn, asked } = await matching;
    const body = withoutHeading(passage);
    const { text, ranges } = excerpt(body, rangesIn(body), length, asked);
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
