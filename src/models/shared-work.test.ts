import fc from 'fast-check';
import { describe, expect, it, type Mock, vi } from 'vitest';
import { SearchError } from '../core/errors.ts';
import type { CrossEncoder } from '../core/ports.ts';
import { testCrossEncoder } from './cross-encoder.contract.ts';
import type { ModelHost } from './host.ts';
import type { SpawnedHost } from './selection.ts';
import { shareWork, usefulHands } from './shared-work.ts';

/** A score that depends on query and text, as a model's does. */
function scoreOf(query: string, text: string): number {
  let hash = 7;
  for (const letter of `${query}|${text}`) hash = (hash * 31 + letter.charCodeAt(0)) % 100_003;
  return hash / 997;
}

const plain = () => ({
  score: vi.fn<CrossEncoder['score']>(async (query, texts, signal) => {
    const scores = new Float32Array(texts.length);
    for (const [at, text] of texts.entries()) {
      if (at % 10 === 0) await settled();
      if (signal?.aborted) throw new SearchError('aborted', 'The search was cancelled.');
      scores[at] = scoreOf(query, text);
    }
    return scores;
  }),
});

function worker(encoder: CrossEncoder = plain()): SpawnedHost & { terminate: Mock<() => void> } {
  return { host: encoder as unknown as ModelHost, terminate: vi.fn<() => void>() };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

testCrossEncoder('shared work', async () => {
  const shared = shareWork({ first: plain(), hire: async () => worker(), others: 2 });
  await settled();
  return { encoder: shared.encoder, close: async () => shared.close() };
});

describe('shareWork', () => {
  it('gives every text its score, whoever computes it', async () => {
    for (const others of [0, 1, 3]) {
      const shared = shareWork({ first: plain(), hire: async () => worker(), others });
      await settled();
      expect(shared.hands()).toBe(1 + others);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.string(), { maxLength: 30 }), async (texts) => {
          const expected = Float32Array.from(texts, (text) => scoreOf('q', text));
          expect(await shared.encoder.score('q', texts)).toEqual(expected);
        }),
      );
    }
  });
  it('shares a shortlist out evenly', async () => {
    const [first, other] = [plain(), plain()];
    const shared = shareWork({ first, hire: async () => worker(other), others: 1 });
    await settled();
    await shared.encoder.score('q', ['a', 'b', 'c', 'd', 'e']);
    expect(first.score.mock.calls.map(([, texts]) => texts)).toEqual([['a', 'b']]);
    expect(other.score.mock.calls.map(([, texts]) => texts)).toEqual([['c', 'd', 'e']]);
  });
  it('works alone until the others have come, where none comes, and after the last has gone', async () => {
    const first = plain();
    const bad = worker({ score: async () => Promise.reject(new SearchError('worker-lost', 'gone')) });
    const hire = vi
      .fn<() => Promise<SpawnedHost>>()
      .mockResolvedValueOnce(bad)
      .mockRejectedValueOnce(new SearchError('out-of-memory', 'no'));
    const shared = shareWork({ first, hire, others: 2 });
    expect(shared.hands()).toBe(1);
    await settled();
    expect(shared.hands()).toBe(2);
    const scores = await shared.encoder.score('q', ['a', 'b']);
    expect(scores).toEqual(Float32Array.of(scoreOf('q', 'a'), scoreOf('q', 'b')));
    expect(bad.terminate).toHaveBeenCalledOnce();
    expect(shared.hands()).toBe(1);
  });
  it('keeps workers when a question is cancelled, and fails when the first one does', async () => {
    const other = worker();
    const first: CrossEncoder = { score: async () => Promise.reject(new SearchError('worker-lost', 'gone')) };
    const shared = shareWork({ first, hire: async () => other, others: 1 });
    await settled();
    const cancelled = shared.encoder.score('q', ['a', 'b'], AbortSignal.abort());
    await expect(cancelled).rejects.toMatchObject({ name: 'SearchError' });
    expect(shared.hands()).toBe(2);
    await expect(shared.encoder.score('q', ['a', 'b'])).rejects.toMatchObject({ code: 'worker-lost' });
    shared.close();
    expect(other.terminate).toHaveBeenCalledOnce();
  });
  it('ends workers that come after it was closed', async () => {
    const late = worker();
    const shared = shareWork({ first: plain(), hire: async () => late, others: 1 });
    shared.close();
    await settled();
    expect(late.terminate).toHaveBeenCalledOnce();
    expect(shared.hands()).toBe(1);
  });
});

describe('usefulHands', () => {
  it('is a worker a core, up to four', () => {
    expect([undefined, 1, 2, 3, 16].map(usefulHands)).toEqual([1, 1, 2, 3, 4]);
  });
});
