import type { StoredPassage } from '../../core/document.ts';
import { fold } from './folding.ts';
import { isUnspaced, pieces, placedRuns, runs } from './words.ts';

/**
 * What a phrase is compared by: folded words, neither stemmed nor dropped. Scripts without spaces are compared
 * character by character, since where their words end depends on what stands around them.
 */
export function phraseUnits(text: string): readonly string[] {
  return runs(text).flatMap(unitsOf);
}

function unitsOf(run: string): readonly string[] {
  return pieces(run).flatMap((piece) => (isUnspaced(piece) ? [...fold(piece)] : [fold(piece)]));
}

/** Whether the title, a heading or the text of a passage holds every phrase, as consecutive words. */
export function holdsPhrases(passage: StoredPassage, phrases: readonly (readonly string[])[]): boolean {
  const fields = [passage.title, ...passage.heading, passage.text].map((field) => ` ${phraseUnits(field).join(' ')} `);
  return phrases.every((units) => fields.some((field) => field.includes(` ${units.join(' ')} `)));
}

/** Where phrases stand in a text (UTF-16), whole runs at either end. */
export function placePhrases(
  text: string,
  phrases: readonly (readonly string[])[],
): readonly { readonly start: number; readonly end: number }[] {
  if (phrases.length === 0) return [];
  const placed = [...placedRuns(text)].flatMap(({ start, text: run }) =>
    unitsOf(run).map((unit) => ({ unit, start, end: start + run.length })),
  );
  return phrases.flatMap((units) =>
    placed.flatMap(({ start }, at) => {
      const last = placed[at + units.length - 1];
      const found =
        last !== undefined && units.length > 0 && units.every((unit, step) => placed[at + step]?.unit === unit);
      return found ? [{ start, end: last.end }] : [];
    }),
  );
}
