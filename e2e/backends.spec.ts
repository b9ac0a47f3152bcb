import { expect, type Page, test } from '@playwright/test';
import { CHROMIUM_ARGS, ensureChromium } from '../test/chromium.ts';
import { FIXTURE_MODELS } from './models.ts';
import { openPage } from './page.ts';

// SwiftShader gives WebGPU without a GPU, slowly: few candidates.
test.use({
  launchOptions: { executablePath: ensureChromium(), args: [...CHROMIUM_ARGS, '--enable-unsafe-webgpu'] },
});

const QUESTIONS = [
  'how do I serve files under a sub path',
  'wait until the network is quiet',
  'run a model without a server',
] as const;
/**
 * Of a list's range: eight-bit and weight-only arithmetic differ by up to half of it on the fixture, whose random weights leave scores close
 * together. What is further apart must keep its order; what is nearer is a tie.
 */
const APART = 0.12;

interface Listed {
  readonly id: string;
  readonly score: number;
  /** Before the reranker. */
  readonly rank: number;
}

/** Asks an engine that may use one backend only, with the reranker's order alone: best first, scores from 1 to 0. */
async function ask(page: Page, backend: string) {
  await openPage(page, `backend=${backend}&software-gpu&${FIXTURE_MODELS}`);
  return page.evaluate(async (questions) => {
    const { search } = globalThis.findling;
    const options = { candidates: 6, limit: 6, blend: 1, explain: true, typing: false } as const;
    const lists: Listed[][] = [];
    for (const question of questions) {
      const answer = await search.search(question, options).done;
      if (answer.stage !== 'reranked' || answer.skipped.length > 0) throw new Error(JSON.stringify(answer.skipped));
      lists.push(
        answer.results.map(({ id, explain }) => ({
          id,
          score: explain?.reranked?.score ?? Number.NaN,
          rank: explain?.hybrid?.rank ?? 0,
        })),
      );
    }
    return { lists, backend: (await search.status()).reranker?.backend };
  }, QUESTIONS);
}

/** Ids in pairs, the better first, of those that are further apart than a tie. */
function pairsApart(list: readonly Listed[]): readonly (readonly [string, string])[] {
  return list.flatMap((better, at) =>
    list.slice(at + 1).flatMap((worse) => (better.score - worse.score > APART ? [[better.id, worse.id] as const] : [])),
  );
}

test('WebGPU and WASM give the same order on the same shortlist', async ({ page }) => {
  test.setTimeout(240_000);
  const wasm = await ask(page, 'wasm');
  const webgpu = await ask(page, 'webgpu');
  expect(wasm.backend).toBe('wasm/int8');
  expect(webgpu.backend).toMatch(/^webgpu\//);
  for (const [at, list] of wasm.lists.entries()) {
    const other = new Map((webgpu.lists[at] ?? []).map((each, place) => [each.id, { ...each, place }]));
    expect([...other.keys()].sort()).toEqual(list.map(({ id }) => id).sort());
    for (const { id, score } of list)
      expect(Math.abs((other.get(id)?.score ?? Number.NaN) - score)).toBeLessThan(APART / 2);
    for (const [better, worse] of pairsApart(list))
      expect(other.get(better)?.place, `${better} before ${worse}`).toBeLessThan(other.get(worse)?.place ?? 0);
  }
  // So that an equal order says something: most pairs are apart, and the reranker has moved what it was given.
  expect(wasm.lists.flatMap(pairsApart).length).toBeGreaterThan(30);
  expect(wasm.lists.flatMap((list) => list.map(({ rank }) => rank))).not.toEqual(
    QUESTIONS.flatMap(() => [1, 2, 3, 4, 5, 6]),
  );
});

test('without WebGPU a page that asks for it alone says so and answers with the tiers before', async ({ page }) => {
  await openPage(page, `backend=webgpu&${FIXTURE_MODELS}`);
  const answer = await page.evaluate(
    (question) => globalThis.findling.search.search(question, { limit: 3 }).done,
    QUESTIONS[0],
  );
  expect(answer.stage).toBe('hybrid');
  expect(answer.results).toHaveLength(3);
  expect(answer.skipped).toEqual([
    { stage: 'reranked', code: 'unsupported', reason: expect.stringContaining('WebGPU adapter is software') },
  ]);
});
