import { throwIfAborted } from '../../core/cancellation.ts';
import type { PassageId } from '../../core/document.ts';
import { SearchError } from '../../core/errors.ts';
import { ByteReader, ByteWriter } from '../codec.ts';
import type { QuantisedVectors, ScoredNumber, VectorIndex, VectorSearchOptions } from '../terms.ts';
import { bestOf, compareNumbers } from '../vectors/best.ts';
import type { BlockReader } from './blocks.ts';
import {
  type CentroidRoot,
  type Centroids,
  fitCentroids,
  readCentroidGroup,
  readCentroidRoot,
  writeCentroids,
} from './centroids.ts';
import { clusterVectors } from './clustering.ts';
import { decode, encode, fitQuantiser, type Quantiser, sampleOf, scorer } from './codes.ts';
import { type Directory, findOrdinal, type Place, placeAt } from './directory.ts';
import type { PublishedManifest } from './manifest.ts';
import type { passagePlaces } from './passages.ts';

/** Vectors a cluster has on the mean: a block of 2 kB. Smaller ones hold more of the near vectors in as many bytes, and cost more requests. */
const VECTORS_PER_CLUSTER = 24;
/** Clusters a question reads in the worst case, each a request; and groups of centroids. */
const MOST_CLUSTERS = 96;
const MOST_GROUPS = 6;
/** Best vectors that the clusters of `probes` vectors are read for: who asks for more has more read. */
const USUAL_DEPTH = 100;
/** Passages up to which a question has bytes to spare: its postings and texts are small. */
const SMALL_INDEX = 30_000;

/** Mean bits a dimension of a code, and vectors a question looks at: some 80 kB in a small index, 56 kB in a large one. */
export function vectorBudget(passages: number): { readonly bits: number; readonly probes: number } {
  return passages <= SMALL_INDEX ? { bits: 3, probes: 832 } : { bits: 2.5, probes: 700 };
}

export interface WrittenVectors {
  readonly centroids: readonly Uint8Array<ArrayBuffer>[];
  readonly clusters: readonly Uint8Array<ArrayBuffer>[];
}

export interface VectorOptions {
  /** Clusters beyond which their centroids are grouped. */
  readonly mostUngrouped?: number;
  readonly signal?: AbortSignal;
}

/**
 * Clusters of vectors (an inverted file; Jégou, Douze and Schmid, TPAMI 33(1), 2011), each a block of numbers, lengths and
 * codes. A code is of the way from the cluster's centroid, as readers have it, to the vector. `fine` codes lie beside the texts.
 */
export async function writeVectorClusters(
  vectors: QuantisedVectors,
  fine: Quantiser,
  options: VectorOptions = {},
): Promise<WrittenVectors> {
  const { dimensions, count } = vectors;
  const wanted = Math.max(1, Math.round(count / VECTORS_PER_CLUSTER));
  const { centroids, cluster } = await clusterVectors(vectors, wanted, options.signal);
  const own = fitCentroids(centroids, dimensions);
  const near = decode(own, encode(own, centroids));
  const ways = (rows: readonly number[]) => waysFrom(near, vectors, cluster, rows);
  const quantiser = fitQuantiser(ways(sampleOf(count)).directions, dimensions, vectorBudget(count).bits);
  const members: number[][] = Array.from({ length: centroids.length / dimensions }, () => []);
  for (const [passage, at] of cluster.entries()) members[at]?.push(passage);
  const { blocks, order } = await writeCentroids(centroids, { vectorCodes: quantiser, own, fine }, options);
  const clusters = order.map((number) => {
    const passages = members[number] ?? [];
    const { lengths, directions } = ways(passages);
    const writer = new ByteWriter(passages.length * (quantiser.bytes + 3) + 8);
    writer.varint(passages.length);
    writer.deltas(passages);
    writer.raw(lengths);
    writer.raw(encode(quantiser, directions));
    return writer.finish();
  });
  return { centroids: blocks, clusters };
}

/** Two points of a sphere are at most 2 apart: a distance in one byte. */
const STEPS_A_LENGTH = 255 / 2;

interface Ways {
  /** In steps. */
  readonly lengths: Uint8Array;
  /** Row-major, of about length 1. */
  readonly directions: Float32Array;
}

