import { describe, expect, it } from 'vitest';
import { quantise } from '../vectors/quantise.ts';
import { clusterVectors, rowOf } from './clustering.ts';

const DIMENSIONS = 8;

/** Vectors about `kinds` directions, in turns. */
function vectorsAbout(kinds: number, count: number) {
  let state = 7;
  const random = () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647 - 0.5;
  };
  const centres = Array.from({ length: kinds }, () => Array.from({ length: DIMENSIONS }, random));
  const rows = Array.from({ length: count }, (_, at) => {
    const row = (centres[at % kinds] ?? []).map((value) => value + random() * 0.05);
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
  return quantise(Float32Array.from(rows.flat()), DIMENSIONS);
}

describe('clusterVectors', () => {
  it('divides many vectors first, and comes as near to them as all together do', async () => {
    const vectors = vectorsAbout(300, 3000);
    const nearness = async (mostTogether: number) => {
      const { centroids, cluster } = await clusterVectors(vectors, 300, undefined, mostTogether);
      expect(centroids.length / DIMENSIONS).toBeGreaterThan(250);
      const near = Array.from(cluster, (number, at) => {
        const row = rowOf(vectors, at);
        return row.reduce((sum, value, d) => sum + value * (centroids[number * DIMENSIONS + d] ?? 0), 0);
      });
      return near.reduce((sum, each) => sum + each, 0) / near.length;
    };
    expect(await nearness(100)).toBeGreaterThan((await nearness(2560)) - 0.02);
  });

  it('gives the same result for the same vectors', async () => {
    const vectors = vectorsAbout(40, 900);
    const [first, second] = [
      await clusterVectors(vectors, 90, undefined, 10),
      await clusterVectors(vectors, 90, undefined, 10),
    ];
    expect(second).toEqual(first);
  });

  it('has a cluster for every vector, zeros too', async () => {
    const vectors = quantise(new Float32Array(20 * DIMENSIONS), DIMENSIONS);
    const { cluster } = await clusterVectors(vectors, 8, undefined, 4);
    expect([...cluster].every((number) => number < 8)).toBe(true);
  });
});
