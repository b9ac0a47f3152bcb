import { throwIfAborted } from '../../core/cancellation.ts';
import { pace } from '../pace.ts';
import type { QuantisedVectors } from '../terms.ts';
import { compareNumbers } from '../vectors/best.ts';
import { quantise } from '../vectors/quantise.ts';
import { loadVectors } from '../vectors/scan.ts';

export interface Clustering {
  /** Row-major, of length 1 each. */
  readonly centroids: Float32Array;
  /** Cluster of each vector. */
  readonly cluster: Uint32Array;
}

const ROUNDS = 8;
/** Above so many clusters (some 20,000 vectors) vectors are first divided: comparing all with all grows with the square. */
const MOST_TOGETHER = 1024;
/** Clusters a division has on the mean, and how many of the nearest divisions' clusters a vector is compared with. */
const CLUSTERS_A_DIVISION = 64;
const NEAR_DIVISIONS = 3;
/** Vectors a cluster that the rounds look at; all are assigned at the end. */
const SAMPLE_PER_CLUSTER = 14;

/**
 * Spherical k-means (Dhillon and Modha, Machine Learning 42, 2001): vectors go to the centroid of the highest inner
 * product. Starts from vectors at even distances, so that one input has one result.
 */
export async function clusterVectors(
  vectors: QuantisedVectors,
  clusters: number,
  signal?: AbortSignal,
  mostTogether = MOST_TOGETHER,
): Promise<Clustering> {
  const wanted = Math.max(1, Math.min(clusters, vectors.count));
  return wanted <= mostTogether ? together(vectors, wanted, signal) : divided(vectors, wanted, signal);
}

/**
 * Clusters within divisions, which are clusters themselves; in the end each vector goes to the nearest cluster of the
 * nearest few divisions. Work grows with the vectors times the root of their number, not with the square.
 */
async function divided(vectors: QuantisedVectors, wanted: number, signal?: AbortSignal): Promise<Clustering> {
  const { dimensions, count } = vectors;
  const divisions = Math.ceil(wanted / CLUSTERS_A_DIVISION);
  const step = Math.max(1, Math.floor(count / (divisions * CLUSTERS_A_DIVISION * 2)));
  const sample = Uint32Array.from({ length: Math.ceil(count / step) }, (_, at) => at * step);
  const { centroids: centres } = await together(picked(vectors, sample), divisions, signal);
  const near = await nearestOf(vectors, undefined, centres, NEAR_DIVISIONS, signal);
  const first = Uint32Array.from({ length: count }, (_, at) => near.numbers[at * near.each] as number);
  const members = membersOf(first, divisions);
  const centroids: Float32Array[] = [];
  const starts: number[] = [];
  let made = 0;
  for (const own of members) {
    const size = own.length === 0 ? 0 : Math.max(1, Math.round((own.length / count) * wanted));
    starts.push(made);
    made += size;
    if (size > 0) centroids.push((await together(picked(vectors, own), size, signal)).centroids);
    else centroids.push(new Float32Array(0));
  }
  const cluster = new Uint32Array(count);
  const scores = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  const visitors = visitorsOf(near, count, divisions);
  for (const [division, rows] of visitors.entries()) {
    const own = centroids[division] ?? new Float32Array(0);
    if (own.length === 0 || rows.length === 0) continue;
    const found = await nearestOf(vectors, rows, own, 1, signal);
    for (const [at, row] of rows.entries()) {
      if ((found.scores[at] as number) <= (scores[row] as number)) continue;
      scores[row] = found.scores[at] as number;
      cluster[row] = (starts[division] as number) + (found.numbers[at] as number);
    }
  }
  const all = new Float32Array(made * dimensions);
  centroids.forEach((own, division) => {
    all.set(own, (starts[division] as number) * dimensions);
  });
  return { centroids: all, cluster };
}

function membersOf(numbers: Uint32Array, count: number): readonly Uint32Array[] {
  const sizes = new Uint32Array(count);
  for (const number of numbers) sizes[number] = (sizes[number] as number) + 1;
  const members = Array.from(sizes, (size) => new Uint32Array(size));
  const filled = new Uint32Array(count);
  for (const [at, number] of numbers.entries()) {
    (members[number] as Uint32Array)[filled[number] as number] = at;
    filled[number] = (filled[number] as number) + 1;
  }
  return members;
}

