import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { staticModel } from '../../src/cli/index-table.ts';
import { nodeCorpus, nodeSemantic } from '../../src/cli/node-engine.ts';
import type { Source } from '../../src/core/document.ts';
import { passageText } from '../../src/core/passage-text.ts';
import type { SearchableCorpus } from '../../src/engine/moments.ts';
import { publishedFingerprint, staticIndex } from '../../src/engine/static-index.ts';
import type { PipelineName } from '../../src/engine/types.ts';
import { parseCorpus } from '../../src/eval/beir.ts';
import { createAnalyzer } from '../../src/index/lexical/analysis.ts';
import { buildPublishedIndex, type PublishedDocument } from '../../src/index/published/builder.ts';
import { quantise } from '../../src/index/vectors/quantise.ts';
import { readDocument } from '../../src/ingest/document.ts';
import { splitPassages } from '../../src/ingest/passages.ts';
import { basicWords } from '../../src/models/wordpiece.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { EVAL, judgedNdcg, SETS } from '../judged.ts';
import { type BenchOptions, type Row, row } from '../row.ts';

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
  const sources = parseCorpus(readFileSync(join(folder, 'corpus.jsonl'), 'utf8'), name).map(
    ({ id, title, text }): Source => ({
      id: innerOf(id),
      type: 'text',
      content: text,
      title: title ?? '',
      language: 'en',
    }),
  );
  const semantic = await nodeSemantic();
  const local = await nodeCorpus(memoryStore(), semantic);
  await local.add(sources, new AbortController().signal, () => undefined);
  const published = await publish(sources);

  const measure = (corpus: SearchableCorpus, pipeline: PipelineName) =>
    judgedNdcg({
      ...{ set: name, corpus, pipeline, embedder: semantic.embedder },
      documentOf: (passage) => outerOf(passage?.documentId ?? ''),
    });
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
