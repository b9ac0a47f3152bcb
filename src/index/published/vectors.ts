import { throwIfAborted } from '../../core/cancellation.ts';
import { SearchError } from '../../core/errors.ts';
import { ByteReader, ByteWriter } from '../codec.ts';
import type { QuantisedVectors, ScoredNumber, VectorIndex } from '../terms.ts';
import { bestOf, compareNumbers } from '../vectors/best.ts';
import type { BlockReader } from './blocks.ts';
import { type CentroidRoot, type Centroids, readCentroidGroup, readCentroidRoot, writeCentroids } from './centroids.ts';
import { clusterVectors, rowOf } from './clustering.ts';
import { encode, fitQuantiser, type Quantiser, scorer } from './codes.ts';
import { type Directory, findOrdinal, type Place, placeAt } from './directory.ts';
import type { PublishedManifest } from './manifest.ts';

/**
 * Vectors a cluster has on the mean: a block of 3 kB. With codes of 96 bytes and 640 vectors a question, the nDCG@10 of
 * the hybrid pipeline falls by .003, .012, .002 and .003 against exact search (docs-anthropic, scifact, cranfield,
 * cisi); with clusters of 80 by .004, .021, .007 and .009. With codes of 80 bytes and 700 vectors scifact loses .005.
 */
const VECTORS_PER_CLUSTER = 40;
/** Clusters a question reads in the worst case, each a request; and groups of centroids. */
const MOST_CLUSTERS = 24;
const MOST_GROUPS = 6;
/** Passages up to which a question has bytes to spare: its postings and texts are small. */
const SMALL_INDEX = 30_000;

/** Mean bits a dimension of a code, and vectors a question looks at: some 80 kB in a small index, 56 kB in a large one. */
export function vectorBudget(passages: number): { readonly bits: number; readonly probes: number } {
  return passages <= SMALL_INDEX ? { bits: 3, probes: 832 } : { bits: 2.5, probes: 700 };
}

/** Vectors to fit the quantiser to. */
const SAMPLE = 20_000;

export interface WrittenVectors {
  readonly centroids: readonly Uint8Array<ArrayBuffer>[];
  readonly clusters: readonly Uint8Array<ArrayBuffer>[];
}

export interface VectorOptions {
  /** Clusters beyond which their centroids are grouped. */
  readonly mostUngrouped?: number;
  readonly signal?: AbortSignal;
}

/** Clusters of vectors (an inverted file; Jégou, Douze and Schmid, TPAMI 33(1), 2011), each a block of numbers and codes. */
export async function writeVectorClusters(
  vectors: QuantisedVectors,
  options: VectorOptions = {},
): Promise<WrittenVectors> {
  const { dimensions, count } = vectors;
  const wanted = Math.max(1, Math.round(count / VECTORS_PER_CLUSTER));
  const { centroids, cluster } = await clusterVectors(vectors, wanted, options.signal);
  const { bits } = vectorBudget(count);
  const quantiser = fitQuantiser(floats(vectors, evenly(count, SAMPLE)), dimensions, bits);
  const members: number[][] = Array.from({ length: centroids.length / dimensions }, () => []);
  for (const [passage, at] of cluster.entries()) members[at]?.push(passage);
  const { blocks, order } = await writeCentroids(centroids, quantiser, options);
  const clusters = order.map((number) => {
    const passages = members[number] ?? [];
    const writer = new ByteWriter(passages.length * (quantiser.bytes + 2) + 8);
    writer.varint(passages.length);
    writer.deltas(passages);
    writer.raw(encode(quantiser, floats(vectors, passages)));
    return writer.finish();
  });
  return { centroids: blocks, clusters };
}

function evenly(count: number, most: number): readonly number[] {
  const step = Math.max(1, count / most);
  return Array.from({ length: Math.min(count, most) }, (_, at) => Math.floor(at * step));
}

function floats(vectors: QuantisedVectors, rows: readonly number[]): Float32Array {
  const found = new Float32Array(rows.length * vectors.dimensions);
  for (const [at, row] of rows.entries()) found.set(rowOf(vectors, row), at * vectors.dimensions);
  return found;
}

