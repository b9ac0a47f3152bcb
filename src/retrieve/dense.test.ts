import { describe, expect, it, vi } from 'vitest';
import { documentId, type PassageId, passageId } from '../core/document.ts';
import type { Embedder } from '../core/ports.ts';
import { ranking } from '../core/ranking.ts';
import type { PassageNumbers } from '../index/terms.ts';
import { quantise } from '../index/vectors/quantise.ts';
import { exactVectorIndex } from '../index/vectors/scan.ts';
import { dense, feedback } from './dense.ts';
import { plainQuery, quietContext, testRetriever } from './retriever.contract.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const texts = ['fox and hound', 'the fox', 'a hound', 'quiz', 'fox fox fox'];

/** Counts letters: enough of a meaning for a test. Texts without letters have the zero vector. */
const embedder: Embedder = {
  embedQuery: async (text) => lettersOf(text),
  embedPassages: async (all) => Float32Array.from(all.flatMap((text) => [...lettersOf(text)])),
};

function lettersOf(text: string): Float32Array {
  const counts = Float32Array.from(LETTERS, (letter) => text.split(letter).length - 1);
  const length = Math.hypot(...counts);
  return length === 0 ? counts : counts.map((count) => count / length);
}

const numbers: PassageNumbers = {
  idsOf: async (all) => all.map((number) => passageId(documentId('doc'), number)),
};

async function setup() {
  const dimensions = LETTERS.length;
  const parts = [quantise(await embedder.embedPassages(texts), dimensions)];
  const vectors = exactVectorIndex({ dimensions, load: async () => parts, isLive: () => true });
  return { embedder, vectors, numbers };
}

testRetriever('dense', async () => ({ retriever: dense(await setup()), known: 'fox hound', unknown: '12345' }));

