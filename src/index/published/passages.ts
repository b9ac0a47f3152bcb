import { documentId, type PassageId, passageId, type StoredPassage, splitPassageId } from '../../core/document.ts';
import type { PassageSource } from '../../core/ports.ts';
import { ByteReader } from '../codec.ts';
import type { KnownNumbers, PassageNumber } from '../terms.ts';
import { readTexts } from '../texts.ts';
import type { BlockReader } from './blocks.ts';
import { findOrdinal } from './directory.ts';
import type { PublishedManifest } from './manifest.ts';

/**
 * A published passage's id says its index and number, so that no table of ids has to be downloaded; to which document it
 * belongs its text block says.
 */
function publishedIds(build: string) {
  const prefix = `~${build}/`;
  return {
    idOf: (number: PassageNumber): PassageId => passageId(documentId(prefix + number), 0),
    /** Undefined for ids of other corpora. */
    numberOf(id: PassageId): PassageNumber | undefined {
      const { documentId: name } = splitPassageId(id);
      return name.startsWith(prefix) ? Number(name.slice(prefix.length)) : undefined;
    },
  };
}

/** What a block of texts holds. */
export interface PassageBlock {
  readonly passages: readonly StoredPassage[];
  /** Fine codes of their vectors, in their order. */
  readonly codes: Uint8Array;
}

/** Where a passage lies. */
export interface PassagePlace {
  readonly id: PassageId;
  readonly block: PassageBlock;
  /** In the block's passages. */
  readonly at: number;
}

/** Reads the blocks that passages lie in, each once; ids of other corpora are left out. */
export function passagePlaces(blocks: BlockReader, { build, format }: PublishedManifest) {
  const { numberOf } = publishedIds(build);
  const form = format > 3 ? 'both' : 'deflated';
  return async (ids: readonly PassageId[], signal?: AbortSignal): Promise<readonly PassagePlace[]> => {
    const wanted = ids.flatMap((id) => {
      const number = numberOf(id);
      return number === undefined ? [] : [{ id, number }];
    });
    const directory = blocks.directory('texts');
    const found = await Promise.all(wanted.map(({ number }) => findOrdinal(directory, number, signal)));
    const unique = new Map(found.flatMap((each) => (each === undefined ? [] : [[each.place.offset, each.place]])));
    const places = [...unique.values()];
    const read = await blocks.read('texts', places, readBlock, signal, form);
    const blockAt = new Map(places.map(({ offset }, at) => [offset, read[at]]));
    return wanted.flatMap(({ id, number }, index): PassagePlace[] => {
      const { place, ordinal = 0 } = found[index] ?? {};
      const block = place === undefined ? undefined : blockAt.get(place.offset);
      const at = number - ordinal;
      return block?.passages[at] === undefined ? [] : [{ id, block, at }];
    });
  };
}

export function publishedPassages(
  places: ReturnType<typeof passagePlaces>,
  build: string,
): PassageSource & KnownNumbers {
  const { idOf } = publishedIds(build);
  return {
    idsOf: async (numbers) => numbers.map(idOf),
    async passages(ids, signal) {
      const found = await places(ids, signal);
      return found.flatMap(({ id, block, at }): StoredPassage[] => {
        const passage = block.passages[at];
        return passage === undefined ? [] : [{ ...passage, id }];
      });
    },
  };
}

function readBlock(bytes: Uint8Array, codes: Uint8Array): PassageBlock {
  return { passages: readTexts(new ByteReader(bytes, 'texts')), codes };
}
