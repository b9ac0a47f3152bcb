import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testCrossEncoder } from './cross-encoder.contract.ts';
import { testEmbedder } from './embedder.contract.ts';
import { tinyFixture } from './fixtures/tiny.ts';
import { createModelHost, type ModelHost } from './host.ts';
import { loadNodeRuntime } from './runtime-node.ts';

const { store } = tinyFixture();
const spec = { source: 'catalog', models: '/models/', backend: 'node/int8' } as const;
const hub = {
  source: 'origin',
  path: join(import.meta.dirname, 'fixtures/hub/'),
  model: 'tiny-embedder',
  dtype: 'fp32',
  pooling: 'mean',
} as const;

function host(): ModelHost {
  return createModelHost({ openStore: () => store, loadRuntime: () => loadNodeRuntime() });
}

testCrossEncoder('a model host', async () => {
  const made = host();
  await made.loadReranker(spec);
  return { encoder: made, close: () => made.close() };
});
testEmbedder('a model host', async () => {
  const made = host();
  const { dimensions } = await made.loadEmbedder(hub);
  return { embedder: made, dimensions, symmetric: true, close: () => made.close() };
});

describe('createModelHost', () => {
  it('says what is loaded, and refuses what is not', async () => {
    const made = host();
    expect(await made.info()).toEqual({});
    await expect(made.score('fox', ['fox'])).rejects.toMatchObject({ code: 'bad-input' });
    await expect(made.embedQuery('fox')).rejects.toMatchObject({ code: 'bad-input' });
    const progress: number[] = [];
    const info = await made.loadReranker(spec, undefined, ({ loaded }) => progress.push(loaded));
    expect(info).toMatchObject({ model: 'tiny-fixture', device: 'node' });
    expect(progress.length).toBeGreaterThanOrEqual(6);
    expect(await made.info()).toEqual({ reranker: info });
    await made.close();
    expect(await made.info()).toEqual({});
  });
  it('runs one at a time, and never starts what was cancelled before its turn', async () => {
    const made = host();
    await made.loadReranker(spec);
    const controller = new AbortController();
    const done: string[] = [];
    const first = made.score('fox', new Array(50).fill('a fox')).then(() => done.push('first'));
    const second = made.score('fox', ['the'], controller.signal).catch(({ code }) => done.push(code));
    const third = made.score('fox', ['the']).then(() => done.push('third'));
    controller.abort();
    await Promise.all([first, second, third]);
    expect(done).toEqual(['first', 'aborted', 'third']);
    await made.close();
  });
  it('takes one device a realm', async () => {
    const made = host();
    await made.loadReranker(spec);
    await expect(made.loadReranker({ ...spec, backend: 'webgpu/w8' })).rejects.toMatchObject({ code: 'unsupported' });
    await made.close();
  });
});
