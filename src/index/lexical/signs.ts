import type { TextRange } from './text-range.ts';

/** A run of the characters that operators are written with. */
const RUN = /[!#$%&*+\-/:<=>?@\\^|~.]{2,}/g;
const LONGEST = 4;
const SENTENCE_END = /[.:?!]$/;
/** Ellipses, dashes, paths (`../`), and what every address has. */
const NO_OPERATOR = /^(?:-+|[.~/]*\.[.~/]*|~\/|:\/\/)$/;
/** What joins the parts of one name: `std::vector`, `user->name`. */
const JOINTS: ReadonlySet<string> = new Set(['::', '->']);
const WORD_CHARACTER = /[\p{L}\p{N}_]/u;

export interface PlacedSign extends TextRange {
  readonly sign: string;
}

/** The operators of two to four signs that a text speaks of (`:=`, `->>`, `!==`), with their places (UTF-16). */
export function* placedSigns(text: string): Generator<PlacedSign> {
  for (const { index: start, 0: run } of text.matchAll(RUN)) {
    const next = text.charAt(start + run.length);
    const endsSentence = run.length > 2 && SENTENCE_END.test(run) && (next === '' || /\s/.test(next));
    const sign = endsSentence ? run.slice(0, -1) : run;
    const before = WORD_CHARACTER.test(text.charAt(start - 1));
    if (sign.length > LONGEST || NO_OPERATOR.test(sign)) continue;
    if (before && ((JOINTS.has(sign) && WORD_CHARACTER.test(next)) || sign === '++')) continue;
    yield { sign, start, end: start + sign.length };
  }
}

/** Begins as the terms of names do (names.ts), none of whose keys begins with a space: nothing half typed or misspelt finds it. */
const SIGN = '= ';

/** The index terms of a text's operators, once for each time that they stand there. */
export function signTerms(text: string): readonly string[] {
  return Array.from(placedSigns(text), ({ sign }) => SIGN + sign);
}

/** The index term of a word that is nothing but an operator; undefined of others, for what is asked for is a name then. */
export function signTerm(word: string): string | undefined {
  const [found, second] = placedSigns(word);
  return found !== undefined && second === undefined && found.sign === word ? SIGN + word : undefined;
}
