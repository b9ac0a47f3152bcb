import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testCrossEncoder } from './cross-encoder.contract.ts';
import { testEmbedder } from './embedder.contract.ts';
import { embeddingSpace, HUB_CROSS_ENCODERS, HUB_EMBEDDERS } from './hub-catalog.ts';
import { loadNodeRuntime } from './runtime-node.ts';
import { fitText, loadTransformersEmbedder, loadTransformersReranker } from './transformers.ts';
import type { TransformersSpec } from './transformers-spec.ts';

const path = join(import.meta.dirname, 'fixtures/hub/');
const spec: TransformersSpec = { source: 'origin', path, model: 'tiny-embedder', dtype: 'fp32', pooling: 'mean' };
const ranker: TransformersSpec = { source: 'origin', path, model: 'tiny-ranker', dtype: 'fp32' };
const runtime = () => loadNodeRuntime();

async function embedder(changes: Partial<TransformersSpec> = {}) {
  const { embedder, info } = await loadTransformersEmbedder({ ...spec, ...changes }, { runtime });
  return { embedder, info, dimensions: info.dimensions, symmetric: true, close: () => embedder.close() };
}

testEmbedder('a transformers.js model', () => embedder());
testCrossEncoder('a transformers.js cross-encoder', async () => {
  const { encoder } = await loadTransformersReranker(ranker, { runtime });
  return { encoder, close: () => encoder.close() };
});

describe('loadTransformersEmbedder', () => {
  it('names the space by everything that changes a vector', async () => {
    const { info, close } = await embedder();
    expect(info).toMatchObject({ dimensions: 32, device: 'node', space: 'tiny-embedder@main/fp32/mean/["",""]' });
    await close();
    const other = await embedder({ pooling: 'cls', queryPrefix: 'query: ' });
    expect(other.info.space).not.toBe(info.space);
    await other.close();
  });
  it('sets the prefixes before queries and passages, and pools as told', async () => {
    const plain = await embedder();
    const prefixed = await embedder({ queryPrefix: 'what is ', passagePrefix: 'the ' });
    const cls = await embedder({ pooling: 'cls' });
    const [query] = [await prefixed.embedder.embedQuery('a fox')];
    expect([...query]).toEqual([...(await plain.embedder.embedQuery('what is a fox'))]);
    expect([...(await prefixed.embedder.embedPassages(['fox']))]).toEqual([
      ...(await plain.embedder.embedPassages(['the fox'])),
    ]);
    expect([...(await cls.embedder.embedQuery('a fox'))]).not.toEqual([...(await plain.embedder.embedQuery('a fox'))]);
    await Promise.all([plain.close(), prefixed.close(), cls.close()]);
  });
  it('cuts texts to what the model holds', async () => {
    const { embedder: long, close } = await embedder();
    expect((await long.embedQuery('search '.repeat(2000))).every(Number.isFinite)).toBe(true);
    await close();
  });
  it('refuses a model that is not there, one without known pooling, and q8 on WebGPU', async () => {
    await expect(embedder({ model: 'nothing' })).rejects.toMatchObject({ code: 'not-found' });
    const { pooling: _, ...unknown } = spec;
    await expect(loadTransformersEmbedder(unknown, { runtime })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(embedder({ device: 'webgpu', dtype: 'q8' })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(embedder({ pooling: 'output' })).rejects.toMatchObject({ code: 'unsupported' });
  });
  it('asks nobody but the own origin', async () => {
    const asked: string[] = [];
    const original = globalThis.fetch;
    globalThis.fetch = async (input) => {
      asked.push(String(input));
      return new Response('', { status: 404 });
    };
    try {
      await expect(embedder({ model: 'Xenova/all-MiniLM-L6-v2' })).rejects.toMatchObject({ code: 'not-found' });
    } finally {
      globalThis.fetch = original;
    }
    expect(asked.filter((url) => /^https?:/.test(url))).toEqual([]);
  });
});

describe('the catalog of the hub', () => {
  it('names each model once, with prefixes that end where the text begins', () => {
    const names = [...HUB_EMBEDDERS, ...HUB_CROSS_ENCODERS].map(({ model }) => model);
    expect(new Set(names).size).toBe(names.length);
    for (const { queryPrefix, passagePrefix } of HUB_EMBEDDERS)
      for (const prefix of [queryPrefix, passagePrefix]) expect(prefix === '' || prefix.endsWith(' ')).toBe(true);
    const spaces = HUB_EMBEDDERS.map((each) => embeddingSpace({ ...each, revision: 'main', dtype: 'q8' }));
    expect(new Set(spaces).size).toBe(HUB_EMBEDDERS.length);
  });
});

describe('fitText', () => {
  it('cuts at the end, never inside a character', () => {
    const count = (text: string) => [...text].length;
    expect(fitText('abcdef', 3, count)).toBe('abc');
    expect(fitText('abc', 3, count)).toBe('abc');
    expect(fitText('😀😀😀', 2, count)).toBe('😀😀');
    expect(fitText('abc', 1, () => 9)).toBe('');
  });
});
