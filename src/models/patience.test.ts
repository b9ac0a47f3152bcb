import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelHost, ProgressListener } from './host.ts';
import { patientHost } from './patience.ts';

/** As `node --expose-gc` has it, without the flag. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  await new Promise((resolve) => setTimeout(resolve, 10));
  (runInNewContext('gc') as () => void)();
}

const spec = { source: 'catalog', models: '/models/', backend: 'wasm/kernel' } as const;
const silent = () => new Promise<never>(() => undefined);

function hostOf(methods: Partial<ModelHost>): ModelHost {
  const host = {
    abilities: silent,
    loadReranker: silent,
    loadEmbedder: silent,
    score: silent,
    embedQuery: silent,
    embedPassages: silent,
    info: async () => ({}),
    close: async () => undefined,
  };
  return { ...host, ...methods };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('patientHost', () => {
  it('ends a reranker that hangs, and says so', async () => {
    const terminate = vi.fn();
    const { host } = patientHost({ host: hostOf({}), terminate });
    const outcome = host.score('a', ['b', 'c']).catch((error) => error);
    await vi.advanceTimersByTimeAsync(29_900);
    expect(terminate).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(terminate).toHaveBeenCalledOnce();
    expect(await outcome).toMatchObject({ code: 'timeout', message: expect.stringMatching(/reranker .* 30 s/) });
  });
  it('keeps nothing of what it has answered', async () => {
    vi.useRealTimers();
    const answers: WeakRef<Float32Array>[] = [];
    const embedPassages = async () => {
      const vectors = new Float32Array(1000);
      answers.push(new WeakRef(vectors));
      return vectors;
    };
    const { host } = patientHost({ host: hostOf({ embedPassages }), terminate: () => undefined });
    for (let call = 0; call < 5; call += 1) await host.embedPassages(['a']);
    await collectGarbage();
    expect(answers.filter((each) => each.deref() !== undefined)).toEqual([]);
  });
  it('waits for a slow download as long as bytes arrive, and no longer', async () => {
    const terminate = vi.fn();
    let progress: ProgressListener = () => undefined;
    const loadReranker: ModelHost['loadReranker'] = (_, __, onProgress) => {
      progress = onProgress ?? progress;
      return silent();
    };
    const heard = vi.fn();
    const { host } = patientHost({ host: hostOf({ loadReranker }), terminate });
    const outcome = host.loadReranker(spec, undefined, heard).catch((error) => error);
    for (let minute = 0; minute < 10; minute++) {
      await vi.advanceTimersByTimeAsync(60_000);
      progress({ path: 'x', loaded: minute, total: 10 });
    }
    expect(terminate).not.toHaveBeenCalled();
    expect(heard).toHaveBeenCalledTimes(10);
    await vi.advanceTimersByTimeAsync(121_000);
    expect(await outcome).toMatchObject({ code: 'timeout' });
    expect(terminate).toHaveBeenCalledOnce();
  });
  it('counts the time of a call from the end of those before it', async () => {
    const terminate = vi.fn();
    let embedded: (vectors: Float32Array) => void = () => undefined;
    const embedPassages = () => new Promise<Float32Array>((resolve) => (embedded = resolve));
    const { host } = patientHost({ host: hostOf({ embedPassages }), terminate });
    const passages = host.embedPassages(Array.from({ length: 20 }, () => 'x'));
    const outcome = host.embedQuery('q').catch((error) => error);
    await vi.advanceTimersByTimeAsync(100_000);
    embedded(new Float32Array(1));
    expect(await passages).toEqual(new Float32Array(1));
    await vi.advanceTimersByTimeAsync(24_900);
    expect(terminate).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(await outcome).toMatchObject({ code: 'timeout' });
    expect(terminate).toHaveBeenCalledOnce();
  });
  it('leaves answers, failures and what came in time alone', async () => {
    const terminate = vi.fn();
    const score = vi
      .fn<ModelHost['score']>()
      .mockResolvedValueOnce(new Float32Array([1]))
      .mockRejectedValueOnce(new Error('no'));
    const { host } = patientHost({ host: hostOf({ score }), terminate });
    expect(await host.score('a', ['b'])).toEqual(new Float32Array([1]));
    await expect(host.score('a', ['b'])).rejects.toThrow('no');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(terminate).not.toHaveBeenCalled();
  });
});
