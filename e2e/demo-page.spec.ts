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

test.describe('without the service worker', () => {
  test.use({ serviceWorkers: 'block' });

  test('an engine that does not come is told at the box, and what was asked is asked once it comes', async ({
    page,
    context,
  }) => {
    await context.route('**/engine.worker*', (route) => route.abort());
    await page.goto('/?q=run+a+model');
    const failure = page.getByRole('alert');
    await expect(failure).toContainText('findling could not start: The engine worker failed');
    await box(page).fill('wait until the network is quiet');
    await box(page).press('Enter');
    const [asked, told, below] = await Promise.all(
      [box(page), failure, page.locator('#hint')].map((each) => each.boundingBox()),
    );
    expect(told?.y).toBeGreaterThan(asked?.y ?? Number.NaN);
    expect(told?.y).toBeLessThan(below?.y ?? Number.NaN);
    await context.unroute('**/engine.worker*');
    await failure.getByRole('button', { name: 'Try again' }).click();
    await ready(page);
    await expect(box(page)).toHaveValue('wait until the network is quiet');
    await expect(results(page).first()).toBeVisible();
  });

  test('the question of a link does not wait for what stands in the footer', async ({ page, context }) => {
    // A host that takes the question and says nothing.
    await context.route('**/index/**', () => undefined);
    await page.goto('/?q=run+a+model');
    const footer = await page.waitForFunction(() => {
      const isReady = document.documentElement.dataset.ready === 'true';
      return isReady && { status: document.querySelector('#status')?.textContent };
    });
    expect(await footer.jsonValue()).toEqual({ status: '' });
    await expect(box(page)).toHaveValue('run a model');
  });
});

test('the page works where its service worker is refused', async ({ page }) => {
  await page.addInitScript(() => {
    ServiceWorkerContainer.prototype.register = () => Promise.reject(new DOMException('Denied.', 'SecurityError'));
  });
  await openPage(page);
  await expect(page.locator('#status')).toContainText('documents');
});
