import { SearchError } from '../core/errors.ts';
import type { ByteRange, Store } from '../core/ports.ts';
import { corrupt } from './codec.ts';

/** Ranges nearer than this are read as one: a request costs more than the bytes between. */
const DEFAULT_GAP = 16 * 1024;
/** A joined read stays below this, so that one slow read does not hold back all. */
const LONGEST_READ = 1024 * 1024;

/**
 * The bytes of each range, in the given order. Neighbours are joined into one read and all reads go out
 * together. A missing blob is SearchError('not-found'), a short one SearchError('corrupt').
 */
export async function readRanges(
  store: Store,
  name: string,
  ranges: readonly ByteRange[],
  signal?: AbortSignal,
  gap = DEFAULT_GAP,
): Promise<readonly Uint8Array[]> {
  const order = ranges.map((_, index) => index).sort((a, b) => rangeAt(ranges, a).offset - rangeAt(ranges, b).offset);
  const groups: { offset: number; end: number; members: number[] }[] = [];
  for (const index of order) {
    const { offset, length } = rangeAt(ranges, index);
    const group = groups.at(-1);
    const end = offset + length;
    if (group && offset - group.end <= gap && Math.max(end, group.end) - group.offset <= LONGEST_READ) {
      group.end = Math.max(group.end, end);
      group.members.push(index);
    } else groups.push({ offset, end, members: [index] });
  }
  const found: Uint8Array[] = new Array(ranges.length);
  await Promise.all(
    groups.map(async ({ offset, end, members }) => {
      const bytes = await readExactly(store, name, { offset, length: end - offset }, signal);
      for (const index of members) {
        const range = rangeAt(ranges, index);
        found[index] = bytes.subarray(range.offset - offset, range.offset - offset + range.length);
      }
    }),
  );
  return found;
}

/** One range of a blob that must be there. */
export async function readExactly(
  store: Store,
  name: string,
  range: ByteRange,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await store.read(name, range, signal);
  if (bytes === undefined)
    throw new SearchError('not-found', `The index blob '${name}' is gone: another tab may have rewritten the index.`);
  if (bytes.length !== range.length) throw corrupt(name, `${range.length} bytes expected, ${bytes.length} found`);
  return bytes;
}

function rangeAt(ranges: readonly ByteRange[], index: number): ByteRange {
  return ranges[index] ?? { offset: 0, length: 0 };
}
