import { expect, test } from '@playwright/test';
import { FIXTURE_MODELS } from './models.ts';
import { answered, box, kill, listen, openPage, results, stage, worker } from './page.ts';
import { hold } from './replies.ts';

test('a model worker killed in the middle of reranking costs that stage only, and the next question reranks', async ({
  page,
}) => {
  await openPage(page, FIXTURE_MODELS);
  const heard = await listen(page);
  await box(page).fill('wait until the network is quiet');
  await answered(page, 'reranked');

  // It stands still after two steps of its shortlist: without the kill the answer would never be complete.
  await hold(page, 2);
  await box(page).fill('fuzzy matching of misspelled words');
  await expect
    .poll(async () => (await heard()).filter(({ query, stage }) => /fuzzy/.test(query) && stage === 'reranked').length)
    .toBeGreaterThan(0);
  expect((await heard()).at(-1)).toMatchObject({ stage: 'reranked', complete: false });
  await kill(page, 'model');
  await expect.poll(async () => (await heard()).at(-1)?.complete).toBe(true);
  expect((await heard()).at(-1)).toMatchObject({
    stage: 'hybrid',
    skipped: [{ stage: 'reranked', code: 'worker-lost', reason: 'The model worker has gone.' }],
  });
  await expect(stage(page, 'reranked')).toHaveAttribute('data-state', 'skipped');
  await expect(page.locator('findling-search .notice')).toHaveText('Reranked skipped: The model worker has gone.');
  await expect(results(page)).toHaveCount(12);

  await box(page).fill('run a model without a server');
  await answered(page, 'reranked');
  await expect.poll(async () => (await heard()).at(-1)?.complete).toBe(true);
  expect((await heard()).at(-1)).toMatchObject({ stage: 'reranked', skipped: [] });
  await expect(page.locator('findling-search .notice')).toHaveText('');
});

test('a killed engine worker is replaced: the next search works, and what was indexed is there', async ({ page }) => {
  await openPage(page, FIXTURE_MODELS);
  await page.evaluate(() =>
    globalThis.findling.search.add([{ id: 'own', type: 'text', content: 'The sundial is slow by a minute.' }]),
  );
  const before = await worker(page, 'engine');
  // A search under way ends with the worker, in words.
  const ended = page.evaluate(() =>
    globalThis.findling.search.search('sundial is slow').done.then(
      () => 'answered',
      (error) => error.code,
    ),
  );
  await kill(page, 'engine');
  expect(['answered', 'worker-lost']).toContain(await ended);
  await box(page).fill('sundial is slow');
  await expect(results(page).first()).toContainText('sundial');
  expect(await worker(page, 'engine')).not.toBe(before);
  await answered(page, 'reranked');
});
