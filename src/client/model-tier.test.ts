import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PassageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Reranker } from '../core/ports.ts';
import type { ModelHost } from '../models/host.ts';
import type { SelectedReranker, SelectionOptions } from '../models/selection.ts';
import { passage, question, recording } from '../rerank/fixtures/passages.ts';
import type { connect } from './glue.ts';
import { modelWorkerEmbedder, modelWorkerTier } from './model-tier.ts';

const { connected, selecting } = vi.hoisted(() => ({
  connected: vi.fn<() => Partial<ModelHost>>(),
  selecting: vi.fn<(options: SelectionOptions) => Promise<SelectedReranker>>(),
}));
vi.mock('./glue.ts', () => ({
  connect: (): ReturnType<typeof connect> => ({
    remote: connected(),
    lost: new Promise(() => undefined),
    close: () => undefined,
  }),
}));
vi.mock('../models/selection.ts', () => ({ selectReranker: selecting }));
vi.mock('../models/catalog.ts', () => ({
  loadCatalog: async () => undefined,
  crossEncoderEntry: () => ({ blend: 1 }),
}));

const startWorker = () => ({}) as Worker;

describe('modelWorkerEmbedder', () => {
  const spec = { source: 'origin', model: 'm', pooling: 'mean' } as const;
  const texts = Array.from({ length: 70 }, (_, at) => String(at));
  const loadEmbedder = async () => ({ model: 'm', space: 's', dimensions: 2, device: 'wasm' }) as const;

  it('hands passages over in slices, so that a question gets in between', async () => {
    const order: string[] = [];
    let last: Promise<unknown> = Promise.resolve();
    const turn = (name: string, vector: Float32Array) => {
      const done = last.then(() => {
        order.push(name);
        return vector;
      });
      last = done;
      return done;
    };
    connected.mockReturnValue({
      loadEmbedder,
      embedPassages: (some) => turn(`${some.length} passages`, Float32Array.from(some.flatMap((each) => [+each, 1]))),
      embedQuery: () => turn('question', new Float32Array(2)),
    });
    const embedder = modelWorkerEmbedder(startWorker, spec);
    await embedder.embedQuery('first');
    const all = embedder.embedPassages(texts);
    await embedder.embedQuery('second');
    expect(await all).toEqual(Float32Array.from(texts.flatMap((each) => [+each, 1])));
    expect(order).toEqual(['question', '32 passages', 'question', '32 passages', '6 passages']);
  });
  it('looks at the signal between two slices', async () => {
    const controller = new AbortController();
    const embedPassages = vi.fn(async (some: readonly string[]) => {
      controller.abort();
      return new Float32Array(some.length);
    });
    connected.mockReturnValue({ loadEmbedder, embedPassages });
    const embedding = modelWorkerEmbedder(startWorker, spec).embedPassages(texts, controller.signal);
    await expect(embedding).rejects.toMatchObject({ code: 'aborted' });
    expect(embedPassages).toHaveBeenCalledOnce();
  });
});

describe('modelWorkerTier', () => {
  /** A selected worker whose scores are given by hand. */
  function selected(backend: string, msPerPair: number, unexplored?: 'webgpu/w8') {
    const asked: { answer(scores: Float32Array): void; fail(error: SearchError): void }[] = [];
    const terminate = vi.fn();
    const score = () =>
      new Promise<Float32Array>((answer, fail) => {
        asked.push({ answer, fail });
      });
    const info = { model: 'm', revision: '1', backend, device: 'wasm', threads: 1, msPerPair, firstMs: 1 } as const;
    const made: SelectedReranker = {
      host: { score } as unknown as ModelHost,
      info: { ...info, error: 0, bytes: 1 },
      terminate,
      unexplored,
    };
    return { made, asked, terminate };
  }
  const rerank = (reranker: Reranker, text = 'q') =>
    reranker.rerank(question(text), [passage('a', 'text')], recording()).catch((error) => error);
  const slow = () => selected('wasm/int8', 60, 'webgpu/w8');
  const fast = () => selected('webgpu/w8', 5);

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A question that the first worker is still scoring when a faster one takes its place. */
  async function takenOver() {
    const [first, second] = [slow(), fast()];
    selecting.mockResolvedValueOnce(first.made).mockResolvedValueOnce(second.made);
    const tier = modelWorkerTier(startWorker, { name: 'x', models: '/models/', reranker: 'm' });
    await tier.load();
    const ranked = rerank(tier.reranker({}));
    await vi.advanceTimersByTimeAsync(3100);
    expect(tier.info()).toMatchObject({ backend: 'webgpu/w8' });
    return { tier, first, second, ranked };
  }

  it('ends a worker that was replaced when its last score is there', async () => {
    const { first, ranked } = await takenOver();
    expect(first.terminate).not.toHaveBeenCalled();
    first.asked[0]?.answer(Float32Array.of(7));
    expect(await ranked).toEqual([{ id: expect.stringMatching(/^a/) as PassageId, score: 7 }]);
    await vi.advanceTimersByTimeAsync(1);
    expect(first.terminate).toHaveBeenCalledOnce();
  });
  it('does not believe a backend any more that fails twice, scoring nothing between', async () => {
    const distrust = vi.fn(async () => undefined);
    const tier = modelWorkerTier(startWorker, { name: 'x', models: '/models/', reranker: 'm' });
    let worker = fast();
    const ask = async (text: string, fails: boolean) => {
      if (tier.info() === undefined) {
        worker = fast();
        selecting.mockResolvedValueOnce({ ...worker.made, distrust });
      }
      const ranked = rerank(tier.reranker({}), text);
      await vi.advanceTimersByTimeAsync(1);
      if (fails) worker.asked.at(-1)?.fail(new SearchError('unsupported', 'The GPU device was lost.'));
      else worker.asked.at(-1)?.answer(Float32Array.of(7));
      await ranked;
    };
    await ask('first', true);
    await ask('second', false);
    await ask('third', true);
    expect(distrust).not.toHaveBeenCalled();
    await ask('fourth', true);
    expect(distrust).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'unsupported' }));
  });
  it('keeps the new worker where the replaced one fails, and drops it where it fails itself', async () => {
    const { tier, first, second, ranked } = await takenOver();
    first.asked[0]?.fail(new SearchError('worker-lost', 'Gone.'));
    expect(await ranked).toMatchObject({ code: 'worker-lost' });
    expect(second.terminate).not.toHaveBeenCalled();
    const next = rerank(tier.reranker({}));
    await vi.advanceTimersByTimeAsync(1);
    second.asked[0]?.fail(new SearchError('worker-lost', 'Gone.'));
    expect(await next).toMatchObject({ code: 'worker-lost' });
    expect(second.terminate).toHaveBeenCalledOnce();
    expect(tier.info()).toBeUndefined();
  });
});
