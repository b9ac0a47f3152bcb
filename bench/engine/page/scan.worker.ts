import { serve } from '../../../src/client/glue.ts';
import { quantise } from '../../../src/index/vectors/quantise.ts';
import { exactVectorIndex } from '../../../src/index/vectors/scan.ts';

const DEPTH = 100;

function unitVectors(count: number, dimensions: number): Float32Array {
  const vectors = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row += 1) {
    const own = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    let square = 0;
    for (let i = 0; i < dimensions; i += 1) {
      own[i] = Math.random() + Math.random() + Math.random() - 1.5;
      square += (own[i] ?? 0) ** 2;
    }
    const factor = 1 / Math.sqrt(square);
    for (let i = 0; i < dimensions; i += 1) own[i] = (own[i] ?? 0) * factor;
  }
  return vectors;
}

/** What one would write without this project: float32, one loop, the best kept by a sort. */
function plainScan(vectors: Float32Array, dimensions: number, query: Float32Array): readonly number[] {
  const count = vectors.length / dimensions;
  const scores = new Float32Array(count);
  for (let row = 0, at = 0; row < count; row += 1) {
    let sum = 0;
    for (let i = 0; i < dimensions; i += 1, at += 1) sum += (vectors[at] as number) * (query[i] as number);
    scores[row] = sum;
  }
  const floor = Float32Array.from(scores).sort()[Math.max(0, count - DEPTH)] ?? 0;
  const best: number[] = [];
  for (let row = 0; row < count; row += 1) if ((scores[row] as number) >= floor) best.push(row);
  return best.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, DEPTH);
}

const jobs = {
  /**
   * Milliseconds of each of `rounds` searches, both ways in turn, and the share of the plain top 10 that is found. The plain
   * way reads 102 MB each time, so that ours finds its vectors in no cache, as a question does that comes after other
   * work; `repeated` are searches one right after another.
   */
  async scan(count: number, dimensions: number, rounds: number) {
    const vectors = unitVectors(count, dimensions);
    const queries = unitVectors(rounds, dimensions);
    const part = quantise(vectors, dimensions);
    const index = exactVectorIndex({ dimensions, load: async () => [part], isLive: () => true });
    const kernel = await index.kernel();
    await index.search(queries.subarray(0, dimensions), DEPTH);
    plainScan(vectors, dimensions, queries.subarray(0, dimensions));
    const own: number[] = [];
    const plain: number[] = [];
    let [found, wanted] = [0, 0];
    for (let round = 0; round < rounds; round += 1) {
      const query = queries.subarray(round * dimensions, (round + 1) * dimensions);
      const start = performance.now();
      const near = await index.search(query, DEPTH);
      const middle = performance.now();
      const exact = plainScan(vectors, dimensions, query).slice(0, 10);
      own.push(middle - start);
      plain.push(performance.now() - middle);
      const got = new Set(near.slice(0, 10).map(({ passage }) => passage));
      found += exact.filter((each) => got.has(each)).length;
      wanted += exact.length;
    }
    const repeated: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const start = performance.now();
      await index.search(queries.subarray(round * dimensions, (round + 1) * dimensions), DEPTH);
      repeated.push(performance.now() - start);
    }
    return { own, plain, repeated, kernel, recall: found / Math.max(1, wanted) };
  },
};

export type ScanJobs = typeof jobs;

serve(jobs);
