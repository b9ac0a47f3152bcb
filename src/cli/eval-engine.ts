import type { Embedder, Reranker, StageEvent, Store } from '../core/ports.ts';
import type { Ranking } from '../core/ranking.ts';
import type { CorpusMoment } from '../engine/moments.ts';
import { createSearcher, FUSION_WEIGHTS, type Searcher } from '../engine/searcher.ts';
import type { SearchOptions } from '../engine/types.ts';
import { parseQuery } from '../index/lexical/query.ts';
import { loadCatalog, staticEmbedderEntry } from '../models/catalog.ts';
import { BLEND_WEIGHT } from '../rerank/blend.ts';
import { createScoreCache, type ScoreCache } from '../rerank/scores.ts';
import { DEFAULTS as BM25, bm25 } from '../retrieve/bm25.ts';
import { fileStore } from '../store/files.ts';
import { blendRows } from './eval-blend.ts';
import { type OpenedCorpus, openCorpusOf } from './eval-corpus.ts';
import type { Corpus } from './eval-files.ts';
import type { Evaluable, Found, PipelineSpec } from './eval-port.ts';
import { DEFAULT_RERANKER, type NodeReranker, openNodeReranker } from './eval-reranker.ts';
import { MODELS, nodeSemantic } from './node-engine.ts';
import { uncancelled } from './uncancelled.ts';

export interface EngineOptions {
  readonly models?: string | undefined;
  /** Keeps rerankers' scores, so that a second blend of the same queries costs nothing. Times are then of no use. */
  readonly remember?: boolean;
}

/** What `findling search` would run in Node, over a test set's documents, a folder or a published index. */
export async function openEngineEvaluable(
  corpus: Corpus,
  { models = MODELS, remember = false }: EngineOptions = {},
): Promise<Evaluable> {
  const store = fileStore(models);
  const semantic = await nodeSemantic(models);
  const opened = await openCorpusOf(corpus, semantic);
  const signal = uncancelled();
  const moment = await opened.searchable.moment(signal);
  const rerankers = openRerankers(store, remember ? createScoreCache(100_000) : undefined);
  const search = searching(opened, moment, semantic.embedder, rerankers, signal);
  const logits = scoring(opened, moment, rerankers, signal);
  const { weights } = BM25;
  const blendOf = async (spec: PipelineSpec) => spec.blend ?? (await rerankers.of(spec)).blend ?? BLEND_WEIGHT;
  return {
    boosts: [weights.title, weights.heading, weights.body],
    lexicalShare: FUSION_WEIGHTS[opened.searchable.optional ? 'whole' : 'windowed'][0],
    blendOf,
    search,
    logits,
    async rerank(query, documents, spec): Promise<Found> {
      const start = performance.now();
      const pool = documents.slice(0, spec.candidates ?? documents.length).map(({ document }) => document);
      const rows = blendRows(documents, await logits(query, pool, spec), await blendOf(spec));
      return { rows, milliseconds: performance.now() - start, skipped: [] };
    },
    bytes: (spec) => bytesOf(spec, opened, moment, store, rerankers),
    close: () => rerankers.close(),
  };
}

interface Rerankers {
  of(spec: PipelineSpec): Promise<NodeReranker>;
  reranker(spec: PipelineSpec): Promise<Reranker>;
  close(): Promise<void>;
}

/** Each loaded at its first use. */
function openRerankers(store: Store, cache: ScoreCache | undefined): Rerankers {
  const opened = new Map<string, Promise<NodeReranker>>();
  const of = ({ reranker = DEFAULT_RERANKER }: PipelineSpec) => {
    const known = opened.get(reranker) ?? openNodeReranker(store, reranker);
    opened.set(reranker, known);
    return known;
  };
  return {
    of,
    reranker: async (spec) => (await of(spec)).reranker(cache),
    async close() {
      for (const reranker of opened.values()) await reranker.then(({ close }) => close()).catch(() => undefined);
    },
  };
}

