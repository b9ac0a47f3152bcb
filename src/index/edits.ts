/** Sorted terms with what each shares with the one before, as a front-coded block holds them. */
export interface SortedTerms {
  readonly texts: readonly string[];
  readonly shared: ArrayLike<number>;
}

/** How the words of a language end whose stems alone are terms. */
export interface Endings {
  /** What follows stems. */
  readonly after: readonly string[];
  /** Words that may have this stem with another last letter. */
  instead(term: string): readonly string[];
  /** Words that may have it with its last letter twice. */
  doubled(term: string): readonly string[];
  /** Whether this is the stem of a word. */
  isForm(word: string, term: string): boolean;
}

/** A word that no term stands for, as it was spelt. */
export interface Misspelt {
  readonly word: string;
  /** Edits that are forgiven: insert, delete, replace, swap of neighbours (optimal string alignment). */
  readonly edits: number;
  /** Then a term is as near as the nearest of its forms. */
  readonly endings?: Endings;
}

/**
 * Calls `found` for every term that a misspelt word may have been. Rows of the distance table are kept along the shared
 * beginnings, so the walk is one over the trie that the sorted terms imply, and leaves a branch once its whole row is too far away.
 */
export function finder({ word, edits: maxEdits, endings }: Misspelt) {
  const nearestForm = endings === undefined ? undefined : formsOf(word, maxEdits, endings);
  const width = word.length + 1;
  const longest = word.length + maxEdits;
  // rows[d * width + j]: edits between the current term's first d letters and the word's first j.
  const rows = new Uint16Array((longest + 2) * width);
  for (let column = 0; column < width; column += 1) rows[column] = column;
  return ({ texts, shared }: SortedTerms, found: (index: number, distance: number) => void): void => {
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
      // The last letter alone may be too far away: queri, for it is the stem of query.
      if (dead < term.length || (dead === term.length && endings === undefined)) continue;
      const last = rows.subarray(term.length * width, (term.length + 1) * width);
      const itself = dead === term.length ? Number.POSITIVE_INFINITY : (last[word.length] as number);
      const distance = Math.min(itself, nearestForm?.(term, last) ?? Number.POSITIVE_INFINITY);
      if (distance <= maxEdits) found(index, distance);
    }
  };
}

/** Edits between a word and the nearest form of a term, given the term's row; more than are forgiven where that is too many. */
function formsOf(word: string, maxEdits: number, { after, instead, doubled, isForm }: Endings) {
  // By ending, then by where the word is cut: edits between the ending and what follows.
  const ends = after.map((ending) =>
    Array.from({ length: word.length + 1 }, (_, cut) => editsBetween(word.slice(cut), ending)),
  );
  const nearest = Array.from({ length: word.length + 1 }, (_, cut) =>
    Math.min(...ends.map((each) => each[cut] as number)),
  );
  const among = (row: Uint16Array, costs: readonly number[]) => {
    let least = Number.POSITIVE_INFINITY;
    for (let cut = 0; cut < costs.length; cut += 1)
      least = Math.min(least, (row[cut] as number) + (costs[cut] as number));
    return least;
  };
  return (term: string, row: Uint16Array): number => {
    let least = maxEdits + 1;
    const consider = (form: string) => {
      if (Math.abs(form.length - word.length) >= least) return;
      const edits = editsBetween(form, word);
      if (edits < least && isForm(form, term)) least = edits;
    };
    instead(term).forEach(consider);
    // What is one edit across the seam, a swap or a letter that is doubled there, is counted as two.
    if (among(row, nearest) > maxEdits + 1) return least;
    for (const [at, ending] of after.entries()) if (among(row, ends[at] as number[]) <= least) consider(term + ending);
    doubled(term).forEach(consider);
    return least;
  };
}

/** Insert, delete, replace, swap of neighbours. */
function editsBetween(term: string, word: string): number {
  const width = word.length + 1;
  const rows = new Uint16Array((term.length + 1) * width);
  for (let column = 0; column < width; column += 1) rows[column] = column;
  for (let depth = 1; depth <= term.length; depth += 1) fillRow(rows, width, depth, term, word);
  return rows[term.length * width + word.length] ?? 0;
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
