import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, expect, type Page } from '@playwright/test';
import type { GeneratorSite } from './sites.ts';

const ELEMENT = 'findling-search-dialog';
/** The words of this question are nowhere on the page that answers it. */
const BY_MEANING = 'reset my login credentials';

/** A page that remembers everything that should not have happened. */
async function openPage(browser: Browser, site: GeneratorSite, theme: 'light' | 'dark' = 'light') {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const { key } = site.theme;
  await context.addInitScript(([name, value]) => localStorage.setItem(name, value), [key, site.theme[theme]] as const);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|Hydration|hydration/.test(message.text())) faults.push(message.text());
  });
  return { page, faults, close: () => context.close() };
}

const field = (page: Page) => page.locator(`${ELEMENT} input`);
const rows = (page: Page) => page.locator(`${ELEMENT} [role=option]`);
const titles = (page: Page) => page.locator(`${ELEMENT} .title`);

async function ask(page: Page, question: string): Promise<void> {
  const input = field(page);
  // What assistive technology is told it is.
  await expect(input).toHaveRole('combobox');
  await input.fill('');
  await expect(rows(page)).toHaveCount(0);
  await input.fill(question);
  await expect(rows(page).first()).toBeVisible({ timeout: 15_000 });
}

async function openByKey(page: Page): Promise<void> {
  await expect(page.locator(`${ELEMENT} button.open`)).toBeVisible({ timeout: 15_000 });
  // Hydration may have just replaced the element: the key must find it listening.
  await expect(async () => {
    await page.keyboard.press('Control+k');
    await expect(field(page)).toBeFocused({ timeout: 1000 });
  }).toPass({ timeout: 15_000 });
}

/** Asks by word and by meaning, walks the list by keys, and opens a result at its anchor. */
export async function checkSearch(browser: Browser, site: GeneratorSite, url: string): Promise<string> {
  const { page, faults, close } = await openPage(browser, site);
  const traffic = weigh(page);
  await page.goto(url, { waitUntil: 'networkidle' });
  const before = traffic.scripts(/search-dialog|findling/i);
  expect(traffic.index(), 'bytes of the index before the dialog is opened').toBe(0);
  traffic.reset();
  await openByKey(page);
  await page.waitForLoadState('networkidle');
  await ask(page, 'draught of the boat at the lowest tide');
  await expect(titles(page).first()).toHaveText('Berths and moorings');
  await expect(rows(page).first().locator('mark').first()).toBeVisible();
  await ask(page, BY_MEANING);
  await expect(rows(page).first().locator('.path')).toHaveText('Forgotten passwords');
  await expect(titles(page).first()).toHaveText('Members');
  await expect(rows(page).first().locator('mark')).toHaveCount(0);
  await checkKeys(page, site);
  expect(faults).toEqual([]);
  await close();
  return `${traffic.scripts()} kB of scripts and ${traffic.index()} kB of index (gzip) from opening to two answers${before}`;
}

async function checkKeys(page: Page, site: GeneratorSite): Promise<void> {
  const input = field(page);
  const active = () => input.getAttribute('aria-activedescendant');
  expect(await active()).toBe('result-0');
  await input.press('ArrowDown');
  expect(await active()).toBe('result-1');
  await input.press('ArrowUp');
  await ask(page, 'withdraw before the deadline');
  await expect(rows(page).first().locator('.path')).toHaveText('Before the deadline');
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  // Asked anew and entered before its rows have come: the result opens once it is there. Chrome's autofill sends a key without a name.
  await input.evaluate((box: HTMLInputElement) => {
    for (const value of ['', box.value]) {
      box.value = value;
      box.dispatchEvent(new Event('input', { bubbles: true }));
    }
    box.dispatchEvent(new Event('keydown', { bubbles: true, composed: true }));
    box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, composed: true }));
  });
  await expect(page).toHaveURL(new RegExp(`${site.base}guide/cancellation(\\.html|/)?#before-the-deadline$`));
  await expect(page.locator('#before-the-deadline')).toBeInViewport();
  await expect(field(page)).toBeHidden();
  expect(await page.evaluate(() => 'stayed' in window), 'opened without a reload').toBe(site.isSinglePage);
  // `/` opens too, Escape closes, and the focus goes back to where it was.
  const button = page.locator(`${ELEMENT} button.open`);
  await expect(button).toBeVisible();
  await button.focus();
  await page.keyboard.press('/');
  await expect(field(page)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(field(page)).toBeHidden();
  await expect(button).toBeFocused();
}

