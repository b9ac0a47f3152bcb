/** A stretch of a text, UTF-16, end exclusive. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}
