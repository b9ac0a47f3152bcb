import { parseQuery } from '../../src/index/lexical/query.ts';
import { openPublishedIndex } from '../../src/index/published/published-index.ts';
import type { TermSource } from '../../src/index/terms.ts';
import { basicWords } from '../../src/models/wordpiece.ts';
import { bm25 } from '../../src/retrieve/bm25.ts';
import { fileStore } from '../../src/store/files.ts';

const SHOWN = 10;
/** Two scores are the same up to the order in which floats are added. */
const NEARLY = 1e-9;

export interface Overlap {
  /** How many of the ten best by whole lists are among the ten found, as a share. */
  readonly top10: number;
  /** The share of the ten found whose score is what whole lists give. */
  readonly sameScores: number;
}

/** The same terms, but that all postings of common ones are read. */
export function wholeLists(terms: TermSource): TermSource {
  const { settle } = terms;
  return settle === undefined ? terms : { ...terms, settle: (concepts, _, signal) => settle(concepts, true, signal) };
}

/** The lexical ten of an index beside those that it gives where it reads all postings. */
export async function lexicalOverlap(folder: string, questions: readonly string[]): Promise<Overlap> {
  const index = await openPublishedIndex(fileStore(folder), { words: basicWords });
  const whole = wholeLists(index.terms);
  const find = async (terms: TermSource, question: string, depth: number) => {
    const context = { signal: new AbortController().signal, onStage: () => undefined };
    return bm25({ terms, numbers: index, passages: index }).retrieve(
      parseQuery(question, { typing: false }),
      depth,
      context,
    );
  };
  let [shared, wanted, same, found] = [0, 0, 0, 0];
  for (const question of questions) {
    const exact = new Map((await find(whole, question, 100)).map(({ id, score }) => [id, score]));
    const best = new Set([...exact.keys()].slice(0, SHOWN));
    const own = await find(index.terms, question, SHOWN);
    wanted += best.size;
    found += own.length;
    for (const { id, score } of own) {
      if (best.has(id)) shared += 1;
      if (Math.abs((exact.get(id) ?? 0) - score) <= NEARLY * score) same += 1;
    }
  }
  return { top10: shared / Math.max(1, wanted), sameScores: same / Math.max(1, found) };
}
