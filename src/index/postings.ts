import type { ByteReader, ByteWriter } from './codec.ts';
import { FIELDS, type FieldPostings } from './terms.ts';

/** Fields whose terms repeat in every passage of a document or section: stored as runs of consecutive passages. */
const IN_RUNS: readonly boolean[] = FIELDS.map((field) => field !== 'body');

export const NO_POSTINGS: FieldPostings = { passages: new Uint32Array(0), frequencies: new Uint16Array(0) };

/**
 * One term's postings in a segment: a bit for each field that has any, then per field the count and
 * delta-coded numbers. The lowest bit of a gap (or of a run's length) says that a frequency other than 1 follows.
 */
export function writePostings(writer: ByteWriter, fields: readonly FieldPostings[]): void {
  let present = 0;
  fields.forEach((field, index) => {
    if (field.passages.length > 0) present |= 1 << index;
  });
  writer.u8(present);
  fields.forEach((field, index) => {
    if (field.passages.length === 0) return;
    writer.varint(field.passages.length);
    if (IN_RUNS[index]) writeRuns(writer, field);
    else writeSingly(writer, field);
  });
}

function writeSingly(writer: ByteWriter, { passages, frequencies }: FieldPostings): void {
  let before = -1;
  for (let index = 0; index < passages.length; index += 1) {
    const passage = passages[index] ?? 0;
    const frequency = frequencies[index] ?? 1;
    writer.varint((passage - before - 1) * 2 + (frequency === 1 ? 0 : 1));
    if (frequency !== 1) writer.varint(frequency);
    before = passage;
  }
}

function writeRuns(writer: ByteWriter, { passages, frequencies }: FieldPostings): void {
  let before = -1;
  let index = 0;
  while (index < passages.length) {
    const first = passages[index] ?? 0;
    const frequency = frequencies[index] ?? 1;
    let run = 1;
    while (passages[index + run] === first + run && frequencies[index + run] === frequency) run += 1;
    writer.varint(first - before - 1);
    writer.varint((run - 1) * 2 + (frequency === 1 ? 0 : 1));
    if (frequency !== 1) writer.varint(frequency);
    before = first + run - 1;
    index += run;
  }
}

export interface PostingsBounds {
  /** Passages of the segment: a number at or above it is corruption. */
  readonly passages: number;
  /** Added to every number. */
  readonly base: number;
  /** 1 for removed passages, which are left out; undefined where none is removed. */
  readonly dead: Uint8Array | undefined;
}

export function readPostings(reader: ByteReader, bounds: PostingsBounds): readonly FieldPostings[] {
  const present = reader.u8();
  if (present >= 1 << FIELDS.length) throw reader.corrupt('an unknown field');
  return FIELDS.map((_, index) => {
    if ((present & (1 << index)) === 0) return NO_POSTINGS;
    const field = IN_RUNS[index] ? readRuns(reader, bounds) : readSingly(reader, bounds);
    return withoutDead(field, bounds);
  });
}

function readSingly(reader: ByteReader, { passages: limit }: PostingsBounds): FieldPostings {
  const count = reader.count();
  const passages = new Uint32Array(count);
  const frequencies = new Uint16Array(count);
  let before = -1;
  for (let index = 0; index < count; index += 1) {
    const code = reader.varint();
    before += Math.floor(code / 2) + 1;
    passages[index] = before;
    frequencies[index] = code % 2 === 0 ? 1 : reader.varint();
  }
  if (before >= limit) throw reader.corrupt('a passage that is not there');
  return { passages, frequencies };
}

function readRuns(reader: ByteReader, { passages: limit }: PostingsBounds): FieldPostings {
  const count = reader.varint();
  if (count > limit) throw reader.corrupt('more postings than passages');
  const passages = new Uint32Array(count);
  const frequencies = new Uint16Array(count);
  let before = -1;
  for (let index = 0; index < count; ) {
    before += reader.varint() + 1;
    const code = reader.varint();
    const run = Math.floor(code / 2) + 1;
    const frequency = code % 2 === 0 ? 1 : reader.varint();
    if (index + run > count || before + run > limit) throw reader.corrupt('a run that is too long');
    for (let step = 0; step < run; step += 1, index += 1) passages[index] = before + step;
    frequencies.fill(frequency, index - run, index);
    before += run - 1;
  }
  return { passages, frequencies };
}

/** Drops removed passages and adds the base, in place. */
function withoutDead({ passages, frequencies }: FieldPostings, { base, dead }: PostingsBounds): FieldPostings {
  if (dead === undefined) {
    if (base > 0)
      for (let index = 0; index < passages.length; index += 1) passages[index] = (passages[index] ?? 0) + base;
    return { passages, frequencies };
  }
  let kept = 0;
  for (let index = 0; index < passages.length; index += 1) {
    const passage = passages[index] ?? 0;
    if (dead[passage] === 1) continue;
    passages[kept] = passage + base;
    frequencies[kept] = frequencies[index] ?? 0;
    kept += 1;
  }
  return { passages: passages.subarray(0, kept), frequencies: frequencies.subarray(0, kept) };
}

/** Postings of one term from several segments, whose numbers ascend from segment to segment, as one. */
export function joinPostings(parts: readonly (readonly FieldPostings[])[]): readonly FieldPostings[] {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return FIELDS.map((_, index) => {
    const length = parts.reduce((sum, part) => sum + (part[index]?.passages.length ?? 0), 0);
    const passages = new Uint32Array(length);
    const frequencies = new Uint16Array(length);
    let offset = 0;
    for (const part of parts) {
      const field = part[index] ?? NO_POSTINGS;
      passages.set(field.passages, offset);
      frequencies.set(field.frequencies, offset);
      offset += field.passages.length;
    }
    return { passages, frequencies };
  });
}

/** In how many passages the term occurs in any field. */
export function documentFrequency(fields: readonly FieldPostings[]): number {
  const [first, ...others] = fields.filter((field) => field.passages.length > 0);
  if (first === undefined) return 0;
  return others.reduce((union, { passages }) => unite(union, passages), first.passages).length;
}

function unite(a: Uint32Array, b: Uint32Array): Uint32Array {
  const union = new Uint32Array(a.length + b.length);
  let count = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const left = a[i] ?? 0;
    const right = b[j] ?? 0;
    union[count] = Math.min(left, right);
    count += 1;
    if (left <= right) i += 1;
    if (right <= left) j += 1;
  }
  for (; i < a.length; i += 1, count += 1) union[count] = a[i] ?? 0;
  for (; j < b.length; j += 1, count += 1) union[count] = b[j] ?? 0;
  return union.subarray(0, count);
}
