import { SearchError } from '../core/errors.ts';

export interface WindowOptions {
  /** Tokens a window may have, by estimate. */
  readonly tokens: number;
  /** Tokens that a window shares with the one before, by estimate. */
  readonly overlap: number;
}

interface Word {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
}

const WORDS = /[\p{L}\p{N}\p{M}]+|[^\s\p{L}\p{N}\p{M}]/gu;
/** Scripts that BERT's vocabulary spells letter by letter, or nearly so. */
const SPELLED = /[^\p{Script=Latin}\p{N}\p{M}]/u;

/** WordPiece keeps common English words whole and cuts rarer ones every four letters or so; erring on the large side is safe. */
function wordTokens(word: string): number {
  if (SPELLED.test(word)) return word.length;
  const letters = word.length <= 6 ? 1 : 1 + Math.ceil((word.length - 6) / 4);
  return /\p{N}/u.test(word) ? Math.max(letters, Math.ceil(word.length / 2)) : letters;
}

function words(text: string): readonly Word[] {
  return [...text.matchAll(WORDS)].map(({ 0: word, index }) => ({
    start: index,
    end: index + word.length,
    tokens: wordTokens(word),
  }));
}

/** About how many WordPiece tokens a text has, without a vocabulary. */
export function estimateTokens(text: string): number {
  return words(text).reduce((sum, { tokens }) => sum + tokens, 0);
}

/**
 * Cuts a text into overlapping windows at words, so that a model that reads a few hundred tokens sees all of it; the
 * best window then speaks for the passage (MaxP; Dai and Callan 2019, arXiv:1905.09217). A text that fits is one window.
 */
export function windows(text: string, { tokens, overlap }: WindowOptions): readonly string[] {
  if (!(tokens >= 1) || !(overlap >= 0 && overlap < tokens))
    throw new SearchError('bad-input', `Windows need an overlap below their tokens, not ${overlap} of ${tokens}.`);
  const all = words(text);
  const found: string[] = [];
  let from = 0;
  for (;;) {
    let to = from;
    let sum = 0;
    for (let word = all[to]; word !== undefined && (to === from || sum + word.tokens <= tokens); word = all[to]) {
      sum += word.tokens;
      to++;
    }
    // The first window keeps what stands before its words, the last what stands after them.
    const start = from === 0 ? 0 : (all[from]?.start ?? 0);
    if (to >= all.length) return [...found, text.slice(start)];
    found.push(text.slice(start, all[to - 1]?.end));
    let next = to;
    for (let shared = 0; next > from + 1; next--) {
      shared += all[next - 1]?.tokens ?? 0;
      if (shared > overlap) break;
    }
    from = next;
  }
}
