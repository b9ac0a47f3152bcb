import { ByteWriter } from '../codec.ts';
import type { CorpusStatistics, FieldPostings } from '../terms.ts';
import type { StoredBlock } from './block-list.ts';
import { frame } from './frame.ts';
import { impactsOf, OUTLINED, outlineOf, type StoredOutline } from './outline.ts';
import { type LengthOf, writePostings } from './postings.ts';
import { TALLIED, TALLIES, tallyBlocks } from './tallies.ts';

export interface CommonSizes {
  /** A term is common that more passages hold. */
  readonly common: number;
  /** Of how many passages its outline speaks. */
  readonly outlined: number;
  /** Passages a tally is of. */
  readonly tallied: number;
  /** Tallies that a question reads at most. */
  readonly tallies: number;
}

/** Passages up to which whole lists of postings are cheap: a question of ten words reads some 40 kB. */
const MODERATE_INDEX = 80_000;

export function commonSizes(passages: number): CommonSizes {
  return { common: passages <= MODERATE_INDEX ? 8192 : 4096, outlined: OUTLINED, tallied: TALLIED, tallies: TALLIES };
}

/** Takes common terms in ascending order: their postings go into `lists` and `tallies`, an outline comes back. */
export function collectCommon(statistics: CorpusStatistics, lengthOf: LengthOf, sizes: CommonSizes) {
  const lists: StoredBlock[] = [];
  const all: (readonly FieldPostings[])[] = [];
  let offset = 0;
  return {
    lists,
    async add(fields: readonly FieldPostings[]): Promise<StoredOutline> {
      const writer = new ByteWriter(16 * 1024);
      writePostings(writer, fields, lengthOf);
      const stored = await frame(writer.finish());
      const list = { offset, length: stored.length };
      lists.push({ ordinal: all.length, stored });
      offset += stored.length;
      all.push(fields);
      const outline = outlineOf(impactsOf(fields, lengthOf, statistics), sizes.outlined);
      return { outline, number: all.length - 1, totals: fields.map(({ passages }) => passages.length), list };
    },
    tallies: () => (all.length === 0 ? [] : tallyBlocks(all, statistics.passages, lengthOf, sizes.tallied)),
  };
}
