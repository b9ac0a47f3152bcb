import { readDirectory } from '../blocks.ts';
import { ByteReader } from '../codec.ts';
import type { First } from './directory.ts';
import { frame } from './frame.ts';

/** A block as it will lie in a file. */
export type StoredBlock = First & { readonly stored: Uint8Array };

type RawBlock = First & { readonly bytes: Uint8Array<ArrayBuffer> };

const TOGETHER = 64;

/** Compresses blocks and gives each its checksum. */
export async function deflated(blocks: readonly RawBlock[]): Promise<readonly StoredBlock[]> {
  const done: StoredBlock[] = [];
  for (let from = 0; from < blocks.length; from += TOGETHER) {
    const framed = blocks
      .slice(from, from + TOGETHER)
      .map(async ({ bytes, ...first }) => ({ ...first, stored: await frame(bytes) }));
    done.push(...(await Promise.all(framed)));
  }
  return done;
}

/** The blocks of a file that a writer of local segments made. */
export function blocksOf(file: { readonly blob: Uint8Array; readonly directory: Uint8Array }): readonly RawBlock[] {
  const { offsets, keys, ordinals } = readDirectory(new ByteReader(file.directory, 'blocks'));
  return keys.map((key, block) => ({
    key,
    ordinal: ordinals[block] ?? 0,
    bytes: file.blob.slice(offsets[block], offsets[block + 1]) as Uint8Array<ArrayBuffer>,
  }));
}
