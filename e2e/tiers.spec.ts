import { expect, test } from '@playwright/test';
import { shippedModels } from './models.ts';
import { answered, box, listen, openPage, results, stage } from './page.ts';

const QUESTION = 'how do I serve files under a sub path';

test('the list improves in place: words, then meaning, then reranked', async ({ page }) => {
  const runtimes: string[] = [];
  page.on('request', (request) => {
    if (/ort[-.]|onnx/.test(request.url())) runtimes.push(request.url());
  });
  await openPage(page, shippedModels());
  const heard = await listen(page);
  await box(page).fill(QUESTION);
  await answered(page, 'reranked');
  await expect.poll(async () => (await heard()).at(-1)?.complete).toBe(true);
  const answers = (await heard()).filter(({ query }) => query === QUESTION);
  const order = answers.map((each) => each.stage).filter((name, index, all) => name !== all[index - 1]);
  expect(order).toEqual(['bm25', 'hybrid', 'reranked']);
  const listOf = (name: string) => answers.filter((each) => each.stage === name).at(-1)?.ids ?? [];
  for (const name of order) expect(listOf(name)).toHaveLength(12);
  expect(listOf('hybrid')).not.toEqual(listOf('bm25'));
  expect(listOf('reranked')).not.toEqual(listOf('hybrid'));
  expect(answers.at(-1)).toMatchObject({ stage: 'reranked', complete: true, skipped: [] });

  // The page shows the last list, what each stage took, and what moved.
  await expect(results(page)).toHaveCount(12);
  expect(await results(page).evaluateAll((items) => items.map((item) => item.dataset.id))).toEqual(listOf('reranked'));
  await expect(stage(page, 'bm25')).toHaveText(/^Words [\d.]+ ms$/);
  await expect(stage(page, 'hybrid')).toHaveText(/^Meaning [\d.]+ ms$/);
  await expect(stage(page, 'reranked')).toHaveText(/^Reranked [\d.]+ ms$/);
  await expect(results(page).locator('.move').first()).toBeVisible();
  await expect(page.locator('#status')).toContainText(/ on wasm\/kernel, 1 thread/);
  // The shipped reranker runs on a kernel of our own: no ONNX Runtime, and none of its models.
  expect(runtimes).toEqual([]);
});

test('where the visitor saves data no model is loaded, unless the site says always', async ({ page }) => {
  await page.addInitScript(() =>
    Object.defineProperty(navigator, 'connection', { value: { saveData: true }, configurable: true }),
  );
  const models: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('rerank')) models.push(request.url());
  });
  await openPage(page, shippedModels());
  await box(page).fill(QUESTION);
  await answered(page, 'hybrid');
  // Longer than the pause after which it would have gone on.
  await page.waitForTimeout(1_500);
  await expect(stage(page, 'reranked')).toHaveCount(0);
  expect(models).toEqual([]);

  await page.locator('findling-search').evaluate((element) => element.setAttribute('rerank', 'always'));
  await box(page).fill(`${QUESTION}?`);
  await answered(page, 'reranked');
  expect(models.length).toBeGreaterThan(0);
});

test('each result tells its rank at every stage', async ({ page }) => {
  await openPage(page, shippedModels());
  const explained = await page.evaluate(async (question) => {
    const { results } = await globalThis.findling.search.search(question, { explain: true, limit: 5 }).done;
    return results.map(({ explain }) => explain);
  }, QUESTION);
  expect(explained).toHaveLength(5);
  // One of each section is shown, so that ranks may be missing between.
  const ranks = explained.map((stages) => stages?.reranked?.rank ?? 0);
  expect(ranks[0]).toBe(1);
  expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
  for (const stages of explained) {
    expect(stages?.hybrid?.rank).toBeGreaterThan(0);
    expect(stages?.bm25?.rank ?? stages?.dense?.rank).toBeGreaterThan(0);
  }
  await box(page).fill(QUESTION);
  await answered(page, 'reranked');
  await results(page).first().getByRole('button', { name: 'why?' }).click();
  await expect(
    results(page)
      .first()
      .getByRole('row', { name: /Reranked rank 1 score/ }),
  ).toBeVisible();
  await expect(
    results(page)
      .first()
      .getByRole('row', { name: /Meaning rank \d+ score/ }),
  ).toBeVisible();
});
