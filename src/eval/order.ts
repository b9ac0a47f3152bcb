import type { RunRow } from './collection.ts';

/** Code-point order, which is the byte order of UTF-8 that C's strcmp and Python see; JavaScript's own is UTF-16's. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) {
      // Surrogates stand for code points above every other 16-bit unit.
      const surrogates = Number(isSurrogate(x)) - Number(isSurrogate(y));
      return surrogates === 0 ? x - y : surrogates;
    }
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** trec_eval's order: score descending, then id descending. It keeps scores as 32-bit floats, so closer ones tie. */
export function byScoreThenIdDescending(a: RunRow, b: RunRow): number {
  return Math.fround(b.score) - Math.fround(a.score) || compareCodePoints(b.document, a.document);
}

/** The order of ir_measures' own Judged and of the MS MARCO script behind its RR@k: score descending, then id ascending. */
export function byScoreThenId(a: RunRow, b: RunRow): number {
  return b.score - a.score || compareCodePoints(a.document, b.document);
}
