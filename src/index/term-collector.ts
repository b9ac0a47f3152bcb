import { NO_POSTINGS } from './postings.ts';
import { FIELDS, type FieldPostings } from './terms.ts';

const MOST = 0xffff;

/**
 * Gathers the terms of passages as flat arrays of numbers, and inverts them by one counting sort: millions of
 * postings without an object each.
 */
export interface TermCollector {
  readonly passages: number;
  /** The next passage's terms, in the order of FIELDS, and those beside them that do not make its fields longer. */
  add(fields: readonly (readonly string[])[], beside?: readonly (readonly string[])[]): void;
  /** Number of terms of a passage's field. */
  length(passage: number, field: number): number;
  /** Terms in ascending order (UTF-16) with their postings; passage `order[n]` gets the number n. */
  postings(order: Uint32Array): Generator<{ readonly term: string; readonly fields: readonly FieldPostings[] }>;
}

interface FieldEntries {
  /** Term number and frequency of each entry; a passage's entries end where `ends` says. */
  terms: Uint32Array;
  frequencies: Uint16Array;
  count: number;
  readonly ends: number[];
  readonly lengths: number[];
}

export function createTermCollector(): TermCollector {
  const numbers = new Map<string, number>();
  const names: string[] = [];
  const fields: readonly FieldEntries[] = FIELDS.map(() => ({
    terms: new Uint32Array(1024),
    frequencies: new Uint16Array(1024),
    count: 0,
    ends: [],
    lengths: [],
  }));
  /** Entry of each term plus one, valid if it lies in the current passage's stretch: so it need not be cleared. */
  let slots = new Float64Array(1024);

  const numberOf = (term: string): number => {
    const known = numbers.get(term);
    if (known !== undefined) return known;
    const clean = wellFormed(term);
    const number = clean === term ? names.length : (numbers.get(clean) ?? names.length);
    if (number === names.length) {
      names.push(clean);
      numbers.set(clean, number);
    }
    numbers.set(term, number);
    return number;
  };
  const collect = (entries: FieldEntries, terms: readonly string[], beside: readonly string[]) => {
    const start = entries.count;
    for (const term of beside.length === 0 ? terms : [...terms, ...beside]) {
      const number = numberOf(term);
      if (number >= slots.length) slots = enlarged(slots, new Float64Array(slots.length * 2));
      const slot = (slots[number] ?? 0) - 1;
      if (slot >= start && slot < entries.count && entries.terms[slot] === number) {
        entries.frequencies[slot] = Math.min(MOST, (entries.frequencies[slot] ?? 0) + 1);
        continue;
      }
      if (entries.count === entries.terms.length) grow(entries);
      entries.terms[entries.count] = number;
      entries.frequencies[entries.count] = 1;
      entries.count += 1;
      slots[number] = entries.count;
    }
    entries.ends.push(entries.count);
    entries.lengths.push(terms.length);
  };
  return {
    get passages() {
      return fields[0]?.ends.length ?? 0;
    },
    add(terms, beside = []) {
      fields.forEach((entries, field) => {
        collect(entries, terms[field] ?? [], beside[field] ?? []);
      });
    },
    length: (passage, field) => fields[field]?.lengths[passage] ?? 0,
    *postings(order) {
      const inverted = fields.map((entries) => invert(entries, names.length, order));
      const sorted = Uint32Array.from(names.keys()).sort((a, b) => ((names[a] ?? '') < (names[b] ?? '') ? -1 : 1));
      for (const number of sorted)
        yield { term: names[number] ?? '', fields: inverted.map((field) => postingsOf(field, number)) };
    },
  };
}

interface Inverted {
  readonly offsets: Uint32Array;
  readonly passages: Uint32Array;
  readonly frequencies: Uint16Array;
}

function invert({ terms, frequencies, count, ends }: FieldEntries, termCount: number, order: Uint32Array): Inverted {
  const offsets = new Uint32Array(termCount + 1);
  for (let entry = 0; entry < count; entry += 1) {
    const next = (terms[entry] ?? 0) + 1;
    offsets[next] = (offsets[next] ?? 0) + 1;
  }
  for (let term = 0; term < termCount; term += 1) offsets[term + 1] = (offsets[term + 1] ?? 0) + (offsets[term] ?? 0);
  const cursors = offsets.slice(0, termCount);
  const found: Inverted = { offsets, passages: new Uint32Array(count), frequencies: new Uint16Array(count) };
  for (let number = 0; number < order.length; number += 1) {
    const passage = order[number] ?? 0;
    const end = ends[passage] ?? 0;
    for (let entry = passage === 0 ? 0 : (ends[passage - 1] ?? 0); entry < end; entry += 1) {
      const term = terms[entry] ?? 0;
      const at = cursors[term] ?? 0;
      cursors[term] = at + 1;
      found.passages[at] = number;
      found.frequencies[at] = frequencies[entry] ?? 0;
    }
  }
  return found;
}

function postingsOf({ offsets, passages, frequencies }: Inverted, term: number): FieldPostings {
  const start = offsets[term] ?? 0;
  const end = offsets[term + 1] ?? 0;
  if (start === end) return NO_POSTINGS;
  return { passages: passages.subarray(start, end), frequencies: frequencies.subarray(start, end) };
}

function grow(entries: FieldEntries): void {
  const size = entries.terms.length * 2;
  entries.terms = enlarged(entries.terms, new Uint32Array(size));
  entries.frequencies = enlarged(entries.frequencies, new Uint16Array(size));
}

function enlarged<T extends Uint32Array | Uint16Array | Float64Array>(small: T, large: T): T {
  large.set(small);
  return large;
}

/** Half a surrogate pair has no UTF-8; it becomes U+FFFD here, before terms are sorted, not when they are written. */
function wellFormed(term: string): string {
  return /\p{Surrogate}/u.test(term) ? term.replace(/\p{Surrogate}/gu, '\ufffd') : term;
}