/** From their centroids to some vectors. */
function waysFrom(
  centroids: Float32Array,
  vectors: QuantisedVectors,
  cluster: Uint32Array,
  rows: readonly number[],
): Ways {
  const { dimensions } = vectors;
  const lengths = new Uint8Array(rows.length);
  const directions = new Float32Array(rows.length * dimensions);
  for (const [at, row] of rows.entries()) {
    const [from, start, offset] = [row * dimensions, (cluster[row] as number) * dimensions, at * dimensions];
    const scale = vectors.scales[row] as number;
    let square = 0;
    for (let d = 0; d < dimensions; d += 1) {
      const way = (vectors.rows[from + d] as number) * scale - (centroids[start + d] as number);
      directions[offset + d] = way;
      square += way * way;
    }
    const steps = Math.min(255, Math.round(Math.sqrt(square) * STEPS_A_LENGTH));
    lengths[at] = steps;
    const unit = steps === 0 ? 0 : STEPS_A_LENGTH / steps;
    for (let d = 0; d < dimensions; d += 1) directions[offset + d] = (directions[offset + d] as number) * unit;
  }
  return { lengths, directions };
}

interface ClusterBlock {
  readonly passages: Uint32Array;
  /** Undefined where vectors are coded whole, not from their centroid. */
  readonly lengths: Uint8Array | undefined;
  readonly codes: Uint8Array;
}

function readCluster(bytes: Uint8Array): ClusterBlock {
  const reader = new ByteReader(bytes, 'clusters');
  const passages = reader.deltas(reader.count());
  return { passages, lengths: reader.raw(passages.length), codes: reader.raw(reader.remaining) };
}

/** A cluster of format 1 or 2. */
function readWholeCluster(bytes: Uint8Array): ClusterBlock {
  const reader = new ByteReader(bytes, 'clusters');
  const passages = reader.deltas(reader.count());
  return { passages, lengths: undefined, codes: reader.raw(reader.remaining) };
}

/**
 * Searches the clusters nearest to the query, with room for `manifest.probes` vectors together (of a depth of 200: twice as
 * many), and scores passages by what lies beside their texts.
 */
export function publishedVectors(
  blocks: BlockReader,
  manifest: PublishedManifest,
  textsOf: ReturnType<typeof passagePlaces>,
): VectorIndex {
  const { dimensions, probes, format, passages: limit } = manifest;
  const decodeRoot = (bytes: Uint8Array) => readCentroidRoot(bytes, format);
  const decodeCluster = manifest.format > 2 ? readCluster : readWholeCluster;
  const read = <T>(
    region: 'centroids' | 'clusters',
    places: readonly Place[],
    decode: (bytes: Uint8Array) => T,
    signal?: AbortSignal,
  ) => blocks.read(region, places, decode, signal, 'raw');
  const rootOf = async (signal?: AbortSignal): Promise<CentroidRoot | undefined> => {
    const first = placeAt(await blocks.directory('centroids').page(0, signal), 0);
    return first === undefined ? undefined : (await read('centroids', [first], decodeRoot, signal))[0];
  };
  /** Undefined where there is nothing to find: no vectors, or no question. */
  const rootFor = async (query: Float32Array, signal?: AbortSignal): Promise<CentroidRoot | undefined> => {
    throwIfAborted(signal);
    if (query.length !== dimensions)
      throw new SearchError('mismatch', `The query has ${query.length} dimensions, the index ${dimensions}.`);
    return query.every((value) => value === 0) ? undefined : rootOf(signal);
  };
  return {
    dimensions,
    ...(format > 3
      ? {
          async vectorsOf(ids: readonly PassageId[], signal?: AbortSignal) {
            const { fine } = (await rootOf(signal)) ?? {};
            if (fine === undefined) return new Map<PassageId, Float32Array>();
            return new Map(
              (await textsOf(ids, signal)).map(({ id, block, at }) => {
                checkCodes(block, fine);
                return [id, decode(fine, block.codes.subarray(at * fine.bytes, (at + 1) * fine.bytes))] as const;
              }),
            );
          },
          async rescore(query: Float32Array, ids: readonly PassageId[], signal?: AbortSignal) {
            const { fine } = (await rootFor(query, signal)) ?? {};
            if (fine === undefined) return new Map<PassageId, number>();
            const score = scorer(fine, query);
            return new Map(
              (await textsOf(ids, signal)).map(({ id, block, at }) => {
                checkCodes(block, fine);
                return [id, score(block.codes, at)] as const;
              }),
            );
          },
        }
      : {}),
    async search(query, depth, signal, { near = query, isAllowed } = {}) {
      const root = depth >= 1 ? await rootFor(query, signal) : undefined;
      if (root === undefined) return [];
      const nearness = scorer(root.own, near);
      const groups = await groupsOf(root, nearness, async (numbers) => {
        const places = await placesOf(
          blocks.directory('centroids'),
          numbers.map((group) => group + 1),
          signal,
        );
        return read('centroids', places, (bytes) => readCentroidGroup(bytes, root.own), signal);
      });
      const clusters = nearest(groups, nearness, MOST_CLUSTERS).map(({ passage }) => passage);
      const places = await placesOf(blocks.directory('clusters'), clusters, signal);
      const vectors = probes * Math.max(1, Math.floor(depth / USUAL_DEPTH));
      const affordable = within(places, vectors * root.vectorCodes.bytes);
      const found = await read('clusters', affordable, decodeCluster, signal);
      const score = scorer(root.own, query);
      const scored = found.map((block, at) => ({ block, base: scoreOf(groups, clusters[at] ?? 0, score) }));
      return bestIn(scored, root.vectorCodes, query, depth, { limit, isAllowed });
    },
  };
}

