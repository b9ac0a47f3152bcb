import { type DocumentId, type PassageId, passageId, type StoredPassage, splitPassageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import { blockOfOrdinal, lastNotAfter } from './blocks.ts';
import type { SegmentRecord } from './manifest.ts';
import type { PostingsBounds } from './postings.ts';
import type { DocumentPlace, Segment } from './segment.ts';
import type { PassageNumber } from './terms.ts';

export interface LocatedDocument {
  /** Index of its segment in the manifest. */
  readonly segment: number;
  readonly place: DocumentPlace;
}

/** A segment as a part of a view. */
export interface Part {
  readonly segment: Segment;
  readonly record: SegmentRecord;
  readonly bounds: PostingsBounds;
  readonly removed: ReadonlySet<number>;
}

/** The part that holds a passage number, if there is one. */
type PartOf = (passage: PassageNumber) => Part | undefined;

interface Member {
  /** Inside its segment. */
  readonly number: number;
  /** Its place among those asked for. */
  readonly at: number;
}

function membersOf(partOf: PartOf, numbers: readonly PassageNumber[]): ReadonlyMap<Part, readonly Member[]> {
  const wanted = new Map<Part, Member[]>();
  for (const [at, number] of numbers.entries()) {
    const part = partOf(number);
    if (part === undefined || number - part.bounds.base >= part.segment.passages)
      throw new SearchError('internal', `There is no passage number ${number} in this view of the index.`);
    const members = wanted.get(part) ?? [];
    members.push({ number: number - part.bounds.base, at });
    wanted.set(part, members);
  }
  return wanted;
}

/** The ids of passages, in the order of their numbers. */
export async function readIdsOf(
  partOf: PartOf,
  numbers: readonly PassageNumber[],
  signal?: AbortSignal,
): Promise<readonly PassageId[]> {
  const ids: PassageId[] = new Array(numbers.length);
  await Promise.all(
    [...membersOf(partOf, numbers)].map(async ([{ segment }, members]) => {
      const blocks = members.map(({ number }) => blockOfOrdinal(segment.ids.directory, number));
      const found = await segment.ids.read(blocks, signal);
      for (const [index, { number, at }] of members.entries()) {
        const block = found[index];
        if (block === undefined) continue;
        // Of documents without passages that start at the same number, the last one is the owner.
        const document = lastNotAfter(block.ids.length, (each) => (block.starts[each] ?? 0) <= number);
        const id = block.ids[document];
        if (id !== undefined) ids[at] = passageId(id, number - (block.starts[document] ?? 0));
      }
    }),
  );
  return ids;
}

/** Where live documents are; undefined for ids that are not there. */
export async function locateDocuments(
  parts: readonly Part[],
  ids: readonly DocumentId[],
  signal?: AbortSignal,
): Promise<readonly (LocatedDocument | undefined)[]> {
  const places = await Promise.all(parts.map(({ segment }) => segment.locate(ids, signal)));
  return ids.map((_, at) => {
    for (const [segment, found] of places.entries()) {
      const place = found[at];
      if (place !== undefined && !parts[segment]?.removed.has(place.ordinal)) return { segment, place };
    }
    return undefined;
  });
}

/** The numbers of passages; undefined for ids that are not there. */
export async function locatePassages(
  parts: readonly Part[],
  ids: readonly PassageId[],
  signal?: AbortSignal,
): Promise<readonly (PassageNumber | undefined)[]> {
  const wanted = ids.map(splitPassageId);
  const located = await locateDocuments(
    parts,
    wanted.map(({ documentId }) => documentId),
    signal,
  );
  return wanted.map(({ ordinal }, at) => {
    const document = located[at];
    if (document === undefined || !(ordinal < document.place.passages)) return undefined;
    return (parts[document.segment]?.bounds.base ?? 0) + document.place.firstPassage + ordinal;
  });
}

/** The passages of numbers, in their order. */
export async function readTexts(
  partOf: PartOf,
  numbers: readonly PassageNumber[],
  signal?: AbortSignal,
): Promise<readonly (StoredPassage | undefined)[]> {
  const found: (StoredPassage | undefined)[] = new Array(numbers.length);
  await Promise.all(
    [...membersOf(partOf, numbers)].map(
      async ([
        {
          segment: { texts },
        },
        members,
      ]) => {
        const numbersOfBlocks = members.map(({ number }) => blockOfOrdinal(texts.directory, number));
        const blocks = await texts.read(numbersOfBlocks, signal);
        for (const [index, { number, at }] of members.entries())
          found[at] = blocks[index]?.[number - (texts.directory.ordinals[numbersOfBlocks[index] ?? 0] ?? 0)];
      },
    ),
  );
  return found;
}

/** Ids that were asked for lately: their texts are wanted next, and need not be looked for in every segment. */
const RECENT = 2_000;

/** The numbers that ids were made of, in one view. */
export function recentPlaces() {
  let known = new Map<PassageId, PassageNumber>();
  return {
    of: (id: PassageId): PassageNumber | undefined => known.get(id),
    remember(
      ids: readonly PassageId[],
      numbers: readonly PassageNumber[],
      isLive: (number: PassageNumber) => boolean,
    ): void {
      if (known.size + ids.length > RECENT) known = new Map();
      for (const [at, id] of ids.entries()) {
        const number = numbers[at];
        // A removed passage's id may be another one's by now.
        if (number !== undefined && isLive(number)) known.set(id, number);
      }
    },
  };
}
