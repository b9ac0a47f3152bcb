import { throwIfAborted } from '../../core/cancellation.ts';
import { SearchError } from '../../core/errors.ts';
import { ByteReader, ByteWriter } from '../codec.ts';
import type { QuantisedVectors, ScoredNumber, VectorIndex } from '../terms.ts';
import { bestOf, compareNumbers } from '../vectors/best.ts';
import type { BlockReader } from './blocks.ts';
import { clusterVectors, rowOf } from './clustering.ts';
import { encode, fitQuantiser, type Quantiser, readQuantiser, scorer, writeQuantiser } from './codes.ts';
import { type Directory, findOrdinal, type Place, placeAt } from './directory.ts';
import type { PublishedManifest } from './manifest.ts';

/**
 * Vectors a cluster has on the mean: with 96 bytes a code, a block of 4 kB. Against exact search the nDCG@10 of the
 * hybrid pipeline falls by .003, .012, .002 and .003 (docs-anthropic, scifact, cranfield, cisi) where a question looks
 * at 640 vectors; with clusters of 80 by .004, .021, .007 and .009.
 */
const VECTORS_PER_CLUSTER = 40;

/** Clusters are that many in the worst case, each a request. */
const MOST_CLUSTERS = 24;

export interface WrittenVectors {
  readonly centroids: Uint8Array<ArrayBuffer>;
  readonly clusters: readonly Uint8Array<ArrayBuffer>[];
}

/** Clusters of vectors (an inverted file; Jégou, Douze and Schmid, TPAMI 33(1), 2011), each a block of numbers and codes. */
export async function writeVectorClusters(vectors: QuantisedVectors, signal?: AbortSignal): Promise<WrittenVectors> {
  const { dimensions, count } = vectors;
  const wanted = Math.max(1, Math.round(count / VECTORS_PER_CLUSTER));
  const { centroids, cluster } = await clusterVectors(vectors, wanted, signal);
  const quantiser = fitQuantiser(floats(vectors, evenly(count, 20_000)), dimensions);
  const members: number[][] = Array.from({ length: centroids.length / dimensions }, () => []);
  for (const [passage, at] of cluster.entries()) members[at]?.push(passage);
  const clusters = members.map((passages) => {
    const writer = new ByteWriter(passages.length * (quantiser.bytes + 2) + 8);
    writer.varint(passages.length);
    writer.deltas(passages);
    writer.raw(encode(quantiser, floats(vectors, passages)));
    return writer.finish();
  });
  return { centroids: writeCentroids(centroids, quantiser), clusters };
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

/** Centroids have a quantiser of their own: they spread less than vectors do. */
function writeCentroids(centroids: Float32Array, quantiser: Quantiser): Uint8Array<ArrayBuffer> {
  const own = fitQuantiser(centroids, quantiser.dimensions);
  const writer = new ByteWriter(centroids.length);
  writeQuantiser(writer, quantiser);
  writeQuantiser(writer, own);
  writer.varint(centroids.length / quantiser.dimensions);
  writer.raw(encode(own, centroids));
  return writer.finish();
}

interface Centroids {
  readonly quantiser: Quantiser;
  readonly own: Quantiser;
  readonly count: number;
  readonly codes: Uint8Array;
}

function readCentroids(bytes: Uint8Array): Centroids {
  const reader = new ByteReader(bytes, 'centroids');
  const [quantiser, own] = [readQuantiser(reader), readQuantiser(reader)];
  const count = reader.count();
  const codes = reader.raw(count * own.bytes);
  reader.end();
  return { quantiser, own, count, codes };
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
  return {
    dimensions,
    async search(query, depth, signal) {
      throwIfAborted(signal);
      if (query.length !== dimensions)
        throw new SearchError('mismatch', `The query has ${query.length} dimensions, the index ${dimensions}.`);
      if (!(depth >= 1) || query.every((value) => value === 0)) return [];
      const root = placeAt(await blocks.directory('centroids').page(0, signal), 0);
      if (root === undefined) return [];
      const [centroids] = await blocks.read('centroids', [root], readCentroids, signal, 'raw');
      if (centroids === undefined) return [];
      const directory = blocks.directory('clusters');
      const places = await Promise.all(
        nearest(centroids, query, MOST_CLUSTERS).map((cluster) => findCluster(directory, cluster, signal)),
      );
      const affordable = within(places.flat(), probes * centroids.quantiser.bytes);
      const found = await blocks.read('clusters', affordable, readCluster, signal, 'raw');
      return bestIn(found, scorer(centroids.quantiser, query), centroids.quantiser.bytes, depth, limit);
    },
  };
}

/** The first places, nearest clusters first, that have room in `bytes`; the first one in any case. */
function within(places: readonly Place[], bytes: number): readonly Place[] {
  let left = bytes;
  return places.filter(({ length }, at) => {
    left -= length;
    return at === 0 || left >= 0;
  });
}

async function findCluster(directory: Directory, cluster: number, signal?: AbortSignal) {
  const found = await findOrdinal(directory, cluster, signal);
  return found === undefined ? [] : [found.place];
}

function nearest({ own, count, codes }: Centroids, query: Float32Array, probes: number): readonly number[] {
  const score = scorer(own, query);
  const best = bestOf(Math.max(1, Math.min(probes, count)));
  for (let cluster = 0; cluster < count; cluster += 1) best.offer(cluster, score(codes, cluster));
  return [...best.kept()].sort(compareNumbers).map(({ passage }) => passage);
}

function bestIn(
  clusters: readonly ClusterBlock[],
  score: (codes: Uint8Array, row: number) => number,
  bytes: number,
  depth: number,
  limit: number,
): readonly ScoredNumber[] {
  const best = bestOf(Math.floor(depth));
  for (const { passages, codes } of clusters) {
    if (codes.length !== passages.length * bytes || (passages.at(-1) ?? 0) >= limit)
      throw new SearchError('corrupt', 'A cluster of the index does not hold what it says. Publish the index again.');
    for (const [row, passage] of passages.entries()) best.offer(passage, score(codes, row));
  }
  return [...best.kept()].sort(compareNumbers);
}
