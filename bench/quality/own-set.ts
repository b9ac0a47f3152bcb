import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SearchError } from '../../src/core/errors.ts';
import { parseQrels } from '../../src/eval/beir.ts';
import { readDocument } from '../../src/ingest/document.ts';

const root = resolve(import.meta.dirname, '../..');
export const OWN_SET = join(root, 'bench/sets/own');

/** Pipelines that every machine can measure in seconds. */
export const WITHOUT_RERANKER: readonly string[] = [
  'lexical',
  'dense',
  'hybrid:rrf',
  'hybrid:feedback=0',
  'hybrid:windows=0',
  'hybrid:minmax',
];

/**
 * What the gate looks at. Measures that few queries decide (RR, Success) move by more than a point when one result changes
 * places with the next, so the gate leaves them out.
 */
export const GATED = ['--pipeline', WITHOUT_RERANKER.join(','), '--measures', 'nDCG@10 R@100'];

/** `findling eval` arguments for our own set, whose documents are copied from node_modules into `folder` first. */
export async function ownSetArguments(folder = join(root, '.cache/own-set')): Promise<readonly string[]> {
  const names = readFileSync(join(OWN_SET, 'documents.txt'), 'utf8').trim().split('\n');
  rmSync(folder, { recursive: true, force: true });
  for (const name of names) {
    const target = join(folder, name);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, 'node_modules', name), target);
  }
  await checkSections(folder, names);
  return [folder, '--topics', join(OWN_SET, 'queries.jsonl'), '--qrels', join(OWN_SET, 'qrels/test.tsv')];
}

/** An updated package may have lost a judged section: that is a judgement to mend, not a worse search. */
async function checkSections(folder: string, names: readonly string[]): Promise<void> {
  const known = new Set<string>();
  for (const name of names) {
    const type = 'markdown';
    const { sections } = await readDocument({ id: name, type, content: readFileSync(join(folder, name)) });
    for (const { anchor } of sections) known.add(anchor === '' ? name : `${name}#${anchor}`);
  }
  const file = 'bench/sets/own/qrels/test.tsv';
  for (const { document, line } of parseQrels(readFileSync(join(root, file), 'utf8'), file))
    if (!known.has(document))
      throw new SearchError('bad-input', `${file}:${line}: the section ${document} is gone; a package was updated.`);
}
