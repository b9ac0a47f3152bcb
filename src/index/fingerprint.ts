import { SearchError } from '../core/errors.ts';

/** Everything that must be the same for old vectors and terms to fit new queries. */
export interface FingerprintParts {
  readonly model: string;
  readonly revision: string;
  readonly dtype: string;
  readonly pooling: string;
  /** Query prefix and passage prefix. */
  readonly prefixes: readonly string[];
  readonly chunker: string;
  readonly tokenizer: string;
  readonly format: number;
}

/** One line of text, equal exactly where all parts are; readable, so that a mismatch can say what changed. */
export function fingerprint(parts: FingerprintParts): string {
  const { model, revision, dtype, pooling, prefixes, chunker, tokenizer, format } = parts;
  return JSON.stringify([model, revision, dtype, pooling, prefixes, chunker, tokenizer, format]);
}

/** Throws SearchError('mismatch') unless both are equal; `advice` says what to do then. */
export function checkFingerprint(stored: string, expected: string, advice: string): void {
  if (stored === expected) return;
  throw new SearchError('mismatch', `The index was made with ${stored}, but ${expected} is in use. ${advice}`);
}