/** The vectors that have each division among their nearest. */
function visitorsOf({ numbers, each }: Nearest, count: number, divisions: number): readonly Uint32Array[] {
  return membersOf(numbers.subarray(0, count * each), divisions).map((entries) =>
    entries.map((entry) => Math.floor(entry / each)),
  );
}

function picked({ dimensions, rows, scales }: QuantisedVectors, numbers: Uint32Array): QuantisedVectors {
  const found = new Int8Array(numbers.length * dimensions);
  for (const [at, row] of numbers.entries())
    found.set(rows.subarray(row * dimensions, (row + 1) * dimensions), at * dimensions);
  return {
    dimensions,
    count: numbers.length,
    rows: found,
    scales: Float32Array.from(numbers, (row) => scales[row] as number),
  };
}

async function together(vectors: QuantisedVectors, wanted: number, signal?: AbortSignal): Promise<Clustering> {
  const { dimensions, count } = vectors;
  let centroids: Float32Array = new Float32Array(wanted * dimensions);
  for (let cluster = 0; cluster < wanted; cluster += 1)
    centroids.set(unit(rowOf(vectors, Math.floor(((cluster + 0.5) * count) / wanted))), cluster * dimensions);
  const step = Math.max(1, Math.floor(count / (wanted * SAMPLE_PER_CLUSTER)));
  const sample = Uint32Array.from({ length: Math.ceil(count / step) }, (_, at) => at * step);
  for (let round = 0; round < ROUNDS; round += 1) {
    throwIfAborted(signal);
    const { numbers } = await nearestOf(vectors, sample, centroids, 1, signal);
    centroids = moved(vectors, sample, numbers, centroids);
  }
  return { centroids, cluster: (await nearestOf(vectors, undefined, centroids, 1, signal)).numbers };
}

interface Nearest {
  /** For each vector its nearest centroids, nearest first. */
  readonly numbers: Uint32Array;
  readonly scores: Float64Array;
  readonly each: number;
}

/** The `most` nearest centroids of some vectors, or of all. */
async function nearestOf(
  vectors: QuantisedVectors,
  rows: Uint32Array | undefined,
  centroids: Float32Array,
  most: number,
  signal: AbortSignal | undefined,
): Promise<Nearest> {
  const { dimensions } = vectors;
  const { best } = await loadVectors([quantise(centroids, dimensions)], dimensions);
  const { due, rest } = pace(signal);
  const count = rows?.length ?? vectors.count;
  const known = centroids.length / dimensions;
  const each = Math.min(most, known);
  // A row of int8 is a query as it is: nothing is rounded twice.
  const query = new Int16Array(dimensions);
  const numbers = new Uint32Array(count * each);
  const scores = new Float64Array(count * each);
  for (let at = 0; at < count; at += 1) {
    const row = rows === undefined ? at : (rows[at] as number);
    query.set(vectors.rows.subarray(row * dimensions, (row + 1) * dimensions));
    const found = [...best(query, each, 0, known)].sort(compareNumbers);
    for (let place = 0; place < each; place += 1) {
      numbers[at * each + place] = found[place]?.passage ?? place;
      scores[at * each + place] = (found[place]?.score ?? 0) * (vectors.scales[row] as number);
    }
    if (due()) await rest();
  }
  return { numbers, scores, each };
}

function moved(vectors: QuantisedVectors, rows: Uint32Array, nearest: Uint32Array, before: Float32Array): Float32Array {
  const { dimensions } = vectors;
  const sums = new Float32Array(before.length);
  for (const [at, row] of rows.entries()) {
    const [from, offset] = [row * dimensions, (nearest[at] as number) * dimensions];
    const scale = vectors.scales[row] as number;
    for (let d = 0; d < dimensions; d += 1)
      sums[offset + d] = (sums[offset + d] as number) + (vectors.rows[from + d] as number) * scale;
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
