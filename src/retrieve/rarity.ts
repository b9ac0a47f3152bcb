import { SearchError } from '../core/errors.ts';
import type { WordWeights } from '../core/ports.ts';
import { createAnalyzers } from '../index/lexical/analysis.ts';
import { needsOf } from '../index/lexical/concepts.ts';
import { rarity } from '../index/lexical/formula.ts';
import type { TermPostings, TermSource } from '../index/terms.ts';
import { basicWords } from '../models/wordpiece.ts';

/** How a question's words are weighed for the embedder. */
export type WeighWords = (text: string, signal: AbortSignal) => Promise<WordWeights>;

export interface RarityOptions {
  /** Power of a word's idf; 0 weighs all alike. */
  readonly exponent: number;
  /** BCP 47 of questions; the corpus's own languages if absent. */
  readonly languages?: readonly string[];
}

/** The idf of a word that counts as the embedder has learned it: of stop words and marks, which no index holds. */
const USUAL_IDF = 2;

/**
 * Weighs words by how rare they are in the corpus that is searched, (idf / 2) ^ exponent. A static embedder has learned what a
 * word tells in texts of all kinds; in the manual of a database "table" tells little (docs/decisions/0015). A word that the corpus
 * lacks counts as its others do on the mean: it may be misspelt, unfinished, or just what meaning has to find.
 */
export function weighByRarity(terms: TermSource, { exponent, languages }: RarityOptions): WeighWords {
  if (!(exponent >= 0 && exponent <= 1))
    throw new SearchError('bad-input', `rarity takes a power from 0 to 1, 0 for none, not ${exponent}.`);
  return async (text, signal) => {
    const { passages, languages: own } = terms.statistics();
    if (exponent === 0 || passages === 0) return new Map();
    const analyzers = await createAnalyzers(languages ?? own);
    const words = [...new Set(basicWords(text))].map((word) => ({
      word,
      terms: needsOf(word, analyzers).flatMap((need) => need.terms),
    }));
    const asked = words.filter((each) => each.terms.length > 0);
    const found = await terms.postings([...new Set(asked.flatMap((each) => each.terms))], signal);
    const holding = new Map(
      found.flatMap((each) => (each === undefined ? [] : [[each.term, frequency(each)] as const])),
    );
    const idfs = asked.map(({ terms: own }) => {
      const most = Math.min(passages, Math.max(...own.map((term) => holding.get(term) ?? 0)));
      return most === 0 ? undefined : rarity(most, passages);
    });
    const known = idfs.filter((idf) => idf !== undefined);
    if (known.length === 0) return new Map();
    const mean = known.reduce((sum, idf) => sum + idf, 0) / known.length;
    // In a corpus of a few notes every word is common: stop words must not gain by that.
    const usual = Math.min(USUAL_IDF, mean);
    return new Map(asked.map(({ word }, at) => [word, ((idfs[at] ?? mean) / usual) ** exponent]));
  };
}

/** Passages that hold a term; those that hold it in several fields count as often, for there it tells still less. */
function frequency({ fields, outline }: TermPostings): number {
  if (outline !== undefined) return outline.passages.length + outline.rest;
  return fields.reduce((sum, { passages, total }) => sum + (total ?? passages.length), 0);
}
