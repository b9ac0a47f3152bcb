import { throwIfAborted } from '../core/cancellation.ts';
import type { PassageId } from '../core/document.ts';
import type { Context, PassageSource, Query, Retriever } from '../core/ports.ts';
import { emptyRanking, type Ranking, ranking, type ScoredPassage } from '../core/ranking.ts';
import { createAnalyzers } from '../index/lexical/analysis.ts';
import { chooseCandidates } from '../index/lexical/candidates.ts';
import { planQuery } from '../index/lexical/concepts.ts';
import { ENGLISH_ENDINGS } from '../index/lexical/endings.ts';
import {
  type Evidence,
  type ExpansionOptions,
  gatherEvidence,
  type ReadTerms,
  termReader,
  termsOf,
} from '../index/lexical/evidence.ts';
import { FIELD_WEIGHTS } from '../index/lexical/formula.ts';
import { holdsPhrases, phraseUnits } from '../index/lexical/phrases.ts';
import { type FieldWeights, scorePassages } from '../index/lexical/scorer.ts';
import { settleOutlines } from '../index/lexical/settling.ts';
import type { PassageNumbers, ScoredNumber, TermSource } from '../index/terms.ts';

export interface Bm25Options extends Partial<ExpansionOptions> {
  readonly weights?: Partial<FieldWeights>;
  /** Passages that MiniSearch scores at least, where so many match; never fewer than the depth and some to spare. */
  readonly candidates?: number;
  /** BCP 47 of questions; the corpus's own languages if absent. */
  readonly languages?: readonly string[];
}

export interface Bm25Parts {
  readonly terms: TermSource;
  readonly numbers: PassageNumbers;
  readonly passages: PassageSource;
  readonly options?: Bm25Options;
  /** Told the terms that words of a question were read as which are misspelt, or typed past their stems. */
  onMeant?(terms: readonly string[]): void;
}

export const DEFAULTS = {
  weights: FIELD_WEIGHTS,
  expansions: 24,
  shortExpansions: 8,
  expansionPostings: 20_000,
  typos: 4,
};

/**
 * Candidates beyond the depth. They are chosen by what MiniSearch will say, in single precision: only passages that are as good as
 * equal can change places at the edge.
 */
const SPARE = 40;
/** Passages read at least, and in times of the depth, where words must stand together, which is known of read passages only. */
const PHRASED = 400;
const PHRASE_SPARE = 4;
/** Results that a page shows first. */
const FORESEEN = 10;
/** Passages read at a time to look for phrases, and how many times the depth at most, where none has been found. */
const PHRASE_BATCH = 64;
const PHRASE_REACH = 10;

/**
 * The lexical retriever: MiniSearch's BM25+ over the postings of the query's terms. Phrases, excluded and fielded
 * words are conditions: where nothing meets them all, the ranking is empty.
 */
export function bm25({ terms, numbers, passages, options = {}, onMeant }: Bm25Parts): Retriever {
  return {
    name: 'bm25',
    async retrieve(query, depth, context) {
      throwIfAborted(context.signal);
      const { scored, excludedPhrases, meant } = await score(query, depth, terms, options, context.signal);
      throwIfAborted(context.signal);
      onMeant?.(meant);
      const phrases = query.phrases.map(phraseUnits);
      const unwanted = excludedPhrases.map(phraseUnits);
      if (phrases.length + unwanted.length > 0)
        return verified(scored, { phrases, unwanted, depth, numbers, passages, context });
      // Ids and texts come from different places: both are read at once.
      numbers.foresee?.(scored.slice(0, FORESEEN).map(({ passage }) => passage));
      return ranking(await named(scored.slice(0, depth), numbers, context.signal), depth);
    },
  };
}