interface ClusterBlock {
  readonly passages: Uint32Array;
  readonly codes: Uint8Array;
}

function readCluster(bytes: Uint8Array): ClusterBlock {
  const reader = new ByteReader(bytes, 'clusters');
  const passages = reader.deltas(reader.count());
  return { passages, codes: reader.raw(reader.remaining) };
}

/** Searches the clusters nearest to the query, with room for `manifest.probes` vectors together. */
export function publishedVectors(blocks: BlockReader, manifest: PublishedManifest): VectorIndex {
  const { dimensions, probes, passages: limit } = manifest;
  const read = <T>(
    region: 'centroids' | 'clusters',
    places: readonly Place[],
    decode: (bytes: Uint8Array) => T,
    signal?: AbortSignal,
  ) => blocks.read(region, places, decode, signal, 'raw');
  return {
    dimensions,
    async search(query, depth, signal) {
      throwIfAborted(signal);
      if (query.length !== dimensions)
        throw new SearchError('mismatch', `The query has ${query.length} dimensions, the index ${dimensions}.`);
      if (!(depth >= 1) || query.every((value) => value === 0)) return [];
      const first = placeAt(await blocks.directory('centroids').page(0, signal), 0);
      const [root] = first === undefined ? [] : await read('centroids', [first], readCentroidRoot, signal);
      if (root === undefined) return [];
      const score = scorer(root.own, query);
      const groups = await groupsOf(root, score, async (numbers) => {
        const places = await placesOf(
          blocks.directory('centroids'),
          numbers.map((group) => group + 1),
          signal,
        );
        return read('centroids', places, (bytes) => readCentroidGroup(bytes, root.own), signal);
      });
      const near = await placesOf(blocks.directory('clusters'), nearest(groups, score, MOST_CLUSTERS), signal);
      const affordable = within(near, probes * root.vectorCodes.bytes);
      const found = await read('clusters', affordable, readCluster, signal);
      return bestIn(found, root.vectorCodes, query, depth, limit);
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
  const numbers = nearest([{ start: 0, centroids }], score, MOST_GROUPS);
  const read = await load(numbers);
  return numbers.flatMap((number, at) => {
    const own = read[at];
    return own === undefined ? [] : [{ start: starts[number] ?? 0, centroids: own }];
  });
}

function nearest(groups: readonly Group[], score: Score, most: number): readonly number[] {
  const best = bestOf(most);
  for (const { start, centroids } of groups)
    for (let row = 0; row < centroids.count; row += 1) best.offer(start + row, score(centroids.codes, row));
  return [...best.kept()].sort(compareNumbers).map(({ passage }) => passage);
}

async function placesOf(directory: Directory, numbers: readonly number[], signal?: AbortSignal) {
  const found = await Promise.all(numbers.map((number) => findOrdinal(directory, number, signal)));
  return found.flatMap((each) => (each === undefined ? [] : [each.place]));
}

/** The first places, nearest clusters first, that have room in `bytes`; the first one in any case. */
function within(places: readonly Place[], bytes: number): readonly Place[] {
  let left = bytes;
  return places.filter(({ length }, at) => {
    left -= length;
    return at === 0 || left >= 0;
  });
}

function bestIn(
  clusters: readonly ClusterBlock[],
  quantiser: Quantiser,
  query: Float32Array,
  depth: number,
  limit: number,
): readonly ScoredNumber[] {
  const score = scorer(quantiser, query);
  const best = bestOf(Math.floor(depth));
  for (const { passages, codes } of clusters) {
    if (codes.length !== passages.length * quantiser.bytes || (passages.at(-1) ?? 0) >= limit)
      throw new SearchError('corrupt', 'A cluster of the index does not hold what it says. Publish the index again.');
    for (const [row, passage] of passages.entries()) best.offer(passage, score(codes, row));
  }
  return [...best.kept()].sort(compareNumbers);
}
