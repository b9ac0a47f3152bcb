import { SearchError } from '../core/errors.ts';
import type { ByteRange } from '../core/ports.ts';

/**
 * A blob's name: `/`-separated segments that every driver can hold (as a URL path and as a file on any system).
 * SearchError('bad-input') otherwise.
 */
export function checkName(name: string): string {
  const segments = name.split('/');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  const wrong = (segment: string) => /^\.{0,2}$/.test(segment) || /[\\:*?"<>|%\u0000-\u001f]/.test(segment);
  if (segments.some(wrong))
    throw new SearchError(
      'bad-input',
      `A blob's name is a relative path without '.', '..', empty parts or any of \\ : * ? " < > | %: ${JSON.stringify(name)}.`,
    );
  return name;
}

/** `range`, or the whole blob; SearchError('corrupt') where it does not lie inside `size` bytes. */
export function checkRange(name: string, size: number, range: ByteRange | undefined): ByteRange {
  if (range === undefined) return { offset: 0, length: size };
  const { offset, length } = range;
  if (!isCount(offset) || !isCount(length) || offset + length > size)
    throw new SearchError(
      'corrupt',
      `Bytes ${offset} to ${offset + length} of '${name}' were asked for, but it has ${size}. The index is damaged or of another version: build it again.`,
    );
  return range;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** A check that throws once `close` has been called: using a closed store is a fault of the caller's. */
export function openness(what: string): { readonly check: () => void; readonly close: () => void } {
  let closed = false;
  return {
    check() {
      if (closed) throw new SearchError('internal', `${what} is closed. Open it again before using it.`);
    },
    close() {
      closed = true;
    },
  };
}
