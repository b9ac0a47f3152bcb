import { describe, expect, it } from 'vitest';
import { parseCanary, runCanary } from './canary.ts';
import { testCrossEncoder } from './cross-encoder.contract.ts';
import { createCrossEncoder } from './cross-encoder.ts';
import { loadModelFile, loadModelText } from './file.ts';
import { tinyFixture } from './fixtures/tiny.ts';
import { loadNodeRuntime } from './runtime-node.ts';
import type { Session, TokenBatch } from './session.ts';
import { createWordPiece } from './wordpiece.ts';

const { entry, store } = tinyFixture();
const wordpiece = createWordPiece(await loadModelText(store, entry.files.vocabulary));
const canary = parseCanary(await loadModelText(store, entry.files.canary));

async function open(variant: 'int8' | 'w8' | 'fp32') {
  const file = entry.files[variant];
  if (file === undefined) throw new Error(`no ${variant}`);
  const session = await (await loadNodeRuntime()).open(await loadModelFile(store, file));
  return createCrossEncoder(session, wordpiece, { maxTokens: entry.maxTokens });
}

async function subject(variant: 'int8' | 'w8' | 'fp32') {
  const encoder = await open(variant);
  return { encoder, close: () => encoder.close() };
}

testCrossEncoder('createCrossEncoder with int8', () => subject('int8'));
testCrossEncoder('createCrossEncoder with fp32', () => subject('fp32'));

describe('createCrossEncoder', () => {
  it.each(['int8', 'w8', 'fp32'] as const)('gives the reference logits with %s', async (variant) => {
    const encoder = await open(variant);
    const result = await runCanary(encoder, canary, variant);
    expect(result).toMatchObject({ passed: true });
    expect(result.error).toBeLessThanOrEqual(result.tolerance);
    expect(result.msPerPair).toBeGreaterThan(0);
    // Another query's numbers are not these.
    const shifted = { ...canary, pairs: canary.pairs.map((pair) => ({ ...pair, query: 'a fox' })) };
    expect((await runCanary(encoder, shifted, variant)).passed).toBe(false);
    await encoder.close();
  });
  it('runs each pair alone, and never pads', async () => {
    const seen: TokenBatch[] = [];
    const session: Session = {
      async run(batch) {
        seen.push(batch);
        return Float32Array.of(Number(batch.ids[batch.columns - 2]));
      },
      async close() {},
    };
    const encoder = createCrossEncoder(session, wordpiece, { maxTokens: 64 });
    const scores = await encoder.score('fox', ['the', 'a', 'the fox']);
    expect(seen.map(({ rows, columns }) => [rows, columns])).toEqual([
      [1, 5],
      [1, 5],
      [1, 6],
    ]);
    const last = ['the', 'a', 'fox'].map((word) => wordpiece.encode(word)[0]);
    expect([...scores]).toEqual(last);
  });
  it('refuses numbers that are none', async () => {
    const session: Session = { run: async () => Float32Array.of(Number.NaN), async close() {} };
    const encoder = createCrossEncoder(session, wordpiece, { maxTokens: 64 });
    await expect(encoder.score('fox', ['the'])).rejects.toMatchObject({ code: 'internal' });
  });
  it('calls damaged weights corrupt, and says so of a closed model', async () => {
    const runtime = await loadNodeRuntime();
    await expect(runtime.open(new Uint8Array(1000).fill(7))).rejects.toMatchObject({ code: 'corrupt' });
    const encoder = await open('int8');
    await encoder.close();
    await encoder.close();
    await expect(encoder.score('fox', ['the'])).rejects.toMatchObject({ code: 'worker-lost' });
  });
});

describe('the canary', () => {
  it('does not pass a variant that was never measured, nor numbers that are none', async () => {
    const fine = { score: async () => Float32Array.of(1) };
    const one = { pairs: [{ query: 'q', passage: 'p', logit: 1 }], tolerance: { int8: 0.1 } };
    expect(await runCanary(fine, one, 'int8')).toMatchObject({ passed: true, error: 0 });
    expect(await runCanary(fine, one, 'fp16')).toMatchObject({ passed: false });
    const none = { score: async () => Float32Array.of(Number.NaN) };
    expect(await runCanary(none, one, 'int8')).toMatchObject({ passed: false });
  });
  it('takes the median of warm pairs, and the first apart', async () => {
    const ticks = [0, 100, 100, 102, 102, 132, 132, 135];
    const pairs = ['a', 'b', 'c', 'd'].map((passage) => ({ query: 'q', passage, logit: 0 }));
    const encoder = { score: async () => Float32Array.of(0) };
    const now = () => ticks.shift() ?? 0;
    const result = await runCanary(encoder, { pairs, tolerance: { int8: 0 } }, 'int8', { now });
    expect(result).toMatchObject({ firstMs: 100, msPerPair: 3 });
  });
  it.each(['{', '{"pairs":[]}', '{"pairs":[{"query":"q","passage":"p"}]}', 'null'])('refuses %s', (json) =>
    expect(() => parseCanary(json)).toThrow(expect.objectContaining({ code: 'corrupt' })),
  );
});
