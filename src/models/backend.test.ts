import { describe, expect, it } from 'vitest';
import { SearchError } from '../core/errors.ts';
import { type Abilities, type Adapter, webGpuAbility } from './abilities.ts';
import { type Backend, backendCandidates, chooseBackend, prepareReranker, type Verdict } from './backend.ts';
import { tinyFixture } from './fixtures/tiny.ts';
import { memoryVerdicts } from './fixtures/verdicts.ts';
import { createModelHost, type ModelHost } from './host.ts';
import { wasmThreads } from './runtime.ts';
import { loadNodeRuntime } from './runtime-node.ts';
import { selectReranker } from './selection.ts';
import type { Runtime } from './session.ts';
import { rememberVerdict } from './verdicts.ts';

const { entry, store, files } = tinyFixture();
const gpu = { usable: true, adapter: 'acme', shaderF16: false } as const;
const abilities: Abilities = { userAgent: 'test', threads: 1, webgpu: gpu };
const without: Abilities = { ...abilities, webgpu: { usable: false, reason: 'none' } };
const passed = (msPerPair: number): Verdict => ({ state: 'passed', msPerPair, error: 0, at: 0 });
const failed: Verdict = { state: 'failed', code: 'internal', reason: 'crashed', at: 0 };

/** Node's runtime under a browser device's name. */
const runtime = async (device: Runtime['device']): Promise<Runtime> => ({ ...(await loadNodeRuntime()), device });

describe('webGpuAbility', () => {
  const adapter = (info: Partial<Adapter['info']>, ...features: string[]) => ({
    requestAdapter: async () => ({
      features: new Set(features),
      info: { vendor: 'acme', architecture: 'g1', device: '', description: '', ...info },
    }),
  });

  it('takes a real adapter, and says whether it has shader-f16', async () => {
    expect(await webGpuAbility(adapter({}), true)).toEqual({ usable: true, adapter: 'acme g1', shaderF16: false });
    expect(await webGpuAbility(adapter({}, 'shader-f16'), true)).toMatchObject({ shaderF16: true });
  });
  it('refuses software adapters, unless a test asks for one', async () => {
    for (const info of [{ isFallbackAdapter: true }, { architecture: 'swiftshader' }]) {
      expect(await webGpuAbility(adapter(info), true)).toMatchObject({ usable: false });
      expect(await webGpuAbility(adapter(info), true, { allowFallbackAdapter: true })).toMatchObject({ usable: true });
    }
  });
  it('says why there is none', async () => {
    expect(await webGpuAbility(undefined, true)).toMatchObject({ reason: expect.stringMatching(/no WebGPU/) });
    expect(await webGpuAbility(adapter({}), false)).toMatchObject({ reason: expect.stringMatching(/JSPI/) });
    expect(await webGpuAbility({ requestAdapter: async () => null }, true)).toMatchObject({ usable: false });
    const broken = { requestAdapter: () => Promise.reject(new Error('blocked')) };
    expect(await webGpuAbility(broken, true)).toMatchObject({ usable: false });
  });
});

describe('wasmThreads', () => {
  it('gives one thread without isolation, and says so', () => {
    expect(wasmThreads(4, { navigator: { hardwareConcurrency: 8 } })).toMatchObject({ threads: 1, note: /isolated/ });
    expect(wasmThreads(4, { crossOriginIsolated: true, navigator: { hardwareConcurrency: 8 } })).toEqual({
      threads: 4,
    });
    expect(wasmThreads(4, { crossOriginIsolated: true, navigator: { hardwareConcurrency: 2 } })).toEqual({
      threads: 2,
    });
  });
});

describe('backendCandidates', () => {
  const file = entry.files.vocabulary;
  const big = {
    ...entry,
    files: { vocabulary: file, canary: file, int8: { ...file, bytes: 2e7 }, w8: file, fp16: file },
  };

  it('never runs int8 on WebGPU, nor fp16 without shader-f16', () => {
    expect(backendCandidates(big, abilities)).toEqual(['webgpu/w8', 'wasm/int8']);
    const f16 = { ...abilities, webgpu: { ...gpu, shaderF16: true } };
    expect(backendCandidates(big, f16)).toEqual(['webgpu/fp16', 'webgpu/w8', 'wasm/int8']);
    expect(backendCandidates(big, without)).toEqual(['wasm/int8']);
  });
  it('tries WASM first for small models', () => {
    expect(backendCandidates(entry, abilities)).toEqual(['wasm/int8', 'webgpu/w8', 'webgpu/fp32']);
  });
});

