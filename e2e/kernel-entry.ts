import { openBertSession } from '../src/models/kernel/bert.ts';
import { compileBertKernel, type KernelBuild } from '../src/models/kernel/builds.ts';
import { modelFile, randomModel } from '../src/models/kernel/fixtures/random-model.ts';

/**
 * Scores of a random model by one build of the kernel, over pairs of 2 to 64 tokens; the whole is asked twice. Of weights up to 32
 * eight products fit 16 bits, and the relaxed build takes turns with both of its loops.
 */
async function scores(build: KernelBuild, most: number): Promise<readonly number[]> {
  const shape = { layers: 3, hidden: 96, heads: 3, inner: 144, width: 32 };
  const session = await openBertSession(modelFile(randomModel(shape, 500, 64, most)), [build]);
  const found: number[] = [];
  for (let round = 0; round < 2; round++)
    for (let columns = 2; columns <= 64; columns++) {
      const ids = BigInt64Array.from({ length: columns }, (_, at) => BigInt((at * 37 + columns * 11) % 500));
      const types = BigInt64Array.from({ length: columns }, (_, at) => (at * 3 < columns ? 0n : 1n));
      found.push(...(await session.run({ ids, types, rows: 1, columns })));
    }
  return found;
}

const kernelTest = {
  best: async () => (await compileBertKernel()).build,
  scores,
};

export type KernelTest = typeof kernelTest;

Object.assign(globalThis, { kernelTest });
