import { ByteReader, ByteWriter } from '../codec.ts';
import { quantise } from '../vectors/quantise.ts';
import { clusterVectors } from './clustering.ts';
import { encode, fitQuantiser, type Quantiser, readQuantiser, writeQuantiser } from './codes.ts';

/** Above this many clusters (some 120,000 vectors) their centroids are grouped, and a question reads the nearest groups. */
const MOST_UNGROUPED = 5120;
/** A question reads a block for each of the nearest groups, and the first one reads the groups' own centroids. */
const clustersPerGroup = (clusters: number) => (clusters <= 20_000 ? 64 : 128);
/** The first question reads all centroids: as many bits a dimension, on the mean, as these bytes have room for, within limits. */
const CENTROIDS_BYTES = 80_000;
const [LEAST_BITS, MOST_BITS] = [1.5, 3];

export interface Quantisers {
  /** Of the vectors in their clusters. */
  readonly vectorCodes: Quantiser;
  /** Of the centroids. */
  readonly own: Quantiser;
  /** Of the vectors beside their texts; formats up to 3 have none. */
  readonly fine: Quantiser | undefined;
}

export interface WrittenCentroids {
  /** The first is read by every question. */
  readonly blocks: readonly Uint8Array<ArrayBuffer>[];
  /** Clusters in the order in which they are numbered, by their old numbers: those of one group are neighbours. */
  readonly order: readonly number[];
}

/** Centroids spread less than vectors do, and so have a quantiser of their own. */
export function fitCentroids(centroids: Float32Array, dimensions: number): Quantiser {
  const bits = (CENTROIDS_BYTES * 8) / Math.max(1, centroids.length);
  return fitQuantiser(centroids, dimensions, Math.min(MOST_BITS, Math.max(LEAST_BITS, bits)));
}

/** Blocks of centroids: all in the first one, or there those of groups, and each group's own in a block behind it. */
export async function writeCentroids(
  centroids: Float32Array,
  { vectorCodes, own, fine }: Quantisers,
  { mostUngrouped = MOST_UNGROUPED, signal }: { readonly mostUngrouped?: number; readonly signal?: AbortSignal } = {},
): Promise<WrittenCentroids> {
  const { dimensions } = vectorCodes;
  const count = centroids.length / dimensions;
  const root = new ByteWriter(64 * 1024);
  writeQuantiser(root, vectorCodes);
  writeQuantiser(root, own);
  if (fine !== undefined) writeQuantiser(root, fine);
  if (count <= mostUngrouped) {
    const order = chained(
      Array.from({ length: count }, (_, at) => at),
      centroids,
      dimensions,
    );
    root.varint(0);
    writeCodes(root, own, rowsOf(centroids, order, dimensions));
    return { blocks: [root.finish()], order };
  }
  const wanted = Math.ceil(count / clustersPerGroup(count));
  const groups = await clusterVectors(quantise(centroids, dimensions), wanted, signal);
  const loose: number[][] = Array.from({ length: groups.centroids.length / dimensions }, () => []);
  for (const [cluster, group] of groups.cluster.entries()) loose[group]?.push(cluster);
  const members = loose.map((clusters) => chained(clusters, centroids, dimensions));
  root.varint(1);
  writeCodes(root, own, groups.centroids);
  root.deltas(startsOf(members));
  const blocks = members.map((clusters) => {
    const writer = new ByteWriter(8 * 1024);
    writeCodes(writer, own, rowsOf(centroids, clusters, dimensions));
    return writer.finish();
  });
  return { blocks: [root.finish(), ...blocks], order: members.flat() };
}

function rowsOf(centroids: Float32Array, numbers: readonly number[], dimensions: number): Float32Array {
  const rows = new Float32Array(numbers.length * dimensions);
  for (const [at, number] of numbers.entries())
    rows.set(centroids.subarray(number * dimensions, (number + 1) * dimensions), at * dimensions);
  return rows;
}

/** Each next to the nearest that is left: clusters that a question reads together become neighbours, and are joined. */
function chained(numbers: readonly number[], centroids: Float32Array, dimensions: number): readonly number[] {
  const left = [...numbers];
  const chain: number[] = [];
  let last = left.shift();
  while (last !== undefined) {
    chain.push(last);
    let [best, highest] = [-1, Number.NEGATIVE_INFINITY];
    for (let at = 0; at < left.length; at += 1) {
      const [a, b] = [last * dimensions, (left[at] as number) * dimensions];
      let product = 0;
      for (let d = 0; d < dimensions; d += 1) product += (centroids[a + d] as number) * (centroids[b + d] as number);
      if (product > highest) [best, highest] = [at, product];
    }
    [last] = best < 0 ? [] : left.splice(best, 1);
  }
  return chain;
}

/** The number of each group's first cluster. */
function startsOf(members: readonly (readonly number[])[]): readonly number[] {
  let start = 0;
  return members.map(({ length }) => {
    start += length;
    return start - length;
  });
}

function writeCodes(writer: ByteWriter, own: Quantiser, rows: Float32Array): void {
  writer.varint(rows.length / own.dimensions);
  writer.raw(encode(own, rows));
}

export interface Centroids {
  readonly count: number;
  readonly codes: Uint8Array;
}

export interface CentroidRoot extends Quantisers {
  /** Of all clusters, or of the groups. */
  readonly centroids: Centroids;
  /** The number of each group's first cluster; undefined where clusters are not grouped. */
  readonly starts: Uint32Array | undefined;
}

export function readCentroidRoot(bytes: Uint8Array, format: number): CentroidRoot {
  const reader = new ByteReader(bytes, 'centroids');
  const [vectorCodes, own] = [readQuantiser(reader), readQuantiser(reader)];
  const fine = format > 3 ? readQuantiser(reader) : undefined;
  const grouped = reader.varint() === 1;
  const centroids = readCodes(reader, own);
  const starts = grouped ? reader.deltas(centroids.count) : undefined;
  reader.end();
  return { vectorCodes, own, fine, centroids, starts };
}

export function readCentroidGroup(bytes: Uint8Array, own: Quantiser): Centroids {
  const reader = new ByteReader(bytes, 'centroids');
  const centroids = readCodes(reader, own);
  reader.end();
  return centroids;
}

function readCodes(reader: ByteReader, own: Quantiser): Centroids {
  const count = reader.varint();
  return { count, codes: reader.raw(count * own.bytes) };
}
