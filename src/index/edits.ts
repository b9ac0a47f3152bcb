/** Sorted terms with what each shares with the one before, as a front-coded block holds them. */
export interface SortedTerms {
  readonly texts: readonly string[];
  readonly shared: ArrayLike<number>;
}

/**
 * Calls `found` for every term within `maxEdits` of `word`: insert, delete, replace, swap of neighbours
 * (optimal string alignment). Rows of the distance table are kept along the shared beginnings, so the walk is
 * one over the trie that the sorted terms imply, and leaves a branch once its whole row is too far away.
 */
export function findWithin(
  { texts, shared }: SortedTerms,
  word: string,
  maxEdits: number,
  found: (index: number, distance: number) => void,
): void {
  const width = word.length + 1;
  const longest = word.length + maxEdits;
  // rows[d * width + j]: edits between the current term's first d letters and the word's first j.
  const rows = new Uint16Array((longest + 2) * width);
  for (let column = 0; column < width; column += 1) rows[column] = column;
  let known = 0;
  let dead = Number.POSITIVE_INFINITY;
  for (let index = 0; index < texts.length; index += 1) {
    const common = index === 0 ? 0 : (shared[index] ?? 0);
    if (common >= dead) continue;
    dead = Number.POSITIVE_INFINITY;
    const term = texts[index] ?? '';
    let depth = Math.min(common, known);
    while (depth < term.length) {
      depth += 1;
      if (depth > longest || fillRow(rows, width, depth, term, word) > maxEdits) {
        dead = depth;
        break;
      }
    }
    known = dead === Number.POSITIVE_INFINITY ? term.length : dead - 1;
    if (dead !== Number.POSITIVE_INFINITY) continue;
    const distance = rows[term.length * width + word.length] ?? 0;
    if (distance <= maxEdits) found(index, distance);
  }
}

/** Fills one row and returns its least value. */
function fillRow(rows: Uint16Array, width: number, depth: number, term: string, word: string): number {
  const at = (row: number, column: number): number => rows[row * width + column] as number;
  const letter = term.charCodeAt(depth - 1);
  const letterBefore = depth > 1 ? term.charCodeAt(depth - 2) : -1;
  let least = depth;
  rows[depth * width] = depth;
  for (let column = 1; column < width; column += 1) {
    const other = word.charCodeAt(column - 1);
    let edits = at(depth - 1, column - 1) + (letter === other ? 0 : 1);
    edits = Math.min(edits, at(depth - 1, column) + 1, at(depth, column - 1) + 1);
    if (column > 1 && letter === word.charCodeAt(column - 2) && letterBefore === other)
      edits = Math.min(edits, at(depth - 2, column - 2) + 1);
    rows[depth * width + column] = edits;
    if (edits < least) least = edits;
  }
  return least;
}
