import { expect, test } from '@playwright/test';
import { FIXTURE_MODELS } from './models.ts';
import { openPage } from './page.ts';
import { hold } from './replies.ts';

test('a newer question ends the older one before its next inference', async ({ page }) => {
  await openPage(page, FIXTURE_MODELS);
  await page.evaluate(() => globalThis.findling.search.warm('reranked'));
  const replies = await hold(page, 1);
  const older = page.evaluate(() =>
    globalThis.findling.search.search('wait until the network is quiet').done.then(
      () => 'answered',
      (error) => error.code,
    ),
  );
  // One step is answered, the second is under way.
  await expect.poll(replies.asked).toHaveLength(2);
  const newer = page.evaluate(() =>
    globalThis.findling.search.search('fuzzy matching of misspelled words').done.then(({ stage }) => stage),
  );
  // It ends at once, though the model has not answered.
  expect(await older).toBe('aborted');
  await expect.poll(async () => (await replies.asked()).length).toBe(3);
  await replies.release();
  expect(await newer).toBe('reranked');
  const asked = await replies.asked();
  expect(asked.filter((question) => /network/.test(question))).toHaveLength(2);
  expect(asked.filter((question) => /fuzzy/.test(question)).length).toBeGreaterThan(5);
});

test('the pool is fitted to a budget of milliseconds', async ({ page }) => {
  await openPage(page, FIXTURE_MODELS);
  await page.evaluate(() => globalThis.findling.search.warm('reranked'));
  const counted = async (question: string, budgetMs: number | undefined) => {
    const replies = await hold(page, Number.POSITIVE_INFINITY);
    const stage = await page.evaluate(
      async ([text, budget]) => {
        const options = budget === undefined ? {} : { budgetMs: budget };
        return (await globalThis.findling.search.search(text, { ...options, typing: false }).done).stage;
      },
      [question, budgetMs] as const,
    );
    expect(stage).toBe('reranked');
    return (await replies.asked()).length;
  };
  // The first question tells what a pair costs here.
  const whole = await counted('wait until the network is quiet', undefined);
  expect(whole).toBeGreaterThanOrEqual(12);
  const least = await counted('fuzzy matching of misspelled words', 0);
  expect(least).toBe(1);
  expect(await counted('serve files under a sub path', 600_000)).toBeGreaterThanOrEqual(12);
});