describe('chooseBackend', () => {
  const all: readonly Backend[] = ['webgpu/w8', 'wasm/int8'];
  const choose = (verdicts: [Backend, Verdict][]) => chooseBackend(all, new Map(verdicts), { now: 1000 });

  it('takes the first one where nothing is known', () => {
    expect(choose([])).toEqual({ use: 'webgpu/w8', explore: undefined });
  });
  it('takes the fastest of those that passed', () => {
    expect(
      choose([
        ['webgpu/w8', passed(9)],
        ['wasm/int8', passed(7)],
      ]),
    ).toEqual({ use: 'wasm/int8', explore: undefined });
  });
  it('passes over one that failed, until the failure is old', () => {
    expect(choose([['webgpu/w8', failed]])).toEqual({ use: 'wasm/int8', explore: undefined });
    expect(chooseBackend(all, new Map([['webgpu/w8', failed]]), { now: 8 * 86_400_000 }).use).toBe('webgpu/w8');
    expect(
      choose([
        ['webgpu/w8', failed],
        ['wasm/int8', failed],
      ]).use,
    ).toBeUndefined();
  });
  it('explores only where what works is slow', () => {
    expect(choose([['wasm/int8', passed(60)]])).toEqual({ use: 'wasm/int8', explore: 'webgpu/w8' });
    expect(choose([['wasm/int8', passed(3)]])).toEqual({ use: 'wasm/int8', explore: undefined });
  });
});