describe('dense', () => {
  it('ranks by nearness of meaning', async () => {
    const found = await dense(await setup()).retrieve(plainQuery('xof'), 2, quietContext());
    expect(found[0]).toEqual({ id: 'doc#4', score: expect.closeTo(1, 2) });
    expect(found[1]?.id).toBe('doc#1');
  });
  it('reads the query without operators', async () => {
    const embedQuery = vi.fn(embedder.embedQuery);
    const retriever = dense({ ...(await setup()), embedder: { ...embedder, embedQuery }, name: 'meaning' });
    expect(retriever.name).toBe('meaning');
    const context = quietContext();
    await retriever.retrieve({ ...plainQuery('fox -hound'), plain: 'fox' }, 5, context);
    expect(embedQuery).toHaveBeenCalledExactlyOnceWith('fox', context.signal, undefined);
    expect(await retriever.retrieve({ ...plainQuery('-hound'), plain: ' ' }, 5, context)).toEqual([]);
    expect(embedQuery).toHaveBeenCalledTimes(1);
  });
  it('lets rare words count more, and all alike where the words of the index cannot be read', async () => {
    const seen: unknown[] = [];
    const listening: Embedder = {
      ...embedder,
      async embedQuery(text, _signal, weights) {
        seen.push(await weights?.());
        return lettersOf(text);
      },
    };
    const corpus = { ...(await setup()), embedder: listening };
    const weights = new Map([['fox', 2]]);
    const weigh = vi.fn(async () => weights);
    await dense({ ...corpus, weigh }).retrieve(plainQuery('fox'), 5, quietContext());
    expect(weigh).toHaveBeenCalledExactlyOnceWith('fox', expect.anything());
    const broken = () => Promise.reject(new Error('no words'));
    expect(await dense({ ...corpus, weigh: broken }).retrieve(plainQuery('fox'), 5, quietContext())).not.toEqual([]);
    expect(seen).toEqual([weights, new Map()]);
  });
  it('stops waiting for a model that does not hear the signal', async () => {
    const deaf: Embedder = { ...embedder, embedQuery: () => new Promise(() => {}) };
    const controller = new AbortController();
    const retriever = dense({ ...(await setup()), embedder: deaf });
    const running = retriever.retrieve(plainQuery('fox'), 5, quietContext(controller.signal));
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
  });
  it('passes failures on with their code', async () => {
    const other: Embedder = { ...embedder, embedQuery: async () => new Float32Array(3).fill(1) };
    const wrongModel = dense({ ...(await setup()), embedder: other });
    await expect(wrongModel.retrieve(plainQuery('fox'), 5, quietContext())).rejects.toMatchObject({ code: 'mismatch' });
    const forgetful = dense({ ...(await setup()), numbers: { idsOf: async () => [] } });
    await expect(forgetful.retrieve(plainQuery('fox'), 5, quietContext())).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('feedback', () => {
  const id = (number: number) => passageId(documentId('doc'), number);
  const signal = new AbortController().signal;
  async function told() {
    const { vectors, ...rest } = await setup();
    const parts = [quantise(await embedder.embedPassages(texts), LETTERS.length)];
    const numbersOf = async (ids: readonly PassageId[]) =>
      ids.map((each) => texts.findIndex((_, at) => id(at) === each));
    const load = async () => parts;
    return {
      ...rest,
      vectors: exactVectorIndex({ dimensions: vectors.dimensions, load, isLive: () => true, numbersOf }),
    };
  }

  it('searches again half way between the question and what was found', async () => {
    const corpus = await told();
    const search = vi.fn(corpus.vectors.search);
    const again = feedback([{ ...corpus, vectors: { ...corpus.vectors, search } }]);
    const found = await again?.(plainQuery('quiz'), ranking([{ id: id(2), score: 1 }]), 5, signal);
    const [moved, depth, , { near } = {}] = search.mock.calls[0] ?? [];
    const [quiz, hound] = [lettersOf('quiz'), lettersOf('a hound')];
    expect(near).toEqual(quiz);
    expect(depth).toBe(5);
    const length = Math.hypot(...(moved ?? []));
    expect(length).toBeCloseTo(1, 5);
    const cosine = (other: Float32Array) =>
      (moved ?? new Float32Array()).reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
    expect(cosine(quiz)).toBeCloseTo(cosine(hound), 2);
    expect(new Set(found?.ranking.slice(0, 2).map((each) => each.id))).toEqual(new Set([id(2), id(3)]));
    expect(found?.rescore).toBeUndefined();
  });

  it('embeds the question once for both searches', async () => {
    const embedQuery = vi.fn(embedder.embedQuery);
    const corpus = { ...(await told()), embedder: { ...embedder, embedQuery } };
    const query = plainQuery('quiz');
    const first = await dense(corpus).retrieve(query, 5, quietContext());
    expect(await feedback([corpus])?.(query, first, 5, signal)).toBeDefined();
    expect(embedQuery).toHaveBeenCalledTimes(1);
  });

  it('hears the better scored more', async () => {
    const again = feedback([await told()]);
    const first = async (fox: number, hound: number) => {
      const best = ranking([
        { id: id(4), score: fox },
        { id: id(2), score: hound },
      ]);
      const found = await again?.(plainQuery('e'), best, 5, signal);
      return found?.ranking.findIndex((each) => each.id === id(4)) ?? 9;
    };
    expect(await first(1, 0.1)).toBeLessThan(await first(0.1, 1));
  });

  it('needs vectors of what was found', async () => {
    expect(feedback([await setup()])).toBeUndefined();
    const elsewhere = ranking([{ id: passageId(documentId('other'), 0), score: 1 }]);
    const corpus = await told();
    const nothing = { ...corpus.vectors, vectorsOf: async () => new Map() };
    expect(
      await feedback([{ ...corpus, vectors: nothing }])?.(plainQuery('fox'), elsewhere, 5, signal),
    ).toBeUndefined();
  });

  it('scores anew by the question as it has moved', async () => {
    const corpus = await told();
    const rescore = vi.fn(async () => new Map());
    const again = feedback([{ ...corpus, vectors: { ...corpus.vectors, rescore } }]);
    const found = await again?.(plainQuery('quiz'), ranking([{ id: id(2), score: 1 }]), 5, signal);
    await found?.rescore?.([id(0)], signal);
    const [query] = rescore.mock.calls[0] as unknown as [Float32Array];
    expect(query).not.toEqual(lettersOf('quiz'));
    expect(Math.hypot(...query)).toBeCloseTo(1, 5);
  });
});
