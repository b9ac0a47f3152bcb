/** What went wrong, in one word that code may act on. */
export type SearchErrorCode =
  | 'aborted' // the caller's signal, or a newer query
  | 'bad-input' // what the caller gave cannot be read
  | 'not-found' // a named thing (model, index, file) is not there
  | 'network' // a request failed or answered with an error
  | 'corrupt' // bytes do not match their checksum or format
  | 'mismatch' // the index was made with another fingerprint: rebuild
  | 'quota' // the browser's storage is full
  | 'locked' // another tab is writing
  | 'unsupported' // this browser or machine lacks what the stage needs
  | 'worker-lost' // the worker died or was killed
  | 'out-of-memory'
  | 'timeout'
  | 'internal';

/**
 * The one error class of findling. The message says what was expected and what to do next;
 * `code` survives the trip between workers (see client/glue.ts).
 */
export class SearchError extends Error {
  /** A page or worker may have run this module twice (see `serve()`): an error of either is one. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'SearchError';
  }

  override readonly name = 'SearchError';
  constructor(
    readonly code: SearchErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** `error` as a SearchError: unchanged if it is one; aborts and quota errors of the platform get their code. */
export function toSearchError(error: unknown, fallback: SearchErrorCode = 'internal'): SearchError {
  if (error instanceof SearchError) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  const message = error instanceof Error ? error.message : String(error);
  if (name === 'AbortError') return new SearchError('aborted', 'The search was cancelled.', { cause: error });
  if (name === 'QuotaExceededError')
    return new SearchError(
      'quota',
      'The browser has no room left for this site. Free some space or remove documents.',
      {
        cause: error,
      },
    );
  if (error instanceof RangeError && /memory|allocation/i.test(message))
    return new SearchError('out-of-memory', `Out of memory: ${message}`, { cause: error });
  return new SearchError(fallback, message, { cause: error });
}
