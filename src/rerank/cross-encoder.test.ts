import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CrossEncoder } from '../core/ports.ts';
import { createPairCost, crossEncoderReranker } from './cross-encoder.ts';
import { passage, question, recording } from './fixtures/passages.ts';
import { testReranker } from './reranker.contract.ts';
import { createScoreCache } from './scores.ts';
import { estimateTokens, windows } from './windows.ts';

/** Scores by length; notes what it was asked, and takes `ms` of a false clock for each text. */
function fake(ms = 1) {
  const asked: string[][] = [];
  let clock = 0;
  const encoder: CrossEncoder = {
    async score(query, texts, signal) {
      if (signal?.aborted) throw new Error('ran after the abort');
      asked.push([...texts]);
      clock += ms * texts.length;
      return Float32Array.from(texts, (text) => text.length + query.length / 100);
    },
  };
  return { encoder, asked, now: () => clock };
}

const many = Array.from({ length: 20 }, (_, at) => passage(`d${String(at).padStart(2, '0')}`, 'x'.repeat(at + 1)));

testReranker('crossEncoderReranker', async () => ({
  reranker: crossEncoderReranker({ encoder: fake().encoder, modelId: 'm@1' }),
}));

describe('crossEncoderReranker', () => {
  it('scores best-first and streams what it has', async () => {
    const { encoder, asked, now } = fake();
    const context = recording();
    const found = await crossEncoderReranker({ encoder, modelId: 'm', now, step: 6 }).rerank(
      question('q'),
      many,
      context,
    );
    expect(asked.map((texts) => texts.length)).toEqual([6, 6, 6, 2]);
    expect(asked[0]?.[0]).toBe(many[0]?.text);
    expect(context.events.map((event) => (event.kind === 'ranked' ? event.ranking.length : 0))).toEqual([6, 12, 18]);
    expect(found[0]?.id).toBe(many[19]?.id);
  });
  it('fits the pool to the budget by what a pair costs', async () => {
    const { encoder, asked, now } = fake(10);
    const shared = { cost: createPairCost(), cache: createScoreCache() };
    const rerank = () =>
      crossEncoderReranker({ encoder, modelId: 'm', now, budgetMs: 85, ...shared }).rerank(
        question('q'),
        many,
        recording(),
      );
    expect((await rerank()).map(({ id }) => id).sort()).toEqual(many.slice(0, 8).map(({ id }) => id));
    expect(shared.cost.read()).toBe(10);
    // What the first run has paid for is free, so that the next gets as far again.
    expect((await rerank()).length).toBe(16);
    expect(asked.flat().length).toBe(16);
  });
  it('reads a few however small the budget', async () => {
    const { encoder, now } = fake(50);
    const reranker = crossEncoderReranker({ encoder, modelId: 'm', now, budgetMs: 1, cost: createPairCost(50) });
    expect((await reranker.rerank(question('q'), many, recording())).length).toBe(4);
  });
  it('asks for nothing it knows, unless model, query or text differ', async () => {
    const { encoder, asked } = fake();
    const cache = createScoreCache();
    const run = (modelId: string, text: string) =>
      crossEncoderReranker({ encoder, modelId, cache }).rerank(question(text), many, recording());
    const first = await run('m', 'q');
    const calls = asked.length;
    expect(await run('m', 'q')).toEqual(first);
    expect(asked.length).toBe(calls);
    await run('m', 'other');
    await run('n', 'q');
    expect(asked.length).toBe(3 * calls);
  });
  it('stops between two steps', async () => {
    const controller = new AbortController();
    const { encoder, asked } = fake();
    const context = { signal: controller.signal, onStage: () => controller.abort() };
    const running = crossEncoderReranker({ encoder, modelId: 'm' }).rerank(question('q'), many, context);
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
    expect(asked.length).toBe(1);
  });
  it('counts a long passage by its best window, each with title', async () => {
    const text = `${Array.from({ length: 200 }, (_, at) => `nothing here ${at}.`).join(' ')} the answer stands at the end.`;
    const asked: string[] = [];
    const encoder: CrossEncoder = {
      async score(_, texts) {
        asked.push(...texts);
        return Float32Array.from(texts, (each) => (each.includes('the answer') ? 5 : -5));
      },
    };
    const reranker = crossEncoderReranker({ encoder, modelId: 'm' });
    const found = await reranker.rerank(
      question('q'),
      [passage('long', text, 'Guide'), passage('b', 'b')],
      recording(),
    );
    expect(found.map(({ score }) => score)).toEqual([5, -5]);
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.filter((each) => each.startsWith('Guide. ')).length).toBe(asked.length - 1);
    for (const each of asked) expect(estimateTokens(each)).toBeLessThanOrEqual(224);
  });
  it.each([60, 400])('leaves no end of a window unread beside a question of %i words', async (count) => {
    const { encoder, asked } = fake();
    const long = passage('long', 'word '.repeat(600), 'Guide');
    const asking = question('why '.repeat(count).trim());
    await crossEncoderReranker({ encoder, modelId: 'm' }).rerank(asking, [long], recording());
    // The special tokens, and half for the question at most (encodePair).
    for (const each of asked.flat()) expect(3 + Math.min(count, 128) + estimateTokens(each)).toBeLessThanOrEqual(256);
  });
});

describe('createPairCost', () => {
  it('follows the machine slowly upwards, and at once down from a disturbed measurement', () => {
    const cost = createPairCost();
    expect(cost.read()).toBeUndefined();
    cost.learn(4000, 4);
    cost.learn(20, 4);
    expect(cost.read()).toBe(5);
    cost.learn(36, 4);
    expect(cost.read()).toBe(6);
    cost.learn(0, 0);
    expect(cost.read()).toBe(6);
  });
});

describe('windows', () => {
  it('leaves a short text whole', () => {
    expect(windows(' a short text. ', { tokens: 10, overlap: 2 })).toEqual([' a short text. ']);
    expect(windows('', { tokens: 10, overlap: 2 })).toEqual(['']);
  });
  it('covers the text, in order, with overlap, within the limit', () => {
    const word = fc.constantFrom('fox', 'internationalization', 'v1.2.3', '検索', 'über', '--', 'x');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 120 }), fc.integer({ min: 12, max: 60 }), (list, tokens) => {
        // Numbered, so that each window stands in one place only.
        const text = list.map((each, at) => `${each}${at}`).join(' ');
        const found = windows(text, { tokens, overlap: 10 });
        let covered = 0;
        for (const each of found) {
          const at = text.indexOf(each, Math.max(0, covered - each.length));
          expect(at).toBeGreaterThanOrEqual(0);
          expect(text.slice(covered, at).trim()).toBe('');
          covered = Math.max(covered, at + each.length);
          expect(estimateTokens(each)).toBeLessThanOrEqual(tokens);
        }
        expect(covered).toBe(text.length);
      }),
      { numRuns: 200 },
    );
    expect(() => windows('a', { tokens: 5, overlap: 5 })).toThrow(/overlap/);
  });
});

describe('createScoreCache', () => {
  it('forgets what was used least', () => {
    const cache = createScoreCache(2);
    cache.set('m', 'q', 'a', 1);
    cache.set('m', 'q', 'b', 2);
    expect(cache.get('m', 'q', 'a')).toBe(1);
    cache.set('m', 'q', 'c', 3);
    expect(cache.get('m', 'q', 'b')).toBeUndefined();
    expect(cache.get('m', 'q', 'a')).toBe(1);
    expect(cache.get('m', 'qa', '')).toBeUndefined();
    expect(cache.size).toBe(2);
  });
});
