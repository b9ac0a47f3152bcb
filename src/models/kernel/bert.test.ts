import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCanary, runCanary } from '../canary.ts';
import { testCrossEncoder } from '../cross-encoder.contract.ts';
import { createCrossEncoder } from '../cross-encoder.ts';
import type { TokenBatch } from '../session.ts';
import { createWordPiece } from '../wordpiece.ts';
import { openBertSession } from './bert.ts';
import { compileBertKernel } from './builds.ts';
import { modelFile, randomModel } from './fixtures/random-model.ts';
import { referenceLogit } from './fixtures/reference.ts';

const models = join(import.meta.dirname, '../../../models');
const vocabulary = readFileSync(join(models, 'wordpiece/vocab.txt'), 'utf8');
const shipped = new Uint8Array(readFileSync(join(models, 'findling-rerank-tiny/model.kernel.safetensors')));

const narrow = { layers: 2, hidden: 64, heads: 2, inner: 72, width: 24 } as const;
const straight = { layers: 1, hidden: 48, heads: 3, inner: 104, width: 0 } as const;

function batch(ids: readonly number[], rows = 1): TokenBatch {
  const columns = ids.length / rows;
  const types = ids.map((_, at) => (at % columns < columns / 3 ? 0n : 1n));
  return { ids: BigInt64Array.from(ids, BigInt), types: BigInt64Array.from(types), rows, columns };
}

function tokens(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, at) => (at * 13 + seed * 29 + ((at * at) % 7)) % 50);
}

async function encoder(file: Uint8Array, maxTokens: number) {
  const session = await openBertSession(file);
  const made = createCrossEncoder(session, createWordPiece(vocabulary), { maxTokens });
  return { encoder: made, close: () => made.close() };
}

testCrossEncoder('the kernel with the shipped weights', () => encoder(shipped, 256));

describe('openBertSession', () => {
  it.each([narrow, straight])('computes what BERT computes: $layers layers of $hidden', async (shape) => {
    const model = randomModel(shape, 50, 40);
    const session = await openBertSession(modelFile(model));
    const errors: number[] = [];
    const logits: number[] = [];
    for (const count of [2, 3, 4, 5, 17, 32, 39, 40]) {
      const ids = tokens(count, count);
      const given = batch(ids);
      const [logit = Number.NaN] = await session.run(given);
      logits.push(logit);
      errors.push(Math.abs(logit - referenceLogit(model, ids, Array.from(given.types, Number))));
    }
    // A value on the edge of a quantisation step may fall to either side of it, all the more as the kernel's e^x and GELU are near ones.
    expect(errors.sort((a, b) => a - b)[errors.length >> 1]).toBeLessThan(6e-3);
    expect(Math.max(...errors)).toBeLessThan(0.1);
    expect(Math.max(...logits) - Math.min(...logits)).toBeGreaterThan(0.5);
  });
  it('gives a row the same bits alone and among others, again and again', async () => {
    const session = await openBertSession(modelFile(randomModel(narrow, 50, 40)));
    const [one, two] = [tokens(21, 1), tokens(21, 2)];
    const both = await session.run(batch([...one, ...two], 2));
    await session.run(batch(tokens(40, 3)));
    expect(await session.run(batch(one))).toEqual(both.slice(0, 1));
    expect(await session.run(batch(two))).toEqual(both.slice(1));
    expect(both[0]).not.toBe(both[1]);
  });
  it('gives the same bits with and without relaxed SIMD', async (context) => {
    const { build } = await compileBertKernel();
    if (build === 'plain')
      return context.skip('this engine has no relaxed SIMD; e2e/kernel.spec.ts compares in Chromium');
    const file = modelFile(randomModel(narrow, 50, 40));
    const [relaxed, plain] = [await openBertSession(file, ['relaxed']), await openBertSession(file, ['plain'])];
    for (const count of [3, 20, 40]) {
      const given = batch(tokens(count, count));
      expect(await relaxed.run(given)).toEqual(await plain.run(given));
    }
  });
  it('passes the canary with the shipped weights', async () => {
    const canary = parseCanary(readFileSync(join(models, 'findling-rerank-tiny/canary.json'), 'utf8'));
    const { encoder: made } = await encoder(shipped, 256);
    const result = await runCanary(made, canary, 'kernel');
    expect(result).toMatchObject({ passed: true });
    const shifted = { ...canary, pairs: canary.pairs.map((pair) => ({ ...pair, query: 'a fox' })) };
    expect((await runCanary(made, shifted, 'kernel')).passed).toBe(false);
  });
  it('refuses token ids and lengths that the model does not have', async () => {
    const session = await openBertSession(modelFile(randomModel(narrow, 50, 40)));
    await expect(session.run(batch([50, 1]))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(session.run(batch(tokens(41, 1)))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(session.run({ ...batch([1, 2]), columns: 3 })).rejects.toMatchObject({ code: 'bad-input' });
    await session.close();
    await expect(session.run(batch([1, 2]))).rejects.toMatchObject({ code: 'worker-lost' });
  });
  it('says what is wrong with a damaged or foreign file', async () => {
    const model = randomModel(narrow, 50, 40);
    const file = modelFile(model);
    for (const broken of [new Uint8Array(4), file.slice(0, 300), file.slice(0, -5), new Uint8Array(200).fill(255)])
      await expect(openBertSession(broken)).rejects.toMatchObject({ code: 'corrupt' });
    await expect(openBertSession(modelFile(model, 'findling-bert/2'))).rejects.toMatchObject({ code: 'unsupported' });
    const without = (name: string) => new Map([...model.tensors].filter(([each]) => each !== name));
    await expect(openBertSession(modelFile({ ...model, tensors: without('layers.1.value') }))).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('layers.1.value'),
    });
    const lying = { ...model, shape: { ...narrow, hidden: 72 } };
    await expect(openBertSession(modelFile(lying))).rejects.toMatchObject({ code: 'corrupt' });
    const odd = { ...model, shape: { ...narrow, hidden: 61 } };
    await expect(openBertSession(modelFile(odd))).rejects.toMatchObject({ code: 'corrupt' });
    const rows = new Map(model.tensors).set('row_of', { shape: [50], values: new Uint16Array(50).fill(47) });
    await expect(openBertSession(modelFile({ ...model, tensors: rows }))).rejects.toMatchObject({ code: 'corrupt' });
  });
  it('names the policy where WebAssembly may not run', async () => {
    await expect(compileBertKernel([])).rejects.toMatchObject({ code: 'unsupported' });
  });
});
