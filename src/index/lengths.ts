import { ByteReader, ByteWriter } from './codec.ts';
import { FIELDS } from './terms.ts';

/** Number of terms per field and section weight of each passage, column by column. */
export interface LengthColumns {
  /** In the order of FIELDS; capped at 65,535. */
  readonly fields: readonly Uint16Array[];
  readonly weights: Float32Array;
}

/** The same, and what no passage weighs more than. */
export interface ReadColumns extends LengthColumns {
  readonly heaviest: number;
}

export const LONGEST_FIELD = 0xffff;

export function emptyColumns(passages: number): LengthColumns {
  return { fields: FIELDS.map(() => new Uint16Array(passages)), weights: new Float32Array(passages).fill(1) };
}

/** Titles, headings and weights repeat from passage to passage and are stored as runs; bodies are not. */
export function writeLengths({ fields, weights }: LengthColumns): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(weights.length * 3);
  fields.forEach((column, field) => {
    if (FIELDS[field] === 'body') for (const length of column) writer.varint(length);
    else
      writeRuns(writer, column, (length) => {
        writer.varint(length);
      });
  });
  writeRuns(writer, weights, (weight) => {
    writer.f32(weight);
  });
  return writer.finish();
}

export function readLengths(bytes: Uint8Array, passages: number, name: string): ReadColumns {
  const reader = new ByteReader(bytes, name);
  const columns = emptyColumns(passages);
  columns.fields.forEach((column, field) => {
    if (FIELDS[field] === 'body') column.set(reader.varints(passages));
    else readRuns(reader, column, () => reader.varint());
  });
  let heaviest = 0;
  readRuns(reader, columns.weights, () => {
    const weight = reader.f32();
    heaviest = Math.max(heaviest, weight);
    return weight;
  });
  reader.end();
  return { ...columns, heaviest };
}

type Column = Uint16Array | Float32Array;

function writeRuns(writer: ByteWriter, column: Column, write: (value: number) => void): void {
  for (let from = 0; from < column.length; ) {
    const value = column[from] ?? 0;
    let run = 1;
    while (from + run < column.length && column[from + run] === value) run += 1;
    writer.varint(run);
    write(value);
    from += run;
  }
}

function readRuns(reader: ByteReader, column: Column, read: () => number): void {
  for (let from = 0; from < column.length; ) {
    const run = reader.varint();
    if (run === 0 || from + run > column.length) throw reader.corrupt('a run that does not fit');
    column.fill(read(), from, from + run);
    from += run;
  }
}