function searching(
  { searchable, rowsOf }: OpenedCorpus,
  moment: CorpusMoment,
  embedder: Embedder,
  rerankers: Rerankers,
  signal: AbortSignal,
): Evaluable['search'] {
  const searchers = new Map<string, Searcher>();
  const searcherOf = (spec: PipelineSpec): Searcher => {
    const known = searchers.get(spec.reranker ?? '');
    if (known !== undefined) return known;
    // A model that cannot be loaded is a stage that is skipped, as on a page.
    let loaded: Reranker | undefined;
    const rerank: Reranker['rerank'] = async (...args) => {
      loaded = await rerankers.reranker(spec);
      return loaded.rerank(...args);
    };
    const made = createSearcher({
      corpora: [searchable],
      embedder,
      reranker: () => ({
        name: 'reranker',
        rerank,
        get blend() {
          return loaded?.blend;
        },
      }),
    });
    searchers.set(spec.reranker ?? '', made);
    return made;
  };
  return async (text, spec, depth) => {
    const skipped: string[] = [];
    const onStage = (event: StageEvent): void => {
      if (event.kind === 'skipped') skipped.push(`${event.stage}: ${event.reason}`);
    };
    const start = performance.now();
    const found = await (spec.boosts === undefined
      ? searcherOf(spec).rank(text, optionsOf(spec, depth), signal, onStage)
      : weighted(moment, text, spec.boosts, depth * 3, signal));
    const milliseconds = performance.now() - start;
    return { rows: (await rowsOf(found, moment)).slice(0, depth), milliseconds, skipped };
  };
}

function scoring(
  opened: OpenedCorpus,
  moment: CorpusMoment,
  rerankers: Rerankers,
  signal: AbortSignal,
): Evaluable['logits'] {
  return async (query, documents, spec) => {
    const passages = await opened.passagesOf(documents, moment);
    const reranker = await rerankers.reranker(spec);
    const context = { signal, onStage: () => undefined };
    const scored = await reranker.rerank(parseQuery(query, { typing: false }), passages.flat(), context);
    const logits = new Map(scored.map(({ id, score }) => [id, score]));
    return passages.map((own) => Math.max(...own.map(({ id }) => logits.get(id) ?? Number.NEGATIVE_INFINITY)));
  };
}

async function bytesOf(
  spec: PipelineSpec,
  { bytes }: OpenedCorpus,
  moment: CorpusMoment,
  store: Store,
  rerankers: Rerankers,
): Promise<number | undefined> {
  if (bytes === undefined) return undefined;
  const { files } = staticEmbedderEntry(await loadCatalog(store));
  const { vectors, terms, embedder } = moment;
  // A published index brings its words' rows along, coded together with everything else: it is counted whole.
  const vectorBytes = embedder === undefined ? terms.statistics().passages * ((vectors?.dimensions ?? 0) + 4) : 0;
  if (spec.pipeline === 'lexical') return bytes - vectorBytes;
  const embedderBytes = embedder === undefined ? Object.values(files).reduce((sum, file) => sum + file.bytes, 0) : 0;
  const rerankerBytes = spec.pipeline === 'reranked' ? (await rerankers.of(spec)).bytes : 0;
  return bytes + embedderBytes + rerankerBytes;
}

/**
 * Retrievers inside a fusion give as many passages as they do on a page. A retriever that is measured alone gives
 * more, because several passages may belong to one document and `depth` counts documents; its order is the same.
 */
export function optionsOf(
  { pipeline, fusion, candidates, blend: weight, feedback, rarity, windows }: PipelineSpec,
  depth: number,
): SearchOptions {
  return {
    pipeline,
    depth: pipeline === 'lexical' || pipeline === 'dense' ? depth * 3 : depth,
    typing: false,
    ...(fusion === undefined ? {} : { fusion }),
    ...(candidates === undefined ? {} : { candidates }),
    ...(weight === undefined ? {} : { blend: weight }),
    ...(feedback === undefined ? {} : { feedback }),
    ...(rarity === undefined ? {} : { rarity }),
    ...(windows === undefined ? {} : { windows }),
  };
}

/** BM25 alone with other weights than the engine's. */
function weighted(
  { terms, numbers, passages }: CorpusMoment,
  text: string,
  [title, heading, body]: Evaluable['boosts'],
  depth: number,
  signal: AbortSignal,
): Promise<Ranking> {
  const retriever = bm25({ terms, numbers, passages, options: { weights: { title, heading, body } } });
  return retriever.retrieve(parseQuery(text, { typing: false }), depth, { signal, onStage: () => undefined });
}
