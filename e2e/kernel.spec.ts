import { expect, test } from '@playwright/test';
import type { KernelTest } from './kernel-entry.ts';
import { shippedModels } from './models.ts';
import { openPage } from './page.ts';
import { scriptOf } from './script.ts';

declare global {
  var kernelTest: KernelTest;
}

test('the reranker’s kernel gives the same bits with relaxed SIMD, which Chromium has, and without', async ({
  page,
}) => {
  await page.addScriptTag({ content: await scriptOf('kernel-entry.ts') });
  expect(await page.evaluate(() => globalThis.kernelTest.best())).toBe('relaxed');
  for (const most of [127, 32]) {
    const relaxed = await page.evaluate((each) => globalThis.kernelTest.scores('relaxed', each), most);
    const plain = await page.evaluate((each) => globalThis.kernelTest.scores('plain', each), most);
    expect(relaxed).toHaveLength(126);
    expect(relaxed.every(Number.isFinite)).toBe(true);
    expect(new Set(relaxed).size).toBe(63);
    expect(relaxed).toEqual(plain);
  }
});

test('a shortlist is shared between workers where there are cores, and one that dies is not missed', async ({
  page,
}) => {
  await openPage(page, shippedModels());
  const wanted = Math.min(4, await page.evaluate(() => navigator.hardwareConcurrency));
  test.skip(wanted < 2, 'one core, one worker');
  const ask = (text: string) =>
    page.evaluate(async (question) => {
      const { results, stage, skipped } = await globalThis.findling.search.search(question, { typing: false }).done;
      return { stage, skipped, scores: results.map(({ id, score }) => [id, score]) };
    }, text);
  const alone = await ask('how do I serve files under a sub path');
  expect(alone).toMatchObject({ stage: 'reranked', skipped: [] });
  const models = () => page.workers().filter((each) => each.url().includes('model.worker'));
  await expect.poll(() => models().length).toBe(wanted);
  // The helpers load the model and prove it; then they take their part.
  await page.waitForTimeout(1500);
  const together = await ask('wait until the network is quiet');
  expect(together).toMatchObject({ stage: 'reranked', skipped: [] });
  const last = models().at(-1);
  await last?.evaluate(() => self.close()).catch(() => undefined);
  await expect.poll(() => models().length).toBe(wanted - 1);
  const after = await ask('fuzzy matching of misspelled words');
  expect(after).toMatchObject({ stage: 'reranked', skipped: [] });
  expect(after.scores).toHaveLength(10);
});
