import { SearchError } from '../../core/errors.ts';

/** Element types that we read; safetensors has more. */
export type TensorType = 'I8' | 'U16' | 'F32';

export interface StoredTensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** Little-endian; not copied, and not aligned to its elements. */
  readonly bytes: Uint8Array;
}

export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** SearchError('corrupt') where there is none of that name and type. */
  tensor(name: string, type: TensorType): StoredTensor;
}

const BYTES: Readonly<Record<TensorType, number>> = { I8: 1, U16: 2, F32: 4 };
/** Header lengths are 64-bit; a header of ours is some kilobytes. */
const MOST_HEADER = 1 << 20;

function corrupt(what: string, cause?: unknown): SearchError {
  return new SearchError('corrupt', `The model file is not readable: ${what}. Load it again.`, { cause });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readHeader(file: Uint8Array): { readonly header: Record<string, unknown>; readonly data: number } {
  if (file.length < 8) throw corrupt('it is cut short');
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (length > MOST_HEADER || 8 + length > file.length) throw corrupt('its header is longer than the file');
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
    if (isRecord(header)) return { header, data: 8 + length };
  } catch (cause) {
    throw corrupt('its header is not JSON', cause);
  }
  throw corrupt('its header is no object');
}

function isWholeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}

/** Reads a safetensors file (an 8-byte header length, a JSON header, the bytes). SearchError('corrupt') says what is wrong. */
export function readTensors(given: Uint8Array): TensorFile {
  // Node's Buffer is a Uint8Array whose slice() does not copy.
  const file = new Uint8Array(given.buffer, given.byteOffset, given.length);
  const { header, data } = readHeader(file);
  const texts: Record<string, unknown> = isRecord(header.__metadata__) ? header.__metadata__ : {};
  const metadata = Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, String(value)]));
  return {
    metadata,
    tensor(name, type) {
      const entry = header[name];
      if (!isRecord(entry) || entry.dtype !== type) throw corrupt(`there is no tensor ${name} of type ${type}`);
      const { shape, data_offsets: offsets } = entry;
      if (!isWholeList(shape) || !isWholeList(offsets)) throw corrupt(`the tensor ${name} has no shape or place`);
      const [from = 0, to = 0] = offsets;
      const bytes = shape.reduce((product, size) => product * size, BYTES[type]);
      if (to - from !== bytes || data + to > file.length) throw corrupt(`the tensor ${name} does not lie in the file`);
      return { type, shape, bytes: file.subarray(data + from, data + to) };
    },
  };
}
