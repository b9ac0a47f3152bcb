import { describe, expect, it, vi } from 'vitest';
import { documentId, passageId } from '../core/document.ts';
import type { Embedder } from '../core/ports.ts';
import type { PassageNumbers } from '../index/terms.ts';
import { quantise } from '../index/vectors/quantise.ts';
import { exactVectorIndex } from '../index/vectors/scan.ts';
import { dense } from './dense.ts';
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
    expect(embedQuery).toHaveBeenCalledExactlyOnceWith('fox', context.signal);
    expect(await retriever.retrieve({ ...plainQuery('-hound'), plain: ' ' }, 5, context)).toEqual([]);
    expect(embedQuery).toHaveBeenCalledTimes(1);
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
