import { expect, type Page, test } from '@playwright/test';
import { CHROMIUM_ARGS, ensureChromium } from '../test/chromium.ts';
import { FIXTURE_MODELS } from './models.ts';
import { openPage } from './page.ts';

// SwiftShader gives WebGPU without a GPU, slowly: few candidates.
test.use({
  launchOptions: { executablePath: ensureChromium(), args: [...CHROMIUM_ARGS, '--enable-unsafe-webgpu'] },
});

const QUESTION = 'how do I serve files under a sub path';

/** Asks an engine that may use one backend only, with the reranker's order alone. */
async function ask(page: Page, backend: string) {
  await openPage(page, `backend=${backend}&software-gpu&${FIXTURE_MODELS}`);
  return page.evaluate(async (question) => {
    const { search } = globalThis.findling;
    const options = { candidates: 6, limit: 6, blend: 1, explain: true, typing: false } as const;
    const answer = await search.search(question, options).done;
    return {
      order: answer.results.map(({ id }) => id),
      scores: answer.results.map(({ explain }) => explain?.reranked?.score ?? Number.NaN),
      fused: answer.results.map(({ explain }) => explain?.hybrid?.rank),
      stage: answer.stage,
      skipped: answer.skipped,
      backend: (await search.status()).reranker?.backend,
    };
  }, QUESTION);
}

test('WebGPU and WASM give the same order on the same shortlist', async ({ page }) => {
  test.setTimeout(240_000);
  const wasm = await ask(page, 'wasm');
  const webgpu = await ask(page, 'webgpu');
  expect(wasm).toMatchObject({ stage: 'reranked', skipped: [], backend: 'wasm/int8' });
  expect(webgpu).toMatchObject({ stage: 'reranked', skipped: [], backend: expect.stringMatching(/^webgpu\//) });
  expect(wasm.order).toHaveLength(6);
  expect([...wasm.fused].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  // The reranker has moved something, so that an equal order says something.
  expect(wasm.fused).not.toEqual([1, 2, 3, 4, 5, 6]);
  expect(webgpu.order).toEqual(wasm.order);
});

test('without WebGPU a page that asks for it alone says so and answers with the tiers before', async ({ page }) => {
  await openPage(page, `backend=webgpu&${FIXTURE_MODELS}`);
  const answer = await page.evaluate(
    (question) => globalThis.findling.search.search(question, { limit: 3 }).done,
    QUESTION,
  );
  expect(answer.stage).toBe('hybrid');
  expect(answer.results).toHaveLength(3);
  expect(answer.skipped).toEqual([
    { stage: 'reranked', code: 'unsupported', reason: expect.stringContaining('WebGPU adapter is software') },
  ]);
});
