import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { StoredPassage } from '../src/core/document.ts';
import type { Embedder } from '../src/core/ports.ts';
import type { SearchableCorpus } from '../src/engine/moments.ts';
import { createSearcher } from '../src/engine/searcher.ts';
import type { PipelineName } from '../src/engine/types.ts';
import { parseQrels, parseQueries } from '../src/eval/beir.ts';
import { qrelsOf } from '../src/eval/collection.ts';
import { bestPassages } from '../src/eval/maxp.ts';
import { parseMeasures } from '../src/eval/measure-syntax.ts';
import { mean, measureRun } from '../src/eval/measures.ts';

/** The judged sets that are searched passage by passage; each is left out where it is absent. */
export const EVAL = resolve(import.meta.dirname, '../../shared/eval');
export const SETS = ['docs-anthropic', 'scifact', 'cranfield', 'cisi'] as const;

const refuse = () =>
  Promise.reject(new Error('An index that embeds by itself needs no embedder, and nothing is reranked.'));

export interface JudgedSearch {
  /** Name of the set. */
  readonly set: string;
  readonly corpus: SearchableCorpus;
  readonly pipeline: PipelineName;
  /** For a corpus that does not embed questions itself. */
  readonly embedder?: Embedder;
  /** The judged document that a passage is of. */
  documentOf(passage: StoredPassage | undefined): string;
}

/**
 * nDCG@10 of a pipeline, as published indexes are searched by default (without feedback), over a corpus that holds a judged set's
 * documents; a document counts as its best passage.
 */
export async function judgedNdcg({ set, corpus, pipeline, embedder, documentOf }: JudgedSearch): Promise<number> {
  const read = (file: string) => readFileSync(join(EVAL, set, file), 'utf8');
  const qrels = qrelsOf(parseQrels(read('qrels/test.tsv'), set), set);
  const queries = parseQueries(read('queries.jsonl'), set).filter(({ id }) => qrels.has(id));
  const searcher = createSearcher({
    corpora: [corpus],
    embedder: embedder ?? { embedQuery: refuse, embedPassages: refuse },
    reranker: () => ({ name: 'none', rerank: refuse }),
  });
  const moment = await corpus.moment(new AbortController().signal);
  const run = new Map<string, ReturnType<typeof bestPassages>>();
  for (const { id, text } of queries) {
    const found = await searcher.rank(text, { pipeline, typing: false, feedback: 0 });
    const passages = await moment.passages.passages(found.map((each) => each.id));
    const byId = new Map(passages.map((each) => [each.id, each]));
    run.set(id, bestPassages(found.map(({ id: own, score }) => ({ id: `${documentOf(byId.get(own))}#0`, score }))));
  }
  return mean(measureRun(parseMeasures('nDCG@10'), run, qrels).values.get('nDCG@10') ?? []);
}