type Score = (codes: Uint8Array, row: number) => number;

interface Group {
  /** Number of its first cluster. */
  readonly start: number;
  readonly centroids: Centroids;
}

/** All centroids as one group, or the nearest groups, read with `load`. */
async function groupsOf(
  { centroids, starts }: CentroidRoot,
  score: Score,
  load: (groups: readonly number[]) => Promise<readonly Centroids[]>,
): Promise<readonly Group[]> {
  if (starts === undefined) return [{ start: 0, centroids }];
  const numbers = nearest([{ start: 0, centroids }], score, MOST_GROUPS).map(({ passage }) => passage);
  const read = await load(numbers);
  return numbers.flatMap((number, at) => {
    const own = read[at];
    return own === undefined ? [] : [{ start: starts[number] ?? 0, centroids: own }];
  });
}

/** Numbers of the nearest centroids (as `passage`) with their scores, nearest first. */
function nearest(groups: readonly Group[], score: Score, most: number): readonly ScoredNumber[] {
  const best = bestOf(most);
  for (const { start, centroids } of groups)
    for (let row = 0; row < centroids.count; row += 1) best.offer(start + row, score(centroids.codes, row));
  return [...best.kept()].sort(compareNumbers);
}

/** Of the centroid with a number. */
function scoreOf(groups: readonly Group[], number: number, score: Score): number {
  const group = groups.find(({ start, centroids }) => number >= start && number < start + centroids.count);
  return group === undefined ? 0 : score(group.centroids.codes, number - group.start);
}

/** Places of blocks, in the order of `numbers`. */
async function placesOf(directory: Directory, numbers: readonly number[], signal?: AbortSignal) {
  const found = await Promise.all(numbers.map((number) => findOrdinal(directory, number, signal)));
  return found.map((each) => {
    if (each === undefined)
      throw new SearchError('corrupt', 'The index names a cluster that it does not have. Publish it again.');
    return each.place;
  });
}

/** The first places, nearest clusters first, that have room in `bytes`; the first one in any case. */
function within(places: readonly Place[], bytes: number): readonly Place[] {
  let left = bytes;
  const end = places.findIndex(({ length }, at) => {
    left -= length;
    return at > 0 && left < 0;
  });
  return end < 0 ? places : places.slice(0, end);
}

interface ScoredCluster {
  readonly block: ClusterBlock;
  /** Of its centroid. */
  readonly base: number;
}

function bestIn(
  clusters: readonly ScoredCluster[],
  quantiser: Quantiser,
  query: Float32Array,
  depth: number,
  { limit, isAllowed = () => true }: { readonly limit: number; isAllowed: VectorSearchOptions['isAllowed'] },
): readonly ScoredNumber[] {
  const score = scorer(quantiser, query);
  const best = bestOf(Math.floor(depth));
  for (const { block, base } of clusters) {
    const { passages, lengths, codes } = block;
    if (codes.length !== passages.length * quantiser.bytes || (passages.at(-1) ?? 0) >= limit)
      throw wrongCodes('A cluster');
    for (const [row, passage] of passages.entries()) {
      if (!isAllowed(passage)) continue;
      const own = score(codes, row);
      best.offer(passage, lengths === undefined ? own : base + (own * (lengths[row] ?? 0)) / STEPS_A_LENGTH);
    }
  }
  return [...best.kept()].sort(compareNumbers);
}

function checkCodes(
  { codes, passages }: { readonly codes: Uint8Array; readonly passages: readonly unknown[] },
  { bytes }: Quantiser,
): void {
  if (codes.length !== passages.length * bytes) throw wrongCodes('A block of texts');
}

function wrongCodes(where: string): SearchError {
  return new SearchError('corrupt', `${where} of the index does not hold what it says. Publish the index again.`);
}
