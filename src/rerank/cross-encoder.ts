import { throwIfAborted } from '../core/cancellation.ts';
import type { StoredPassage } from '../core/document.ts';
import { passageText } from '../core/passage-text.ts';
import type { Context, CrossEncoder, Query, Reranker } from '../core/ports.ts';
import { ranking, type ScoredPassage } from '../core/ranking.ts';
import { createScoreCache, type ScoreCache } from './scores.ts';
import { estimateTokens, type WindowOptions, windows } from './windows.ts';

export interface CrossEncoderRerankerOptions {
  readonly encoder: CrossEncoder;
  /** Model and revision: scores of one never serve another. */
  readonly modelId: string;
  readonly name?: string;
  /** `Reranker.blend`, asked for when it is wanted: of a model that is loaded at its first use it is not known before. */
  readonly blend?: () => number | undefined;
  /** Shared between rerankers of one engine, so that budgets may change without losing it. */
  readonly cache?: ScoreCache;
  /** Shared likewise: what a pair costs here. */
  readonly cost?: PairCost;
  /** Windows over long passages; 220 tokens overlapping by 50 by default, for models that read 256, and fewer beside a long question. */
  readonly windows?: WindowOptions;
  /** Milliseconds a rerank may take: the pool is fitted to them by the measured cost of a pair. */
  readonly budgetMs?: number;
  /** Pairs between two reports and looks at the clock, 4 by default. */
  readonly step?: number;
  /** In milliseconds. */
  readonly now?: () => number;
}

/** What a pair costs on this machine, learnt as it goes. */
export interface PairCost {
  /** Milliseconds a pair; undefined before the first measurement. */
  read(): number | undefined;
  learn(ms: number, pairs: number): void;
}

/**
 * An exponential mean: the newest measurement counts a quarter. One that is less than half of it replaces it: what
 * disturbs a measurement (loading the model, another tab) only ever adds to it.
 */
export function createPairCost(first?: number): PairCost {
  let mean = first;
  return {
    read: () => mean,
    learn(ms, pairs) {
      if (pairs < 1) return;
      const sample = ms / pairs;
      mean = mean === undefined || sample < mean / 2 ? sample : mean + (sample - mean) / 4;
    },
  };
}

const WINDOWS: WindowOptions = { tokens: 220, overlap: 50 };
/** What the models of our catalog read: question, passage and three special tokens. A question gets half of it at most. */
const MODEL_TOKENS = 256;
/** Passages that are read however small the budget: fewer change nothing a person sees. */
const LEAST_PASSAGES = 3;

interface Candidate {
  readonly passage: StoredPassage;
  readonly texts: readonly string[];
}

/** What the model reads of a passage: core/passageText, in windows that each begin with title and headings. */
function candidate(passage: StoredPassage, options: WindowOptions): Candidate {
  const head = estimateTokens(passageText({ ...passage, text: '' }));
  // A head as long as a window would leave no room for the text.
  const room = Math.max(options.overlap + 1, Math.ceil(options.tokens / 4), options.tokens - head);
  const parts = windows(passage.text, { tokens: room, overlap: options.overlap });
  return { passage, texts: parts.map((text) => passageText({ ...passage, text })) };
}

/** Windows that a model reads to their end beside this question. */
function windowsBeside(question: string): WindowOptions {
  const room = MODEL_TOKENS - 3 - Math.min(estimateTokens(question), MODEL_TOKENS / 2);
  return { ...WINDOWS, tokens: Math.min(WINDOWS.tokens, room) };
}

/** Candidates in steps of about `size` texts to run: those in the cache cost nothing. */
function steps(candidates: readonly Candidate[], size: number, price: (each: Candidate) => number): Candidate[][] {
  const found: Candidate[][] = [];
  let sum = Number.POSITIVE_INFINITY;
  for (const each of candidates) {
    const cost = price(each);
    if (sum + cost > size) {
      found.push([]);
      sum = 0;
    }
    sum += cost;
    found.at(-1)?.push(each);
  }
  return found;
}

/**
 * Reranks with a cross-encoder. Give the passages best-first: they are scored in that order, each few are reported
 * (`complete: false`), and where the budget ends the rest is not scored at all and missing from the ranking; blend() puts
 * it below. A long passage counts by its best window. The signal is looked at before each step; scores are cached.
 */
export function crossEncoderReranker(options: CrossEncoderRerankerOptions): Reranker {
  const { encoder, modelId, budgetMs, name = 'reranker', step = 4, now = () => performance.now() } = options;
  const cache = options.cache ?? createScoreCache();
  const cost = options.cost ?? createPairCost();

  const scoreStep = async (question: string, step: readonly Candidate[], signal: AbortSignal) => {
    const known = new Map<string, number>();
    const missing: string[] = [];
    for (const text of step.flatMap(({ texts }) => texts)) {
      const score = cache.get(modelId, question, text);
      if (score !== undefined) known.set(text, score);
      else if (!missing.includes(text)) missing.push(text);
    }
    if (missing.length > 0) {
      const start = now();
      const scores = await encoder.score(question, missing, signal);
      cost.learn(now() - start, missing.length);
      for (const [at, text] of missing.entries()) {
        const score = scores[at] ?? Number.NEGATIVE_INFINITY;
        cache.set(modelId, question, text, score);
        known.set(text, score);
      }
    }
    return step.map(({ passage, texts }): ScoredPassage => {
      const best = Math.max(...texts.map((text) => known.get(text) ?? Number.NEGATIVE_INFINITY));
      return { id: passage.id, score: best };
    });
  };

  const rerank = async (query: Query, passages: readonly StoredPassage[], context: Context) => {
    const start = now();
    const question = query.plain.trim() === '' ? query.text : query.plain;
    const price = ({ texts }: Candidate) =>
      texts.filter((text) => cache.get(modelId, question, text) === undefined).length;
    const cut = options.windows ?? windowsBeside(question);
    const plan = steps(
      passages.map((passage) => candidate(passage, cut)),
      step,
      price,
    );
    const scored: ScoredPassage[] = [];
    for (const [at, group] of plan.entries()) {
      throwIfAborted(context.signal);
      const pairs = group.reduce((sum, each) => sum + price(each), 0);
      const expected = now() - start + (cost.read() ?? 0) * pairs;
      if (scored.length >= LEAST_PASSAGES && pairs > 0 && budgetMs !== undefined && expected > budgetMs) break;
      scored.push(...(await scoreStep(question, group, context.signal)));
      throwIfAborted(context.signal);
      if (at < plan.length - 1)
        context.onStage({ kind: 'ranked', stage: name, ranking: ranking(scored), ms: now() - start, complete: false });
    }
    return ranking(scored);
  };
  return {
    name,
    rerank,
    get blend() {
      return options.blend?.();
    },
  };
}
