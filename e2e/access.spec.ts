import { resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { FIXTURE_MODELS } from './models.ts';
import { answered, box, listen, openPage, results } from './page.ts';

const QUESTION = 'how do I serve files under a sub path';

test('everything is reached by keyboard, and focus stays where it is while the list improves', async ({ page }) => {
  await openPage(page, FIXTURE_MODELS);
  const heard = await listen(page);
  const input = page.getByRole('searchbox', { name: 'Search the documentation and your files' });
  await page.keyboard.press('Tab');
  await expect(input).toBeFocused();
  await page.keyboard.type(QUESTION);
  await answered(page, 'reranked');
  const link = (index: number) => results(page).nth(index).getByRole('link');
  await page.keyboard.press('ArrowDown');
  await expect(link(0)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(link(1)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(input).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  await expect(input).toBeFocused();

  // The words of a result that is focused are asked again: it stays, wherever the better list puts it.
  await page.keyboard.press('ArrowDown');
  const held = await results(page).first().getAttribute('data-place');
  await expect.poll(async () => (await heard()).at(-1)?.complete).toBe(true);
  const before = (await heard()).length;
  await page.locator('findling-search').evaluate((element, text) => Object.assign(element, { query: text }), QUESTION);
  await expect
    .poll(async () => (await heard()).slice(before).at(-1))
    .toMatchObject({ stage: 'reranked', complete: true });
  expect(
    await page
      .locator('findling-search')
      .evaluate((element) => element.shadowRoot?.activeElement?.closest('li')?.dataset.place),
  ).toBe(held);

  const target = await link(0).getAttribute('href');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname === new URL(target ?? '', 'http://localhost').pathname);
});

test('answers are announced, and every control has a name', async ({ page }) => {
  await openPage(page, FIXTURE_MODELS);
  const heard = await listen(page);
  const announced = page.locator('findling-search [role="status"]');
  await expect(announced).toHaveText('');
  await box(page).fill(QUESTION);
  await expect(announced).toHaveText(`12 results for ${QUESTION}`, { timeout: 60_000 });
  await box(page).fill('"zzqqxxyy: no such phrase anywhere"');
  await expect(announced).toHaveText(/^No results for "zzqqxxyy/);
  await box(page).fill(QUESTION);
  await expect.poll(async () => (await heard()).at(-1)).toMatchObject({ stage: 'reranked', complete: true });

  await page
    .locator('#pick-files')
    .setInputFiles({ name: 'a.md', mimeType: '', buffer: Buffer.from('# Anemone\n\nSea.') });
  await expect(page.getByRole('button', { name: 'Remove Anemone' })).toBeVisible();
  for (const name of ['Choose files', 'Choose a folder']) await expect(page.getByLabel(name)).toBeAttached();
  const nameless = await page.evaluate(() => {
    const roots: (Document | ShadowRoot)[] = [document];
    const box = document.querySelector('findling-search')?.shadowRoot;
    if (box) roots.push(box);
    return roots
      .flatMap((root) => [...root.querySelectorAll<HTMLElement>('a, button, input')])
      .filter((each) => {
        const label = each instanceof HTMLInputElement ? each.labels?.[0]?.textContent : each.textContent;
        return !(each.getAttribute('aria-label') ?? label)?.trim();
      })
      .map((each) => each.outerHTML);
  });
  expect(nameless).toEqual([]);
});

for (const { name, colorScheme, width, height } of [
  { name: 'light', colorScheme: 'light', width: 1200, height: 900 },
  { name: 'dark', colorScheme: 'dark', width: 1200, height: 900 },
  { name: 'phone', colorScheme: 'light', width: 390, height: 844 },
] as const) {
  test(`a picture of the page: ${name}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await openPage(page, FIXTURE_MODELS);
    await page.locator('#pick-files').setInputFiles({
      name: 'notes.md',
      mimeType: '',
      buffer: Buffer.from('# Rowing club\n\nThe club meets on Thursdays.'),
    });
    await expect(page.locator('#report')).toContainText('1 document indexed');
    await box(page).fill(QUESTION);
    await answered(page, 'reranked');
    // By keyboard: on the button Enter means the button, not the first result.
    await results(page).first().getByRole('button', { name: 'why?' }).focus();
    await page.keyboard.press('Enter');
    await expect(results(page).first().getByRole('table')).toBeVisible();
    await page.screenshot({ path: resolve(import.meta.dirname, `../test-results/page-${name}.png`), fullPage: true });
    // Nothing sticks out at the side.
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    const [text, paper] = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      return [style.color, style.backgroundColor];
    });
    expect([text, paper]).toEqual(
      colorScheme === 'light' ? ['rgb(28, 35, 33)', 'rgb(247, 249, 248)'] : ['rgb(232, 236, 234)', 'rgb(18, 23, 21)'],
    );
  });
}
