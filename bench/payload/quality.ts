import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { staticModel } from '../../src/cli/index-table.ts';
import { nodeCorpus, nodeSemantic } from '../../src/cli/node-engine.ts';
import type { Source } from '../../src/core/document.ts';
import { passageText } from '../../src/core/passage-text.ts';
import type { SearchableCorpus } from '../../src/engine/moments.ts';
import { createSearcher } from '../../src/engine/searcher.ts';
import { publishedFingerprint, staticIndex } from '../../src/engine/static-index.ts';
import type { PipelineName } from '../../src/engine/types.ts';
import { parseCorpus, parseQrels, parseQueries } from '../../src/eval/beir.ts';
import { qrelsOf } from '../../src/eval/collection.ts';
import { bestPassages } from '../../src/eval/maxp.ts';
import { parseMeasures } from '../../src/eval/measure-syntax.ts';
import { mean, measureRun } from '../../src/eval/measures.ts';
import { createAnalyzer } from '../../src/index/lexical/analysis.ts';
import { buildPublishedIndex, type PublishedDocument } from '../../src/index/published/builder.ts';
import { quantise } from '../../src/index/vectors/quantise.ts';
import { readDocument } from '../../src/ingest/document.ts';
import { splitPassages } from '../../src/ingest/passages.ts';
import { basicWords } from '../../src/models/wordpiece.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { type BenchOptions, type Row, row } from '../row.ts';

const EVAL = resolve(import.meta.dirname, '../../../shared/eval');
const SETS = ['docs-anthropic', 'scifact', 'cranfield', 'cisi'] as const;
const PIPELINES: readonly PipelineName[] = ['lexical', 'dense', 'hybrid'];
const PEER = 'in memory, exact';

/** nDCG@10 of an index as it is published beside that of the exact one in memory, on the same passages. */
export async function measureQuality({ say }: BenchOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const name of SETS) {
    const folder = join(EVAL, name);
    if (existsSync(folder)) rows.push(...(await measureSet(name, folder)));
    else say(`${name}: left out, ${folder} is not there`);
  }
  return rows;
}

async function measureSet(name: string, folder: string): Promise<readonly Row[]> {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const sources = parseCorpus(read('corpus.jsonl'), name).map(
    ({ id, title, text }): Source => ({
      id: innerOf(id),
      type: 'text',
      content: text,
      title: title ?? '',
      language: 'en',
    }),
  );
  const qrels = qrelsOf(parseQrels(read('qrels/test.tsv'), name), name);
  const queries = parseQueries(read('queries.jsonl'), name).filter(({ id }) => qrels.has(id));
  const semantic = await nodeSemantic();
  const local = await nodeCorpus(memoryStore(), semantic);
  await local.add(sources, new AbortController().signal, () => undefined);
  const published = await publish(sources);

  const measure = async (corpus: SearchableCorpus, pipeline: PipelineName): Promise<number> => {
    const searcher = createSearcher({ corpora: [corpus], embedder: semantic.embedder, reranker: () => none });
    const moment = await corpus.moment(new AbortController().signal);
    const run = new Map<string, ReturnType<typeof bestPassages>>();
    for (const { id, text } of queries) {
      const found = await searcher.rank(text, { pipeline, typing: false });
      const passages = new Map(
        (await moment.passages.passages(found.map((each) => each.id))).map((each) => [each.id, each]),
      );
      const named = found.map(({ id: own, score }) => ({
        id: `${outerOf(passages.get(own)?.documentId ?? own)}#0`,
        score,
      }));
      run.set(id, bestPassages(named));
    }
    return mean(measureRun(parseMeasures('nDCG@10'), run, qrels).values.get('nDCG@10') ?? []);
  };
  const rows: Row[] = [];
  for (const pipeline of PIPELINES) {
    const exact = await measure(local, pipeline);
    const value = await measure(published, pipeline);
    rows.push(row('payload', `ndcg.${pipeline}.${name}`, value, 'nDCG@10', { name: PEER, value: exact }));
  }
  return rows;
}

/** Test sets have `#` in ids, documents may not. */
const innerOf = (id: string) => id.replaceAll('#', '\u2060');
const outerOf = (id: string) => id.replaceAll('\u2060', '#');

const none = { name: 'none', rerank: () => Promise.reject(new Error('nothing is reranked here')) };

async function publish(sources: readonly Source[]): Promise<SearchableCorpus> {
  const { table, embedder, space } = await staticModel();
  const documents: PublishedDocument[] = [];
  for (const source of sources) {
    const document = await readDocument(source);
    const passages = splitPassages(document);
    const { title } = document;
    const texts = passages.map(({ heading, text }) => passageText({ title, heading, text }));
    const vectors = quantise(await embedder.embedPassages(texts), table.dimensions);
    documents.push({ document, passages, vectors });
  }
  const fingerprint = publishedFingerprint(space);
  const files = await buildPublishedIndex(documents, {
    fingerprint,
    table,
    analyzer: createAnalyzer,
    words: basicWords,
  });
  const store = memoryStore();
  await store.write({ put: files });
  return staticIndex('published', store);
}
