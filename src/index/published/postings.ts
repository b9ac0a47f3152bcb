import type { ByteReader, ByteWriter } from '../codec.ts';
import { FIELDS, type FieldPostings } from '../terms.ts';

/** Fields whose terms repeat in every passage of a document or section: stored as runs of neighbours. */
const IN_RUNS: readonly boolean[] = FIELDS.map((field) => field !== 'body');
const NONE: FieldPostings = { passages: new Uint32Array(0), frequencies: new Uint16Array(0) };

/** Number of terms of a passage's field. */
export type LengthOf = (passage: number, field: number) => number;
/** Takes the lengths that postings bring along. */
export type KeepLength = (passage: number, field: number, length: number) => void;

/**
 * One term's postings, each with the length of its field: BM25 needs the lengths of the passages that a term is in and
 * of no others, and so there is no table of all lengths to download. Column by column, which deflate packs best.
 */
export function writePostings(writer: ByteWriter, fields: readonly FieldPostings[], lengthOf: LengthOf): void {
  let present = 0;
  fields.forEach(({ passages }, field) => {
    if (passages.length > 0) present |= 1 << field;
  });
  writer.u8(present);
  fields.forEach((postings, field) => {
    if (postings.passages.length === 0) return;
    const length = (passage: number) => lengthOf(passage, field);
    if (IN_RUNS[field]) writeRuns(writer, postings, length);
    else writeSingly(writer, postings, length);
  });
}

function writeSingly(writer: ByteWriter, { passages, frequencies }: FieldPostings, length: (at: number) => number) {
  writer.varint(passages.length);
  let before = -1;
  for (const passage of passages) {
    writer.varint(passage - before - 1);
    before = passage;
  }
  for (const frequency of frequencies) writer.varint(frequency - 1);
  for (const passage of passages) writer.varint(length(passage));
}

function writeRuns(writer: ByteWriter, { passages, frequencies }: FieldPostings, length: (at: number) => number) {
  const runs: { first: number; count: number; frequency: number; length: number }[] = [];
  passages.forEach((passage, at) => {
    const run = runs.at(-1);
    const [frequency, own] = [frequencies[at] ?? 1, length(passage)];
    if (run && run.first + run.count === passage && run.frequency === frequency && run.length === own) run.count += 1;
    else runs.push({ first: passage, count: 1, frequency, length: own });
  });
  writer.varint(runs.length);
  let before = -1;
  for (const { first, count } of runs) {
    writer.varint(first - before - 1);
    writer.varint(count - 1);
    before = first + count - 1;
  }
  for (const { frequency } of runs) writer.varint(frequency - 1);
  for (const run of runs) writer.varint(run.length);
}

/** Postings of a term in an index of `limit` passages; a number at or above it is corruption. */
export function readPostings(reader: ByteReader, limit: number, keep: KeepLength): readonly FieldPostings[] {
  const present = reader.u8();
  if (present >= 1 << FIELDS.length) throw reader.corrupt('an unknown field');
  return FIELDS.map((_, field) => {
    if ((present & (1 << field)) === 0) return NONE;
    const read = IN_RUNS[field] ? readRuns : readSingly;
    return read(reader, limit, (passage, length) => keep(passage, field, length));
  });
}

type Keep = (passage: number, length: number) => void;

function readSingly(reader: ByteReader, limit: number, keep: Keep): FieldPostings {
  const count = reader.count();
  const passages = reader.varints(count);
  let before = -1;
  for (let at = 0; at < count; at += 1) {
    before += (passages[at] ?? 0) + 1;
    if (before >= limit) throw reader.corrupt('a passage that is not there');
    passages[at] = before;
  }
  const frequencies = Uint16Array.from(reader.varints(count), (frequency) => frequency + 1);
  reader.varints(count).forEach((length, at) => {
    keep(passages[at] ?? 0, length);
  });
  return { passages, frequencies };
}

function readRuns(reader: ByteReader, limit: number, keep: Keep): FieldPostings {
  const runs = reader.count();
  const firsts = new Uint32Array(runs);
  const counts = new Uint32Array(runs);
  let before = -1;
  let total = 0;
  for (let run = 0; run < runs; run += 1) {
    const first = before + reader.varint() + 1;
    const count = reader.varint() + 1;
    before = first + count - 1;
    if (before >= limit) throw reader.corrupt('a run that is too long');
    firsts[run] = first;
    counts[run] = count;
    total += count;
  }
  const frequencyOf = reader.varints(runs);
  const lengthOf = reader.varints(runs);
  const passages = new Uint32Array(total);
  const frequencies = new Uint16Array(total);
  let at = 0;
  for (let run = 0; run < runs; run += 1)
    for (let step = 0; step < (counts[run] ?? 0); step += 1) {
      const passage = (firsts[run] ?? 0) + step;
      passages[at] = passage;
      frequencies[at] = (frequencyOf[run] ?? 0) + 1;
      keep(passage, lengthOf[run] ?? 0);
      at += 1;
    }
  return { passages, frequencies };
}