async function score(query: Query, depth: number, terms: TermSource, options: Bm25Options, signal: AbortSignal) {
  const statistics = terms.statistics();
  const analyzers = await createAnalyzers(options.languages ?? statistics.languages);
  const plan = planQuery(query, analyzers);
  const { excludedPhrases } = plan;
  if (plan.concepts.length === 0 || statistics.passages === 0) return { scored: [], excludedPhrases, meant: [] };
  const read = termReader(terms, signal);
  const [lengths, outlined] = await Promise.all([terms.lengths(signal), read(termsOf(plan))]);
  const isEnglish = analyzers.some(({ language }) => language === 'en');
  const expansion = { ...DEFAULTS, ...(isEnglish ? { endings: ENGLISH_ENDINGS } : {}), ...options };
  const gather = (from: ReadTerms) =>
    Promise.all(plan.concepts.map((concept) => gatherEvidence(concept, terms, from, expansion, signal)));
  const first = await gather(read);
  const settled = await settleOutlines({ terms, plan, evidence: first, known: outlined }, signal);
  const postings = settled ?? outlined;
  const evidence = settled === undefined ? first : await gather(async () => settled);
  const weights = { ...DEFAULTS.weights, ...options.weights };
  const isPhrased = query.phrases.length + excludedPhrases.length > 0;
  const limit = Math.max(options.candidates ?? 0, isPhrased ? Math.max(PHRASED, PHRASE_REACH * depth) : depth + SPARE);
  const candidates = chooseCandidates({ plan, evidence, postings, statistics, lengths, weights, limit });
  const scored = scorePassages({
    evidence,
    statistics,
    lengths,
    weights,
    ...(candidates === undefined ? {} : { candidates }),
  });
  const meant = evidence.flatMap((each, at) => meantBy(each, plan.concepts[at]?.terms ?? []));
  return { scored, excludedPhrases, meant };
}

/** The terms that a misspelt word, or one typed past its stem, was read as. */
function meantBy({ terms, derived }: Evidence, own: readonly string[]): readonly string[] {
  const typos = derived.flatMap(({ kind, term }) => (kind === 'typo' ? [term] : []));
  return [...terms.filter((term) => !own.includes(term)), ...typos];
}

async function named(
  scored: readonly ScoredNumber[],
  numbers: PassageNumbers,
  signal: AbortSignal,
): Promise<readonly ScoredPassage[]> {
  const ids = await numbers.idsOf(
    scored.map(({ passage }) => passage),
    signal,
  );
  return scored.flatMap(({ score }, at) => {
    const id = ids[at];
    return id === undefined ? [] : [{ id, score }];
  });
}

interface Verification {
  readonly phrases: readonly (readonly string[])[];
  readonly unwanted: readonly (readonly string[])[];
  readonly depth: number;
  readonly numbers: PassageNumbers;
  readonly passages: PassageSource;
  readonly context: Context;
}

/** Reads passages best first until `depth` of them hold the phrases. */
async function verified(scored: readonly ScoredNumber[], wanted: Verification): Promise<Ranking> {
  const { phrases, unwanted, depth, numbers, passages, context } = wanted;
  const kept: ScoredPassage[] = [];
  const reach = Math.min(scored.length, Math.max(depth * PHRASE_REACH, PHRASE_BATCH));
  for (let from = 0; from < reach && kept.length < depth; from += PHRASE_BATCH) {
    throwIfAborted(context.signal);
    // Further down only for who has found nothing yet: over a line each text is a part of a request.
    if (kept.length > 0 && from >= Math.max(PHRASED, PHRASE_SPARE * depth)) break;
    const batch = await named(scored.slice(from, Math.min(from + PHRASE_BATCH, reach)), numbers, context.signal);
    const texts = await passages.passages(
      batch.map(({ id }) => id),
      context.signal,
    );
    const holding = new Set<PassageId>();
    for (const passage of texts)
      if (holdsPhrases(passage, phrases) && !unwanted.some((units) => holdsPhrases(passage, [units])))
        holding.add(passage.id);
    kept.push(...batch.filter(({ id }) => holding.has(id)));
  }
  return kept.length === 0 ? emptyRanking : ranking(kept, depth);
}
