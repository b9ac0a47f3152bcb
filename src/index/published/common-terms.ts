import { ByteReader, corrupt } from '../codec.ts';
import type { Reading, TermPostings, TermSource } from '../terms.ts';
import { type CorpusStatistics, FIELDS, type FieldLengths, type FieldPostings, type Outline } from '../terms.ts';
import type { BlockReader } from './blocks.ts';
import { findOrdinal, type Place } from './directory.ts';
import type { PublishedManifest } from './manifest.ts';
import type { StoredOutline } from './outline.ts';
import { type KeepLength, readPostings } from './postings.ts';
import { promisingTallies } from './promise.ts';
import { keepLengths, postingsIn, readTally, type Tally } from './tallies.ts';

/** Bytes of a request and its answer's headers, to weigh many small reads against few large ones. */
const REQUEST_BYTES = 400;

const NONE: readonly FieldPostings[] = FIELDS.map(() => ({
  passages: new Uint32Array(0),
  frequencies: new Uint16Array(0),
}));

export interface Lengths {
  readonly known: FieldLengths;
  readonly keep: KeepLength;
}

/** Terms so common that a question reads an outline of them, and then whatever of their postings it needs. */
export function commonTerms(
  blocks: BlockReader,
  manifest: PublishedManifest,
  statistics: CorpusStatistics,
  { known, keep }: Lengths,
): { outlined(term: string, stored: StoredOutline): TermPostings; settle: NonNullable<TermSource['settle']> } {
  const stored = new WeakMap<Outline, StoredOutline>();

  const lists = async (common: readonly Common[], signal?: AbortSignal): Promise<readonly TermPostings[]> => {
    const [start] = (await blocks.directory('lists').page(0, signal)).offsets;
    if (start === undefined) throw corrupt('lists', 'it is not there');
    const places = common.map(({ own }) => ({ offset: start + own.list.offset, length: own.list.length }));
    const decode = (bytes: Uint8Array) => readPostings(new ByteReader(bytes, 'lists'), manifest.passages, keep);
    const read = await blocks.read('lists', places, decode, signal);
    return common.map(({ term }, at) => ({ term, fields: read[at] ?? NONE }));
  };

  const tallies = async (
    common: readonly Common[],
    concepts: readonly (readonly Reading[])[],
    signal?: AbortSignal,
  ): Promise<readonly TermPostings[]> => {
    const numbers = promisingTallies(concepts, statistics, known, manifest.tallied, manifest.tallies);
    const directory = blocks.directory('tallies');
    const found = await Promise.all(numbers.map((number) => findOrdinal(directory, number * manifest.tallied, signal)));
    const places = found.flatMap((each): readonly Place[] => (each === undefined ? [] : [each.place]));
    const decode = (bytes: Uint8Array) => readTally(bytes, manifest.passages);
    const read: readonly Tally[] = await blocks.read('tallies', places, decode, signal);
    for (const tally of read) keepLengths(tally, keep);
    return common.map(({ term, own }) => ({ term, fields: postingsIn(read, own.number, own.totals) }));
  };

  return {
    outlined(term, own) {
      stored.set(own.outline, own);
      return { term, fields: NONE, outline: own.outline };
    },
    async settle(concepts, whole, signal) {
      const terms = new Map(concepts.flat().map(({ postings }) => [postings.term, postings]));
      const common = [...terms.values()].flatMap(({ term, outline }): Common[] => {
        const own = outline && stored.get(outline);
        return own === undefined ? [] : [{ term, own }];
      });
      if (common.length === 0) return terms;
      const { offsets } = await blocks.directory('tallies').page(0, signal);
      const mean = ((offsets.at(-1) ?? 0) - (offsets[0] ?? 0)) / Math.max(1, offsets.length - 1);
      const listed = common.reduce((sum, { own }) => sum + own.list.length + REQUEST_BYTES, 0);
      const isCheap = listed <= manifest.tallies * (mean + REQUEST_BYTES);
      const settled = await (whole || isCheap ? lists(common, signal) : tallies(common, concepts, signal));
      for (const postings of settled) terms.set(postings.term, postings);
      return terms;
    },
  };
}

interface Common {
  readonly term: string;
  readonly own: StoredOutline;
}
