import { contentHash } from '../core/hash.ts';

/** Scores already paid for, by model, query and text. */
export interface ScoreCache {
  get(model: string, query: string, text: string): number | undefined;
  set(model: string, query: string, text: string, score: number): void;
  readonly size: number;
}

/**
 * Keeps the `limit` scores used last, about 100 bytes each. The text counts by its hash, so that a changed passage
 * is read anew and a moved one is not.
 */
export function createScoreCache(limit = 10_000): ScoreCache {
  const scores = new Map<string, number>();
  const key = (model: string, query: string, text: string) => `${contentHash(model, query)}${contentHash(text)}`;
  const put = (name: string, score: number) => {
    scores.delete(name);
    scores.set(name, score);
    const oldest = scores.keys().next();
    if (scores.size > limit && oldest.done !== true) scores.delete(oldest.value);
  };
  return {
    get(model, query, text) {
      const name = key(model, query, text);
      const score = scores.get(name);
      if (score !== undefined) put(name, score);
      return score;
    },
    set: (model, query, text, score) => put(key(model, query, text), score),
    get size() {
      return scores.size;
    },
  };
}
