import { throwIfAborted } from '../../core/cancellation.ts';
import { pace } from '../pace.ts';
import type { QuantisedVectors } from '../terms.ts';
import { quantise } from '../vectors/quantise.ts';
import { exactVectorIndex } from '../vectors/scan.ts';

export interface Clustering {
  /** Row-major, of length 1 each. */
  readonly centroids: Float32Array;
  /** Cluster of each vector. */
  readonly cluster: Uint32Array;
}

const ROUNDS = 3;
/** Vectors a cluster that the rounds look at; all are assigned at the end. */
const SAMPLE_PER_CLUSTER = 12;

/**
 * Spherical k-means (Dhillon and Modha, Machine Learning 42, 2001): vectors go to the centroid of the highest inner
 * product. Starts from vectors at even distances, so that one input has one result.
 */
export async function clusterVectors(
  vectors: QuantisedVectors,
  clusters: number,
  signal?: AbortSignal,
): Promise<Clustering> {
  const { dimensions, count } = vectors;
  const wanted = Math.max(1, Math.min(clusters, count));
  let centroids: Float32Array = new Float32Array(wanted * dimensions);
  for (let cluster = 0; cluster < wanted; cluster += 1)
    centroids.set(unit(rowOf(vectors, Math.floor(((cluster + 0.5) * count) / wanted))), cluster * dimensions);
  const step = Math.max(1, Math.floor(count / (wanted * SAMPLE_PER_CLUSTER)));
  const sample = Uint32Array.from({ length: Math.ceil(count / step) }, (_, at) => at * step);
  for (let round = 0; round < ROUNDS; round += 1) {
    throwIfAborted(signal);
    const nearest = await assign(vectors, sample, centroids, signal);
    centroids = moved(vectors, sample, nearest, centroids);
  }
  const all = Uint32Array.from({ length: count }, (_, at) => at);
  return { centroids, cluster: await assign(vectors, all, centroids, signal) };
}

async function assign(
  vectors: QuantisedVectors,
  rows: Uint32Array,
  centroids: Float32Array,
  signal: AbortSignal | undefined,
): Promise<Uint32Array> {
  const index = exactVectorIndex({
    dimensions: vectors.dimensions,
    load: async () => [quantise(centroids, vectors.dimensions)],
    isLive: () => true,
  });
  const { due, rest } = pace(signal);
  const nearest = new Uint32Array(rows.length);
  for (const [at, row] of rows.entries()) {
    const [best] = await index.search(rowOf(vectors, row), 1);
    // A vector of zeros is as near to all.
    nearest[at] = best?.passage ?? 0;
    if (due()) await rest();
  }
  return nearest;
}

function moved(vectors: QuantisedVectors, rows: Uint32Array, nearest: Uint32Array, before: Float32Array): Float32Array {
  const { dimensions } = vectors;
  const sums = new Float32Array(before.length);
  for (const [at, row] of rows.entries()) {
    const values = rowOf(vectors, row);
    const offset = (nearest[at] ?? 0) * dimensions;
    for (let d = 0; d < dimensions; d += 1) sums[offset + d] = (sums[offset + d] ?? 0) + (values[d] ?? 0);
  }
  for (let offset = 0; offset < sums.length; offset += dimensions) {
    const centroid = unit(sums.subarray(offset, offset + dimensions));
    sums.set(centroid.every((value) => value === 0) ? before.subarray(offset, offset + dimensions) : centroid, offset);
  }
  return sums;
}

/** A vector as floats. */
export function rowOf({ dimensions, rows, scales }: QuantisedVectors, row: number): Float32Array {
  const scale = scales[row] ?? 0;
  const values = new Float32Array(dimensions);
  const offset = row * dimensions;
  for (let d = 0; d < dimensions; d += 1) values[d] = (rows[offset + d] ?? 0) * scale;
  return values;
}

function unit(values: Float32Array): Float32Array {
  const length = Math.hypot(...values);
  return length > 0 ? values.map((value) => value / length) : values;
}
