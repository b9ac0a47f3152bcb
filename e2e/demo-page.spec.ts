import { expect, test } from '@playwright/test';
import { box, openPage, ready, results, stage } from './page.ts';

test('who comes back from a result finds the question and its list', async ({ page }) => {
  await openPage(page);
  const question = 'fuzzy matching of misspelled words';
  await box(page).fill(question);
  await expect(stage(page, 'hybrid')).toHaveAttribute('data-state', /shown|done/);
  // The last answer keeps it.
  await expect.poll(() => page.evaluate(() => JSON.stringify(history.state))).toContain(question);
  const address = page.url();
  await results(page).locator('a').first().click();
  await page.waitForURL((url) => url.href !== address);
  await page.goBack();
  await ready(page);
  await expect(box(page)).toHaveValue(question);
  await expect(results(page).first()).toBeVisible();

  await box(page).fill('');
  await page.reload();
  await ready(page);
  await expect(box(page)).toHaveValue('');
});

test('the page works where its service worker is refused', async ({ page }) => {
  await page.addInitScript(() => {
    ServiceWorkerContainer.prototype.register = () => Promise.reject(new DOMException('Denied.', 'SecurityError'));
  });
  await openPage(page);
  await expect(page.locator('#status')).toContainText('documents');
});
