import { abortable, throwIfAborted } from '../../core/cancellation.ts';
import { SearchError, toSearchError } from '../../core/errors.ts';
import type { Store } from '../../core/ports.ts';
import { lastNotAfter } from '../blocks.ts';
import type { Cache } from '../cache.ts';
import { ByteReader, corrupt } from '../codec.ts';
import { type Directory, type Place, readPage } from './directory.ts';
import { checked, unframe, unframeBoth } from './frame.ts';
import type { PublishedManifest } from './manifest.ts';
import type { RegionName } from './packing.ts';

/** Decoded blocks take about this many times the room of the stored ones. */
const DECODED_WEIGHT = 6;

/** How a block lies in its file: 'both' is a deflated one behind bytes as they are. */
export type BlockForm = 'deflated' | 'raw' | 'both';

/** Reads blocks of an index by their places: those asked for together go out together and each once, decoded ones are kept. */
export interface BlockReader {
  readonly directory: (region: RegionName) => Directory;
  /** In the order of `places`. `decode` is always the same function for one region; `before` are the bytes of form 'both'. */
  read<T>(
    region: RegionName,
    places: readonly Place[],
    decode: (bytes: Uint8Array, before: Uint8Array) => T,
    signal?: AbortSignal,
    form?: BlockForm,
  ): Promise<readonly T[]>;
}

export function openBlocks(store: Store, manifest: PublishedManifest, cache: Cache): BlockReader {
  const { parts, build } = manifest;
  const starts = new Float64Array(parts.length + 1);
  for (const [part, { bytes }] of parts.entries()) starts[part + 1] = (starts[part] ?? 0) + bytes;

  const storedAt = async ({ offset, length }: Place, signal?: AbortSignal): Promise<Uint8Array> => {
    const part = lastNotAfter(parts.length, (each) => (starts[each] ?? 0) <= offset);
    const { name } = parts[part] ?? {};
    if (name === undefined) throw corrupt('manifest', 'it names a block beyond the last file');
    const bytes = await store.read(name, { offset: offset - (starts[part] ?? 0), length }, signal);
    if (bytes === undefined)
      throw new SearchError(
        'not-found',
        `The index file ${name} is gone: the site was published anew. Reload the page.`,
      );
    if (bytes.length !== length) throw corrupt(name, `${length} bytes expected, ${bytes.length} found`);
    return bytes;
  };
  const nameOf = (region: RegionName) => `${region} of index ${build}`;

  /** What is being read: a question's texts are asked for by its scores and by its excerpts at once. */
  const underWay = new Map<string, Promise<unknown>>();
  const read: BlockReader['read'] = async (region, places, decode, signal, form = 'deflated') => {
    throwIfAborted(signal);
    type Value = ReturnType<typeof decode>;
    const load = async (place: Place): Promise<Value> => {
      const key = `${build}@${place.offset}`;
      const cached = cache.get<{ readonly value: Value }>(key);
      if (cached !== undefined) return cached.value;
      const other = underWay.get(key) as Promise<Value> | undefined;
      if (other !== undefined)
        try {
          return await abortable(other, signal);
        } catch (error) {
          // Whoever began to read it may have given up; this one has not.
          if (signal?.aborted === true || toSearchError(error).code !== 'aborted') throw error;
          return load(place);
        }
      const own = loadAnew(place, key).finally(() => underWay.delete(key));
      underWay.set(key, own);
      return own;
    };
    const loadAnew = async (place: Place, key: string): Promise<Value> => {
      const stored = await storedAt(place, signal);
      const { content, before } = await opened(stored, nameOf(region), form);
      const value = decode(content, before);
      cache.set(key, { value }, before.length + content.length * (form === 'raw' ? 1 : DECODED_WEIGHT));
      return value;
    };
    return Promise.all(places.map(load));
  };

  const directories = new Map<RegionName, Directory>();
  const directory = (region: RegionName): Directory => {
    const known = directories.get(region);
    if (known !== undefined) return known;
    const made = directoryOf(region);
    directories.set(region, made);
    return made;
  };
  const directoryOf = (region: RegionName): Directory => {
    const record = manifest.regions.get(region);
    const inline = record?.inline;
    if (record === undefined || inline !== undefined) {
      const page = inline ?? { offsets: new Float64Array(1), ordinals: new Uint32Array(0), keys: [] };
      const filled = page.keys.length > 0;
      const firsts = { keys: filled ? [''] : [], ordinals: new Uint32Array(filled ? 1 : 0) };
      return { blocks: page.keys.length, firsts, page: async () => page };
    }
    const { pages } = record;
    return {
      blocks: record.blocks,
      firsts: { keys: pages.keys, ordinals: pages.ordinals },
      async page(number, signal) {
        const [start = 0, end = 0] = [pages.offsets[number], pages.offsets[number + 1]];
        const place = { offset: start, length: end - start };
        const [page] = await read(region, [place], (bytes) => readPage(new ByteReader(bytes, nameOf(region))), signal);
        if (page === undefined) throw corrupt(nameOf(region), 'a page of its directory is missing');
        return page;
      },
    };
  };
  return { directory, read };
}

const NOTHING = new Uint8Array(0);

async function opened(stored: Uint8Array, name: string, form: BlockForm) {
  if (form === 'both') return unframeBoth(stored, name);
  return { content: form === 'raw' ? checked(stored, name) : await unframe(stored, name), before: NOTHING };
}
