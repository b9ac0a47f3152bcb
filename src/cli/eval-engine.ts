import { setMaxListeners } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type PassageId, passageId, type StoredPassage, splitPassageId } from '../core/document.ts';
import type { StageEvent } from '../core/ports.ts';
import type { Ranking, ScoredPassage } from '../core/ranking.ts';
import { corpusFingerprint } from '../engine/local-corpus.ts';
import type { CorpusMoment, SearchableCorpus } from '../engine/moments.ts';
import { openReadOnlyCorpus } from '../engine/published-corpus.ts';
import { createSearcher, FUSION_WEIGHTS, type Searcher } from '../engine/searcher.ts';
import { staticIndex } from '../engine/static-index.ts';
import type { SearchOptions } from '../engine/types.ts';
import type { RunRow } from '../eval/collection.ts';
import { bestPassages } from '../eval/maxp.ts';
import { parseQuery } from '../index/lexical/query.ts';
import { MANIFEST_NAME } from '../index/published/manifest.ts';
import { CHUNKER_VERSION } from '../ingest/passages.ts';
import { loadCatalog, staticEmbedderEntry } from '../models/catalog.ts';
import { BLEND_WEIGHT } from '../rerank/blend.ts';
import { DEFAULTS as BM25, bm25 } from '../retrieve/bm25.ts';
import { fileStore } from '../store/files.ts';
import { httpStore } from '../store/http.ts';
import { memoryStore } from '../store/memory.ts';
import { blendRows } from './eval-blend.ts';
import { type Corpus, isUrl } from './eval-files.ts';
import type { Evaluable, Found, PipelineSpec } from './eval-port.ts';
import { DEFAULT_RERANKER, type NodeReranker, openNodeReranker } from './eval-reranker.ts';
import { folderSources, judgedSourceId, judgedSources } from './eval-sources.ts';
import { MODELS, nodeCorpus, nodeSemantic } from './node-engine.ts';

/** Passages of one document that a given run's reranking reads at most. */
const MOST_PASSAGES = 200;
const never = new AbortController().signal;
// Every read of a query listens to the one signal that never fires; Node warns at eleven listeners.
setMaxListeners(0, never);
const quiet = { signal: never, onStage: () => undefined };

interface OpenedCorpus {
  readonly searchable: SearchableCorpus;
  /** Rows are sections, not documents. */
  readonly sections: boolean;
  /** Between the engine's document ids and the test set's. */
  outer(id: string): string;
  inner(id: string): string;
  /** Bytes of the index; undefined where it is somewhere else. */
  readonly bytes: number | undefined;
}

/** What `findling search` would run in Node, over a test set's documents, a folder or a published index. */
export async function openEngineEvaluable(
  corpus: Corpus,
  { models = MODELS }: { readonly models?: string | undefined } = {},
): Promise<Evaluable> {
  const store = fileStore(models);
  const [semantic, entry] = [await nodeSemantic(models), staticEmbedderEntry(await loadCatalog(store))];
  const embedderBytes = Object.values(entry.files).reduce((sum, { bytes }) => sum + bytes, 0);
  const opened = await openCorpusOf(corpus, semantic);
  const rerankers = new Map<string, Promise<NodeReranker>>();
  const rerankerOf = ({ reranker = DEFAULT_RERANKER }: PipelineSpec): Promise<NodeReranker> => {
    const known = rerankers.get(reranker) ?? openNodeReranker(store, reranker);
    rerankers.set(reranker, known);
    return known;
  };
  const searcherOf = (spec: PipelineSpec): Searcher =>
    createSearcher({
      corpora: [opened.searchable],
      embedder: semantic.embedder,
      // A model that cannot be loaded is a stage that is skipped, as on a page.
      reranker: (choice) => ({
        name: 'reranker',
        rerank: async (...args) => (await rerankerOf(spec)).reranker(choice).rerank(...args),
      }),
    });
  const moment = opened.searchable.moment(never);
  const rowsOf = async (found: readonly ScoredPassage[]) =>
    opened.sections
      ? bestSections(found, await (await moment).passages.passages(found.map(({ id }) => id)))
      : bestPassages(found).map(({ document, score }) => ({ document: opened.outer(document), score }));

  const logits = async (
    query: string,
    documents: readonly string[],
    spec: PipelineSpec,
  ): Promise<readonly number[]> => {
    const inner = documents.map((id) => opened.inner(id));
    const passages = await passagesOf(await moment, inner);
    const reranker = (await rerankerOf(spec)).reranker();
    const scored = await reranker.rerank(parseQuery(query, { typing: false }), passages.flat(), quiet);
    const best = new Map(bestPassages(scored).map(({ document, score }) => [document, score]));
    return inner.map((id) => best.get(id) ?? Number.NEGATIVE_INFINITY);
  };

  const { weights } = BM25;
  return {
    boosts: [weights.title, weights.heading, weights.body],
    lexicalShare: FUSION_WEIGHTS[0] / (FUSION_WEIGHTS[0] + FUSION_WEIGHTS[1]),
    blend: BLEND_WEIGHT,
    async search(text, spec, depth) {
      const skipped: string[] = [];
      const onStage = (event: StageEvent): void => {
        if (event.kind === 'skipped') skipped.push(`${event.stage}: ${event.reason}`);
      };
      const start = performance.now();
      const found = await (spec.boosts === undefined
        ? searcherOf(spec).rank(text, optionsOf(spec, depth), never, onStage)
        : weighted(await moment, text, spec.boosts, depth * 3));
      const milliseconds = performance.now() - start;
      return { rows: (await rowsOf(found)).slice(0, depth), milliseconds, skipped };
    },
    logits,
    async rerank(query, documents, spec): Promise<Found> {
      const start = performance.now();
      const pool = documents.slice(0, spec.candidates ?? documents.length);
      const scores = await logits(
        query,
        pool.map(({ document }) => document),
        spec,
      );
      const rows = blendRows(documents, scores, spec.blend);
      return { rows, milliseconds: performance.now() - start, skipped: [] };
    },
    async bytes(spec) {
      if (opened.bytes === undefined) return undefined;
      const { vectors, terms, embedder } = await moment;
      const vectorBytes = terms.statistics().passages * ((vectors?.dimensions ?? 0) + 4);
      // A published index brings its words' rows along, coded together with everything else: it is counted whole.
      if (spec.pipeline === 'lexical') return opened.bytes - (embedder === undefined ? vectorBytes : 0);
      const semanticBytes = opened.bytes + (embedder === undefined ? embedderBytes : 0);
      return spec.pipeline === 'reranked' ? semanticBytes + (await rerankerOf(spec)).bytes : semanticBytes;
    },
    async close() {
      for (const reranker of rerankers.values()) await reranker.then(({ close }) => close()).catch(() => undefined);
    },
  };
}

