import type { StoredPassage } from '../../core/document.ts';
import { lazily } from '../../core/lazily.ts';
import { fold } from './folding.ts';
import type { TextRange } from './text-range.ts';
import { isUnspaced, pieces, placedPieces, placedRuns, type Run, runs } from './words.ts';

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

interface PlacedUnit extends TextRange {
  readonly unit: string;
}

/** A character and the marks on it. */
const CHARACTER = lazily(() => /\P{M}\p{M}*/gu);

/** The units of a run, each where the run is; in scripts without spaces, where a run is a clause, each where it is itself. */
function placedUnits(run: Run): readonly PlacedUnit[] {
  const placedAt = (units: readonly string[], start: number, { length }: string): readonly PlacedUnit[] =>
    units.map((unit) => ({ unit, start, end: start + length }));
  const whole = placedAt(unitsOf(run.text), run.start, run.text);
  if (!isUnspaced(run.text)) return whole;
  const own = placedPieces(run).flatMap(({ start, text }) =>
    isUnspaced(text)
      ? [...text.matchAll(CHARACTER())].flatMap(({ index, 0: character }) =>
          placedAt([...fold(character)], start + index, character),
        )
      : placedAt(unitsOf(text), start, text),
  );
  // Half-width letters are joined when they are folded: by themselves they are others.
  return own.map(({ unit }) => unit).join(' ') === whole.map(({ unit }) => unit).join(' ') ? own : whole;
}

/** Where phrases stand in a text (UTF-16), whole runs at either end where words stand apart. */
export function placePhrases(text: string, phrases: readonly (readonly string[])[]): readonly TextRange[] {
  if (phrases.length === 0) return [];
  const placed = [...placedRuns(text)].flatMap(placedUnits);
  return phrases.flatMap((units) =>
    placed.flatMap(({ start }, at) => {
      const last = placed[at + units.length - 1];
      const found =
        last !== undefined && units.length > 0 && units.every((unit, step) => placed[at + step]?.unit === unit);
      return found ? [{ start, end: last.end }] : [];
    }),
  );
}
