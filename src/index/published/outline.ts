import type { ByteReader, ByteWriter } from '../codec.ts';
import { FIELD_WEIGHTS, rarity, saturation } from '../lexical/formula.ts';
import { type CorpusStatistics, FIELDS, type FieldPostings, type Outline } from '../terms.ts';
import type { LengthOf } from './postings.ts';

/** Of how many passages an outline speaks, those to which the term adds most. */
export const OUTLINED = 1024;
/** Impacts are kept in so many steps between the lowest and the highest. */
const STEPS = 15;

/** An outline as a term's block has it, with where the rest lies. */
export interface StoredOutline {
  readonly outline: Outline;
  /** The term's number among the common ones, by which tallies know it. */
  readonly number: number;
  /** How many passages hold it, in the order of FIELDS. */
  readonly totals: readonly number[];
  /** Where all its postings lie, counted from the first block of `lists`. */
  readonly list: { readonly offset: number; readonly length: number };
}

/** What a term adds to the score of each passage that holds it, by ascending number. */
export function impactsOf(
  fields: readonly FieldPostings[],
  lengthOf: LengthOf,
  { passages: count, averageLengths }: CorpusStatistics,
): { readonly passages: Uint32Array; readonly impacts: Float32Array } {
  const sums = new Map<number, number>();
  for (const [at, { passages, frequencies, total }] of fields.entries()) {
    const weight = FIELD_WEIGHTS[FIELDS[at] ?? 'body'] * rarity(total ?? passages.length, count);
    const worth = saturation(averageLengths[at] ?? 0);
    for (let posting = 0; posting < passages.length; posting += 1) {
      const passage = passages[posting] as number;
      const own = weight * worth(frequencies[posting] as number, lengthOf(passage, at));
      sums.set(passage, (sums.get(passage) ?? 0) + own);
    }
  }
  const passages = Uint32Array.from(sums.keys()).sort();
  return { passages, impacts: Float32Array.from(passages, (passage) => sums.get(passage) ?? 0) };
}

/** Outlines a common term: its passages of most impact. `outlined` of them. */
export function outlineOf({ passages, impacts }: ReturnType<typeof impactsOf>, outlined = OUTLINED): Outline {
  const order = Uint32Array.from(passages.keys()).sort(
    (a, b) => (impacts[b] as number) - (impacts[a] as number) || a - b,
  );
  const best = order.slice(0, outlined).sort();
  const rest = order.subarray(outlined);
  const sum = rest.reduce((all, at) => all + (impacts[at] as number), 0);
  return {
    passages: Uint32Array.from(best, (at) => passages[at] as number),
    impacts: Float32Array.from(best, (at) => impacts[at] as number),
    rest: rest.length,
    restImpact: rest.length === 0 ? 0 : sum / rest.length,
  };
}

export function writeOutline(writer: ByteWriter, { outline, number, totals, list }: StoredOutline): void {
  const { passages, impacts, rest, restImpact } = outline;
  for (const value of [number, ...totals, list.offset, list.length, rest, passages.length]) writer.varint(value);
  const lowest = impacts.reduce((least, impact) => Math.min(least, impact), Number.POSITIVE_INFINITY);
  const highest = impacts.reduce((most, impact) => Math.max(most, impact), 0);
  for (const value of [restImpact, lowest, highest]) writer.f32(value);
  // Column by column, low bytes apart, which deflate packs best.
  const gaps = passages.map((passage, at) => passage - (at === 0 ? 0 : (passages[at - 1] as number)));
  for (const gap of gaps) writer.u8(gap & 0xff);
  for (const gap of gaps) writer.varint(gap >>> 8);
  const step = (highest - lowest) / STEPS;
  for (const impact of impacts) writer.u8(step > 0 ? Math.round((impact - lowest) / step) : 0);
}

/** `limit` passages: a number at or above it is corruption. */
export function readOutline(reader: ByteReader, limit: number): StoredOutline {
  const number = reader.varint();
  const totals = FIELDS.map(() => reader.varint());
  const list = { offset: reader.varint(), length: reader.varint() };
  const rest = reader.varint();
  const count = reader.count();
  const restImpact = reader.f32();
  const [lowest, highest] = [reader.f32(), reader.f32()];
  const low = reader.raw(count);
  const passages = reader.varints(count);
  let before = 0;
  for (let at = 0; at < count; at += 1) {
    before += (passages[at] as number) * 256 + (low[at] as number);
    if (before >= limit) throw reader.corrupt('a passage that is not there');
    passages[at] = before;
  }
  const impacts = Float32Array.from(reader.raw(count), (step) => lowest + ((highest - lowest) * step) / STEPS);
  return { outline: { passages, impacts, rest, restImpact }, number, totals, list };
}
