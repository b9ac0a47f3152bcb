import { ByteReader, ByteWriter } from '../codec.ts';
import { quantise } from '../vectors/quantise.ts';
import { clusterVectors } from './clustering.ts';
import { encode, fitQuantiser, type Quantiser, readQuantiser, writeQuantiser } from './codes.ts';

/** Above this many clusters (some 100,000 vectors) their centroids are grouped, and a question reads the nearest groups. */
const MOST_UNGROUPED = 2560;
const CLUSTERS_PER_GROUP = 64;

export interface WrittenCentroids {
  /** The first is read by every question. */
  readonly blocks: readonly Uint8Array<ArrayBuffer>[];
  /** Clusters in the order in which they are numbered, by their old numbers: those of one group are neighbours. */
  readonly order: readonly number[];
}

/** Blocks of centroids: all in the first one, or there those of groups, and each group's own in a block behind it. */
export async function writeCentroids(
  centroids: Float32Array,
  vectorCodes: Quantiser,
  { mostUngrouped = MOST_UNGROUPED, signal }: { readonly mostUngrouped?: number; readonly signal?: AbortSignal } = {},
): Promise<WrittenCentroids> {
  const { dimensions } = vectorCodes;
  const count = centroids.length / dimensions;
  // Centroids spread less than vectors do, and so have a quantiser of their own.
  const own = fitQuantiser(centroids, dimensions);
  const root = new ByteWriter(64 * 1024);
  writeQuantiser(root, vectorCodes);
  writeQuantiser(root, own);
  if (count <= mostUngrouped) {
    root.varint(0);
    writeCodes(root, own, centroids);
    return { blocks: [root.finish()], order: Array.from({ length: count }, (_, at) => at) };
  }
  const wanted = Math.ceil(count / CLUSTERS_PER_GROUP);
  const groups = await clusterVectors(quantise(centroids, dimensions), wanted, signal);
  const members: number[][] = Array.from({ length: groups.centroids.length / dimensions }, () => []);
  for (const [cluster, group] of groups.cluster.entries()) members[group]?.push(cluster);
  root.varint(1);
  writeCodes(root, own, groups.centroids);
  root.deltas(startsOf(members));
  const blocks = members.map((clusters) => {
    const writer = new ByteWriter(8 * 1024);
    const rows = clusters.flatMap((cluster) => [
      ...centroids.subarray(cluster * dimensions, (cluster + 1) * dimensions),
    ]);
    writeCodes(writer, own, Float32Array.from(rows));
    return writer.finish();
  });
  return { blocks: [root.finish(), ...blocks], order: members.flat() };
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

export interface CentroidRoot {
  /** Of the vectors. */
  readonly vectorCodes: Quantiser;
  /** Of the centroids. */
  readonly own: Quantiser;
  /** Of all clusters, or of the groups. */
  readonly centroids: Centroids;
  /** The number of each group's first cluster; undefined where clusters are not grouped. */
  readonly starts: Uint32Array | undefined;
}

export function readCentroidRoot(bytes: Uint8Array): CentroidRoot {
  const reader = new ByteReader(bytes, 'centroids');
  const [vectorCodes, own] = [readQuantiser(reader), readQuantiser(reader)];
  const grouped = reader.varint() === 1;
  const centroids = readCodes(reader, own);
  const starts = grouped ? reader.deltas(centroids.count) : undefined;
  reader.end();
  return { vectorCodes, own, centroids, starts };
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
