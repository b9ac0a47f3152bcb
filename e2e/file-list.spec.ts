import { expect, test } from '@playwright/test';
import { FIXTURE_MODELS } from './models.ts';
import { answered, box, documents, openPage, pick, ready, results } from './page.ts';

test('another tab’s files are listed and found here at once, and files of one title told apart', async ({
  context,
}) => {
  const address = `/?corpus=${Math.random().toString(36).slice(2)}`;
  const [left, right] = [await context.newPage(), await context.newPage()];
  for (const tab of [left, right]) {
    await tab.goto(address);
    await ready(tab);
  }
  await box(right).fill('varnished oar');
  await expect(results(right).first()).toBeVisible();
  await pick(left, ['club.md', '# Notes\n\nEvery oar is varnished.'], ['tide.md', '# Notes\n\nHigh at noon.']);
  await expect(documents(right)).toHaveText([/^Notes \(1 passage\) club\.md/, /^Notes \(1 passage\) tide\.md/]);
  await expect(results(right).first()).toContainText('Every oar is varnished');
  await expect(results(right).first().locator('.path')).toHaveText('club.md');
  await documents(right).getByRole('button', { name: 'Remove Notes, club.md' }).click();
  await expect(documents(left)).toHaveCount(1);
  await expect(results(right).first()).not.toContainText('Every oar');
});

test('what is given here is asked for once, though it is announced to all tabs', async ({ page }) => {
  await openPage(page, FIXTURE_MODELS);
  await box(page).fill('varnished oar');
  await answered(page, 'reranked');
  await page.evaluate(() => {
    const { search } = globalThis.findling;
    const { search: ask } = search;
    let asked = 0;
    Object.assign(search, {
      search: (...given: Parameters<typeof ask>) => {
        asked += 1;
        document.documentElement.dataset.asked = String(asked);
        return ask(...given);
      },
    });
  });
  await pick(page, ['club.md', '# Rowing club\n\nEvery oar is varnished.']);
  await expect(results(page).first()).toContainText('Rowing club');
  // Longer than it would wait for another tab to come to a rest.
  await page.waitForTimeout(1000);
  await expect(page.locator('html')).toHaveAttribute('data-asked', '1');
});

test('a title that runs from right to left leaves the rest of its row where it is', async ({ page }) => {
  await openPage(page);
  await pick(page, ['club.md', '# מועדון החתירה\n\nText.']);
  const row = documents(page).first();
  await expect(row).toContainText('(1 passage)');
  expect(await row.locator('span').evaluate((label) => getComputedStyle(label).direction)).toBe('ltr');
  const title = await row.getByText('מועדון החתירה', { exact: true }).boundingBox();
  const file = await row.getByText('club.md', { exact: true }).boundingBox();
  expect(title?.x).toBeLessThan(file?.x ?? 0);
});