async function openCorpusOf(corpus: Corpus, semantic: Awaited<ReturnType<typeof nodeSemantic>>): Promise<OpenedCorpus> {
  const same = (id: string) => id;
  if (corpus.kind === 'index') {
    const { location, sections } = corpus;
    const searchable = await openIndex(location, corpusFingerprint(semantic.space, CHUNKER_VERSION));
    return {
      searchable,
      sections,
      outer: same,
      inner: same,
      bytes: isUrl(location) ? undefined : folderBytes(location),
    };
  }
  const local = await nodeCorpus(memoryStore(), semantic);
  const sources = corpus.kind === 'beir' ? judgedSources(corpus.documents) : folderSources(corpus.path);
  const { failed } = await local.add(sources, never, () => undefined);
  for (const { id, reason } of failed) process.stderr.write(`findling eval: left out ${id}: ${reason}\n`);
  const { bytes } = local.corpus.statistics();
  if (corpus.kind === 'folder')
    return { searchable: local, sections: corpus.sections, outer: same, inner: same, bytes };
  const inner = new Map(corpus.documents.map(({ id }, index) => [id, judgedSourceId(index)]));
  const outer = new Map([...inner].map(([id, own]) => [own, id]));
  return {
    searchable: local,
    sections: false,
    outer: (id) => outer.get(id) ?? id,
    inner: (id) => inner.get(id) ?? id,
    bytes,
  };
}

/** An index that `findling index` wrote, or one that an engine keeps in a folder. */
export async function openIndex(location: string, fingerprint: string): Promise<SearchableCorpus> {
  const store = isUrl(location) ? httpStore(location) : fileStore(location);
  const published = await store.read(MANIFEST_NAME);
  return published === undefined ? openReadOnlyCorpus(location, store, fingerprint) : staticIndex(location, store);
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/**
 * Retrievers inside a fusion give as many passages as they do on a page. A retriever that is measured alone gives
 * more, because several passages may belong to one document and `depth` counts documents; its order is the same.
 */
export function optionsOf({ pipeline, fusion, candidates, blend: weight }: PipelineSpec, depth: number): SearchOptions {
  return {
    pipeline,
    depth: pipeline === 'lexical' || pipeline === 'dense' ? depth * 3 : depth,
    typing: false,
    ...(fusion === undefined ? {} : { fusion }),
    ...(candidates === undefined ? {} : { candidates }),
    ...(weight === undefined ? {} : { blend: weight }),
  };
}

/** The passages of each document, in the order asked; a document that the corpus lacks has none. */
async function passagesOf(
  { passages }: CorpusMoment,
  documents: readonly string[],
): Promise<readonly (readonly StoredPassage[])[]> {
  const byDocument = new Map<string, StoredPassage[]>(documents.map((id) => [id, []]));
  let wanted = documents;
  // How many passages a document has is not asked for: reading goes on where there may be more.
  for (let from = 0; from < MOST_PASSAGES && wanted.length > 0; from += 8) {
    const ids = wanted.flatMap((id) => Array.from({ length: 8 }, (_, at) => passageIdOf(id, from + at)));
    const found = await passages.passages(ids);
    for (const passage of found) byDocument.get(splitPassageId(passage.id).documentId)?.push(passage);
    wanted = wanted.filter((id) => byDocument.get(id)?.length === from + 8);
  }
  return documents.map((id) => byDocument.get(id) ?? []);
}

function passageIdOf(document: string, ordinal: number): PassageId {
  return passageId(splitPassageId(`${document}#0` as PassageId).documentId, ordinal);
}

/** Sections (`document#anchor`) by their best passage. */
function bestSections(found: readonly ScoredPassage[], stored: readonly StoredPassage[]): readonly RunRow[] {
  const sections = new Map(
    stored.map(({ id, documentId, anchor }) => [id, anchor === '' ? documentId : `${documentId}#${anchor}`]),
  );
  const best = new Map<string, number>();
  for (const { id, score } of found) {
    const section = sections.get(id);
    if (section !== undefined && score > (best.get(section) ?? Number.NEGATIVE_INFINITY)) best.set(section, score);
  }
  return [...best].map(([document, score]) => ({ document, score }));
}

/** BM25 alone with other weights than the engine's. */
function weighted(
  { terms, numbers, passages }: CorpusMoment,
  text: string,
  boosts: Evaluable['boosts'],
  depth: number,
): Promise<Ranking> {
  const [title, heading, body] = boosts;
  const retriever = bm25({ terms, numbers, passages, options: { weights: { title, heading, body } } });
  return retriever.retrieve(parseQuery(text, { typing: false }), depth, quiet);
}
