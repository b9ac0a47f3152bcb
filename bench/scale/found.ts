import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseQuery } from '../../src/index/lexical/query.ts';
import { openPublishedIndex } from '../../src/index/published/published-index.ts';
import type { TermSource } from '../../src/index/terms.ts';
import { basicWords } from '../../src/models/wordpiece.ts';
import { bm25 } from '../../src/retrieve/bm25.ts';
import { fileStore } from '../../src/store/files.ts';
import { wholeLists } from './overlap.ts';

const TRAIN = resolve(import.meta.dirname, '../../../shared/train');
const ASKED = 200;
const SHOWN = 10;
/** So much of a section's beginning tells it from all others. */
const BEGINNING = 60;

/** The share of queries whose own section is among the lexical ten: as found, and by whole lists. */
export interface Found {
  readonly kind: 'question' | 'keywords';
  readonly own: number;
  readonly whole: number;
}

/** What bounding long lists costs those who ask; nothing where ../shared/train, whose questions have known sources, is absent. */
export async function ownFound(folder: string): Promise<readonly Found[]> {
  const questions = join(TRAIN, 'questions.tsv');
  if (!existsSync(questions)) return [];
  const lines = gunzipSync(readFileSync(join(TRAIN, 'docs-sections.jsonl.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  const all = readFileSync(questions, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const asked = all.filter((_, at) => at % Math.floor(all.length / ASKED) === 0).slice(0, ASKED);
  const index = await openPublishedIndex(fileStore(folder), { words: basicWords });
  const context = () => ({ signal: new AbortController().signal, onStage: () => undefined });
  const plain = (text: string) => text.replace(/\s+/g, ' ');
  const share = async (terms: TermSource, column: number) => {
    let hits = 0;
    for (const row of asked) {
      const { t } = JSON.parse(lines[Number(row[0])] ?? '{"t":""}') as { readonly t: string };
      const query = parseQuery(row[column] ?? '', { typing: false });
      const best = await bm25({ terms, numbers: index, passages: index }).retrieve(query, SHOWN, context());
      const texts = await index.passages(best.map(({ id }) => id));
      if (texts.some(({ text }) => plain(text).includes(plain(t).slice(0, BEGINNING)))) hits += 1;
    }
    return hits / asked.length;
  };
  const whole = wholeLists(index.terms);
  return [
    { kind: 'question', own: await share(index.terms, 1), whole: await share(whole, 1) },
    { kind: 'keywords', own: await share(index.terms, 2), whole: await share(whole, 2) },
  ];
}