describe('prepareReranker', () => {
  it('gives a proven encoder and what it costs', async () => {
    const { encoder, info } = await prepareReranker({ store, entry, backend: 'wasm/int8', runtime });
    expect(info).toMatchObject({ model: 'tiny-fixture', backend: 'wasm/int8', device: 'wasm', threads: 1 });
    expect(info.error).toBeLessThan(0.3);
    expect(info.bytes).toBeGreaterThan(entry.files.int8?.bytes ?? 0);
    await encoder.close();
  });
  it('refuses a backend whose numbers are wrong', async () => {
    const wrong = async (): Promise<Runtime> => {
      const right = await loadNodeRuntime();
      return {
        ...right,
        open: async (weights) => {
          const session = await right.open(weights);
          return { ...session, run: async (batch) => (await session.run(batch)).map((logit) => logit * 1.5) };
        },
      };
    };
    const prepared = prepareReranker({ store, entry, backend: 'webgpu/w8', runtime: wrong });
    await expect(prepared).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/wrong numbers/),
    });
  });
  it('refuses damaged weights, and variants that are not there', async () => {
    const damaged = tinyFixture();
    damaged.files.set('tiny/model.int8.onnx', new Uint8Array(10));
    const options = { store: damaged.store, entry, runtime };
    await expect(prepareReranker({ ...options, backend: 'wasm/int8' })).rejects.toMatchObject({ code: 'corrupt' });
    await expect(prepareReranker({ ...options, backend: 'webgpu/fp16' })).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('selectReranker', () => {
  /** Workers whose listed backends fail; notes what was tried and ended. */
  function workers(broken: Partial<Record<Backend, SearchError>>) {
    const tried: Backend[] = [];
    let ended = 0;
    const spawn = async () => {
      const host = createModelHost({ openStore: () => store, loadRuntime: runtime });
      const faked: ModelHost = {
        ...host,
        abilities: async () => abilities,
        async loadReranker(spec, ...rest) {
          if (spec.source !== 'catalog') throw new Error('unexpected');
          tried.push(spec.backend);
          const error = broken[spec.backend];
          if (error !== undefined) throw error;
          return host.loadReranker(spec, ...rest);
        },
      };
      return { host: faked, terminate: () => void ended++ };
    };
    return { spawn, tried, ended: () => ended };
  }
  const lost = new SearchError('worker-lost', 'The GPU device was lost.');
  const base = { entry, models: '/models/' };

  it('tries one backend a worker, remembers failures, and ends their workers', async () => {
    const verdicts = memoryVerdicts();
    const first = workers({ 'wasm/int8': lost, 'webgpu/w8': lost });
    const found = await selectReranker({ ...base, spawn: first.spawn, verdicts });
    expect(first.tried).toEqual(['wasm/int8', 'webgpu/w8', 'webgpu/fp32']);
    expect(first.ended()).toBe(2);
    expect(found.info.backend).toBe('webgpu/fp32');
    const second = workers({});
    await selectReranker({ ...base, spawn: second.spawn, verdicts });
    expect(second.tried).toEqual(['webgpu/fp32']);
  });
  it('tries others first once it is told that one has failed after all, and not where the user was the cause', async () => {
    const verdicts = memoryVerdicts();
    const first = workers({});
    const found = await selectReranker({ ...base, spawn: first.spawn, verdicts });
    const [best] = first.tried;
    await found.distrust?.(new SearchError('aborted', 'A newer question came.'));
    const second = workers({});
    const again = await selectReranker({ ...base, spawn: second.spawn, verdicts });
    expect(second.tried).toEqual([best]);
    await again.distrust?.(lost);
    const third = workers({});
    await selectReranker({ ...base, spawn: third.spawn, verdicts });
    expect(third.tried).not.toContain(best);
  });
  it('tries only the device that was asked for', async () => {
    const { spawn, tried } = workers({});
    await selectReranker({ ...base, spawn, verdicts: memoryVerdicts(), device: 'webgpu' });
    expect(tried).toEqual(['webgpu/w8']);
  });
  it('loads nothing a second time where an exploration finds nothing', async () => {
    const verdicts = memoryVerdicts();
    await rememberVerdict(verdicts, entry, 'wasm/int8', abilities, { ...passed(60), at: Date.now() });
    const { spawn, tried, ended } = workers({ 'webgpu/w8': lost, 'webgpu/fp32': lost });
    const exploring = selectReranker({ ...base, spawn, verdicts, explore: true });
    await expect(exploring).rejects.toMatchObject({ code: 'worker-lost' });
    expect(tried).toEqual(['webgpu/w8', 'webgpu/fp32']);
    expect(ended()).toBe(3);
  });
  it('does not blame a backend for the network, and ends the worker', async () => {
    const verdicts = memoryVerdicts();
    const offline = workers({ 'wasm/int8': new SearchError('network', 'Offline.') });
    await expect(selectReranker({ ...base, spawn: offline.spawn, verdicts })).rejects.toMatchObject({
      code: 'network',
    });
    expect(offline.tried).toEqual(['wasm/int8']);
    expect(offline.ended()).toBe(1);
    expect((await selectReranker({ ...base, spawn: workers({}).spawn, verdicts })).info.backend).toBe('wasm/int8');
  });
  it('says what failed last where none works', async () => {
    const { spawn, ended } = workers({ 'wasm/int8': lost, 'webgpu/w8': lost, 'webgpu/fp32': lost });
    const selecting = selectReranker({ ...base, spawn, verdicts: memoryVerdicts() });
    await expect(selecting).rejects.toMatchObject({ code: 'worker-lost' });
    expect(ended()).toBe(4);
  });
  it('tries again at the next question where memory or a worker was short, but not what gives wrong numbers', async () => {
    const verdicts = memoryVerdicts();
    const wrong = new SearchError('unsupported', 'Wrong numbers.');
    const first = workers({ 'wasm/int8': lost, 'webgpu/w8': wrong, 'webgpu/fp32': wrong });
    await expect(selectReranker({ ...base, spawn: first.spawn, verdicts })).rejects.toMatchObject({
      code: 'unsupported',
    });
    const second = workers({});
    expect((await selectReranker({ ...base, spawn: second.spawn, verdicts })).info.backend).toBe('wasm/int8');
    expect(second.tried).toEqual(['wasm/int8']);
  });
  it('works without a storage that works', async () => {
    const broken = () => Promise.reject(new Error('no storage'));
    const { spawn } = workers({});
    const found = await selectReranker({ ...base, spawn, verdicts: { get: broken, set: broken } });
    expect(found.info.model).toBe('tiny-fixture');
    expect(files.size).toBeGreaterThan(0);
  });
});
