import { ByteReader, ByteWriter } from '../codec.ts';
import { FIELDS, type FieldPostings } from '../terms.ts';
import type { KeepLength, LengthOf } from './postings.ts';

/** Neighbouring passages that share a tally; places in it take seven bits. */
export const TALLIED = 128;
/** How many a question reads at most. */
export const TALLIES = 16;

/**
 * A tally says of some neighbouring passages how long their fields are and how often each common term stands in them:
 * the postings of common terms the other way round, so that one read tells all of a few passages.
 */
export interface Tally {
  /** Number of its first passage. */
  readonly first: number;
  readonly count: number;
  /** Field by field, in the order of FIELDS. */
  readonly lengths: readonly Uint32Array[];
  /** Numbers of common terms, ascending. */
  readonly terms: Uint32Array;
  /** For each term and field: ends of its entries. */
  readonly ends: Uint32Array;
  /** Places inside the tally, ascending for each term and field, and frequencies. */
  readonly places: Uint8Array;
  readonly frequencies: Uint32Array;
}

/** Tallies of all passages, from the postings of common terms in the order of their numbers. */
export function tallyBlocks(
  common: readonly (readonly FieldPostings[])[],
  passages: number,
  lengthOf: LengthOf,
  tallied = TALLIED,
): readonly { readonly ordinal: number; readonly bytes: Uint8Array<ArrayBuffer> }[] {
  const cursors = common.map(() => FIELDS.map(() => 0));
  const blocks: { ordinal: number; bytes: Uint8Array<ArrayBuffer> }[] = [];
  for (let first = 0; first < passages; first += tallied) {
    const end = Math.min(passages, first + tallied);
    const columns = { terms: [] as number[], counts: [] as number[], places: [] as number[], more: [] as number[] };
    common.forEach((fields, number) => {
      const own = cursors[number] ?? [];
      const counts = FIELDS.map((_, field) => take(fields[field], own, field, first, end, columns));
      if (counts.every((count) => count === 0)) return;
      columns.terms.push(number);
      columns.counts.push(...counts);
    });
    blocks.push({ ordinal: first, bytes: write(first, end, columns, lengthOf) });
  }
  return blocks;
}

interface Columns {
  readonly terms: number[];
  readonly counts: number[];
  readonly places: number[];
  /** Frequencies less one. */
  readonly more: number[];
}

/** Moves a cursor over the postings below `end`. */
function take(
  list: FieldPostings | undefined,
  cursors: number[],
  field: number,
  first: number,
  end: number,
  columns: Columns,
): number {
  if (list === undefined) return 0;
  const { passages, frequencies } = list;
  const start = cursors[field] ?? 0;
  let at = start;
  for (; at < passages.length && (passages[at] as number) < end; at += 1) {
    columns.places.push((passages[at] as number) - first);
    columns.more.push((frequencies[at] as number) - 1);
  }
  cursors[field] = at;
  return at - start;
}

function write(first: number, end: number, { terms, counts, places, more }: Columns, lengthOf: LengthOf) {
  const writer = new ByteWriter(4096);
  writer.varint(first);
  writer.varint(end - first);
  FIELDS.forEach((_, field) => {
    for (let passage = first; passage < end; passage += 1) writer.varint(lengthOf(passage, field));
  });
  writer.varint(terms.length);
  writer.deltas(terms);
  // Field by field: most terms stand in no title and no heading.
  FIELDS.forEach((_, field) => {
    for (let term = 0; term < terms.length; term += 1) writer.varint(counts[term * FIELDS.length + field] ?? 0);
  });
  let before = 0;
  for (const place of places) {
    // Where a list begins anew the place is not above the last one: then it stands alone.
    writer.u8(place > before ? place - before + 127 : place);
    before = place;
  }
  for (const each of more) writer.varint(each);
  return writer.finish();
}

/** A tally of an index of `limit` passages. */
export function readTally(bytes: Uint8Array, limit: number): Tally {
  const reader = new ByteReader(bytes, 'tallies');
  const first = reader.varint();
  const count = reader.count();
  if (first + count > limit) throw reader.corrupt('a passage that is not there');
  const lengths = FIELDS.map(() => reader.varints(count));
  const known = reader.count();
  const terms = reader.deltas(known);
  const counts = FIELDS.map(() => reader.varints(known));
  const ends = new Uint32Array(known * FIELDS.length);
  let total = 0;
  for (let entry = 0; entry < ends.length; entry += 1) {
    total += counts[entry % FIELDS.length]?.[Math.floor(entry / FIELDS.length)] ?? 0;
    ends[entry] = total;
  }
  const places = Uint8Array.from(reader.raw(total));
  let before = 0;
  for (let at = 0; at < total; at += 1) {
    const code = places[at] as number;
    before = code > 127 ? before + code - 127 : code;
    if (before >= count) throw reader.corrupt('a passage that is not there');
    places[at] = before;
  }
  const frequencies = reader.varints(total).map((more) => more + 1);
  reader.end();
  return { first, count, lengths, terms, ends, places, frequencies };
}

/** A common term's postings in some tallies, in the order of these. */
export function postingsIn(tallies: readonly Tally[], number: number, totals: readonly number[]): FieldPostings[] {
  return FIELDS.map((_, field) => {
    const passages: number[] = [];
    const counts: number[] = [];
    for (const { first, terms, ends, places, frequencies } of tallies) {
      const at = indexOf(terms, number);
      if (at < 0) continue;
      const entry = at * FIELDS.length + field;
      const start = entry === 0 ? 0 : (ends[entry - 1] as number);
      for (let posting = start; posting < (ends[entry] as number); posting += 1) {
        passages.push(first + (places[posting] as number));
        counts.push(frequencies[posting] as number);
      }
    }
    return { passages: Uint32Array.from(passages), frequencies: Uint16Array.from(counts), total: totals[field] ?? 0 };
  });
}

/** Tells the lengths of all passages of a tally. */
export function keepLengths({ first, count, lengths }: Tally, keep: KeepLength): void {
  lengths.forEach((column, field) => {
    for (let at = 0; at < count; at += 1) keep(first + at, field, column[at] as number);
  });
}

function indexOf(ascending: Uint32Array, value: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = ascending[middle] as number;
    if (found === value) return middle;
    if (found < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
