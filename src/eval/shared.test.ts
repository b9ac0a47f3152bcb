import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCorpus, parseQrels, parseQueries } from './beir.ts';
import { checkQrels } from './collection.ts';
import { parseMeasures } from './measure-syntax.ts';
import { mean, measureRun } from './measures.ts';
import { parseRun } from './trec.ts';

const shared = resolve(import.meta.dirname, '../../../shared/eval');
const absent = existsSync(shared) ? '' : ' (skipped: ../shared/eval is not here)';
const read = (...path: readonly string[]) => readFileSync(join(shared, ...path), 'utf8');

describe.skipIf(absent !== '')(`collections of ../shared/eval${absent}`, () => {
  it.each([
    ['scifact', 5183, 300],
    ['msmarco-dl19', 14_581, 43],
    ['docs-anthropic', 232, 100],
    ['cranfield', 1400, 225],
    ['cisi', 1460, 76],
  ])('%s is read whole', (set, documents, queries) => {
    const corpus = parseCorpus(read(set, 'corpus.jsonl'), 'corpus.jsonl');
    const asked = parseQueries(read(set, 'queries.jsonl'), 'queries.jsonl');
    const judgements = parseQrels(read(set, 'qrels/test.tsv'), 'qrels/test.tsv');
    const checked = checkQrels(
      judgements,
      'qrels/test.tsv',
      new Set(corpus.map(({ id }) => id)),
      new Set(asked.map(({ id }) => id)),
    );
    expect([corpus.length, checked.qrels.size, checked.warnings]).toEqual([documents, queries, []]);
  });

  it.each([
    // Published over all 9,260 judgements: .506 and .731. Of those 4,337 are here; ir_measures says of these files:
    ['BM25', 0.5071428407639055],
    ['SPLADE_P_P_ENSEMBLE_DISTIL', 0.7332165940474723],
  ])('the %s run has the nDCG@10 that ir_measures gives it', (name, expected) => {
    const judgements = parseQrels(read('msmarco-dl19/qrels/test.tsv'), 'test.tsv');
    const { qrels } = checkQrels(judgements, 'test.tsv', undefined, undefined);
    const { values } = measureRun(
      parseMeasures('nDCG@10'),
      parseRun(read(`msmarco-dl19/runs/${name}.trec`), name),
      qrels,
    );
    expect(mean(values.get('nDCG@10') ?? [])).toBeCloseTo(expected, 9);
  });
});
