import { documentId, type PassageId, passageId, type StoredPassage, splitPassageId } from '../../core/document.ts';
import type { PassageSource } from '../../core/ports.ts';
import { ByteReader } from '../codec.ts';
import type { PassageNumber, PassageNumbers } from '../terms.ts';
import { readTexts } from '../texts.ts';
import type { BlockReader } from './blocks.ts';
import { findOrdinal } from './directory.ts';

/**
 * A published passage's id says its index and number, so that no table of ids has to be downloaded; to which document it
 * belongs its text block says.
 */
export function publishedIds(build: string) {
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

export function publishedPassages(blocks: BlockReader, build: string): PassageSource & PassageNumbers {
  const { idOf, numberOf } = publishedIds(build);
  return {
    idsOf: async (numbers) => numbers.map(idOf),
    async passages(ids, signal) {
      const numbers = ids.flatMap((id) => numberOf(id) ?? []);
      const directory = blocks.directory('texts');
      const found = await Promise.all(numbers.map((number) => findOrdinal(directory, number, signal)));
      const unique = new Map(found.flatMap((each) => (each === undefined ? [] : [[each.place.offset, each.place]])));
      const places = [...unique.values()];
      const read = await blocks.read('texts', places, readBlock, signal);
      const blockAt = new Map(places.map(({ offset }, at) => [offset, read[at]]));
      return numbers.flatMap((number, at): StoredPassage[] => {
        const { place, ordinal = 0 } = found[at] ?? {};
        const passage = place === undefined ? undefined : blockAt.get(place.offset)?.[number - ordinal];
        return passage === undefined ? [] : [{ ...passage, id: idOf(number) }];
      });
    },
  };
}

function readBlock(bytes: Uint8Array): readonly StoredPassage[] {
  return readTexts(new ByteReader(bytes, 'texts'));
}