/** On the German pages, questions find German pages only, and the dialog speaks German. */
export async function checkGerman(browser: Browser, site: GeneratorSite, url: string): Promise<string> {
  const { page, faults, close } = await openPage(browser, site);
  await page.goto(url + site.german, { waitUntil: 'networkidle' });
  await openByKey(page);
  await expect(field(page)).toHaveAttribute('placeholder', 'Suchen oder eine Frage stellen');
  await ask(page, 'Betrag erstattet');
  await expect(titles(page).first()).toHaveText('Stornierung und Erstattung');
  const links = await page
    .locator(`${ELEMENT} [role=option] a`)
    .evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  for (const link of links) expect(link).toContain(`${site.base}de/`);
  await field(page).press('Enter');
  await expect(page).toHaveURL(new RegExp(`${site.base}de/guide/cancellation(\\.html|/)?(#.*)?$`));
  expect(faults).toEqual([]);
  await close();
  return `${links.length} results, all German`;
}

/** Without an index the dialog says so. */
export async function checkMissing(browser: Browser, site: GeneratorSite, url: string): Promise<string> {
  const { page, close } = await openPage(browser, site);
  await page.route('**/*.bin', (route) => route.fulfill({ status: 404, body: '' }));
  await page.goto(url, { waitUntil: 'networkidle' });
  await openByKey(page);
  await field(page).fill('berths');
  const notice = page.locator(`${ELEMENT} .notice`);
  await expect(notice).toContainText('There is no search index yet');
  await close();
  return await Promise.resolve('said so');
}

/** Pictures of light and dark, wide and narrow, for people to look at. */
export async function takePictures(
  browser: Browser,
  site: GeneratorSite,
  url: string,
  folder: string,
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  for (const theme of ['light', 'dark'] as const) {
    const { page, close } = await openPage(browser, site, theme);
    await page.goto(`${url}guide/installation${site.name === 'vitepress' ? '.html' : '/'}`, {
      waitUntil: 'networkidle',
    });
    await page.screenshot({ path: join(folder, `${site.name}-${theme}-page.png`) });
    await openByKey(page);
    await ask(page, BY_MEANING);
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(folder, `${site.name}-${theme}.png`) });
    await page.setViewportSize({ width: 390, height: 780 });
    await page.screenshot({ path: join(folder, `${site.name}-${theme}-narrow.png`) });
    await page.keyboard.press('Escape');
    await page.screenshot({ path: join(folder, `${site.name}-${theme}-narrow-page.png`) });
    await close();
  }
  return folder;
}

/** In development: the content is searched, and so is what has just been changed. */
export async function checkDev(browser: Browser, site: GeneratorSite, url: string, folder: string): Promise<string> {
  const { page, close } = await openPage(browser, site);
  await page.goto(url, { waitUntil: 'load' });
  await openByKey(page);
  await ask(page, 'compressed copy with the date in its name');
  await expect(titles(page).first()).toHaveText('Backups');
  await field(page).press('Enter');
  await expect(page).toHaveURL(/guide\/backups(\.html|\/)?#every-night$/);
  await expect(page.locator('#every-night')).toBeInViewport({ timeout: 15_000 });
  const file = join(folder, site.content.en ?? '.', 'guide/boats.md');
  writeFileSync(
    file,
    `${readFileSync(file, 'utf8')}\n## Paddleboards\n\nInflatable paddleboards hang beside the workshop.\n`,
  );
  await expect(async () => {
    if (site.devReload) await page.goto(url, { waitUntil: 'load' });
    await page.keyboard.press('Escape');
    await openByKey(page);
    await ask(page, 'inflatable paddleboards');
    await expect(rows(page).first().locator('.path')).toHaveText('Paddleboards', { timeout: 1000 });
  }).toPass({ timeout: 90_000 });
  await close();
  return `searched, and a changed page found${site.devReload ? ' after a reload' : ''}`;
}

/** Counts what a page loads, compressed as a host would. */
function weigh(page: Page) {
  let scripts: { readonly url: string; readonly bytes: number }[] = [];
  let index = 0;
  page.on('response', async (response) => {
    const url = response.url();
    // Pages that the generator fetches ahead are no part of the search.
    const { 'sec-purpose': purpose } = await response.request().allHeaders();
    if (purpose !== undefined) return;
    const body = await response.body().catch(() => Buffer.alloc(0));
    if (url.endsWith('.bin')) index += body.length;
    else if (response.request().resourceType() === 'script') scripts.push({ url, bytes: gzipSync(body).length });
  });
  const kB = (bytes: number) => (bytes / 1000).toFixed(1);
  return {
    scripts: (pattern?: RegExp) => {
      if (pattern === undefined) return kB(scripts.reduce((sum, { bytes }) => sum + bytes, 0));
      const named = scripts.filter(({ url }) => pattern.test(url)).map(({ bytes }) => kB(bytes));
      return named.length === 0 ? '' : `, ${named.join(' + ')} kB before`;
    },
    index: () => (index === 0 ? 0 : Number(kB(index))),
    reset() {
      scripts = [];
      index = 0;
    },
  };
}
