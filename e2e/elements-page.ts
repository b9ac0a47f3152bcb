import { expect, type Locator, type Page } from '@playwright/test';
import type { Elements } from './elements-entry.ts';
import { scriptOf } from './script.ts';

declare global {
  var elements: Elements;
}

let script: Promise<string> | undefined;

/** A page of its own with the elements and a search that answers when it is told to. */
export async function openElements(page: Page, body: string): Promise<void> {
  await page.route('**/elements/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<!doctype html><title>Elements</title>${body}` }),
  );
  await page.goto('/elements/');
  script ??= scriptOf('elements-entry.ts');
  await page.addScriptTag({ content: await script });
}

export async function openSearch(page: Page, attributes = ''): Promise<void> {
  await openElements(page, `<findling-search id="one" ${attributes}></findling-search><div id="elsewhere"></div>`);
  await page.evaluate(() => elements.defineSearch());
  await connect(page, 'one');
}

/** Gives these elements one search. */
export async function connect(page: Page, ...ids: readonly string[]): Promise<void> {
  await page.evaluate((each) => {
    const search = elements.makeSearch();
    for (const id of each) Object.assign(document.getElementById(id) ?? {}, { search });
  }, ids);
}

export async function openDialog(page: Page): Promise<void> {
  await openElements(page, '<test-dialog id="one"></test-dialog><div id="elsewhere"></div>');
  await page.evaluate(() => elements.defineDialog());
  await page.keyboard.press('Control+k');
  await expect(input(page)).toBeFocused();
}

export const input = (page: Page, id = 'one') => page.locator(`#${id} input`);
export const titles = (page: Page, id = 'one') => page.locator(`#${id}`).getByRole('link');

/** Types a question and waits until it has been asked. */
export async function ask(page: Page, question: string, id = 'one'): Promise<void> {
  await input(page, id).fill(question);
  await expect.poll(() => timesAsked(page, question)).toBeGreaterThan(0);
}

export const timesAsked = (page: Page, question: string) =>
  page.evaluate((text) => elements.asked.filter((each) => each.question === text).length, question);

export const give = (page: Page, ...answer: Parameters<Elements['give']>) =>
  page.evaluate((given) => elements.give(...given), answer);

export const moveElsewhere = (page: Page) =>
  page.evaluate(() => document.getElementById('elsewhere')?.append(document.getElementById('one') ?? ''));

/** Records where links would have led, and with which keys. */
export async function clicks(page: Page): Promise<() => Promise<unknown>> {
  await page.evaluate(() => {
    const seen: unknown[] = [];
    Object.assign(globalThis, { seen });
    document.addEventListener('click', (event) => {
      const link = event.composedPath().find((each) => each instanceof HTMLAnchorElement);
      if (link !== undefined) seen.push([link.pathname, event.ctrlKey]);
      event.preventDefault();
    });
  });
  return () => page.evaluate(() => (globalThis as unknown as { seen: unknown[] }).seen);
}

/** The directions in which the texts of these elements run. */
export const directions = (texts: Locator) =>
  texts.evaluateAll((all) => all.map((each) => getComputedStyle(each).direction));

export const rowTexts = (page: Page) =>
  page.locator('#one [role=option]').evaluateAll((all) => all.map(({ textContent }) => textContent));

/** The middle of what a locator finds. */
export async function middle(locator: Locator): Promise<[x: number, y: number]> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('There is nothing to point at.');
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** Selects a text with the mouse, from its beginning. */
export async function select(page: Page, text: Locator): Promise<string> {
  const box = await text.boundingBox();
  if (box === null) throw new Error('There is nothing to select.');
  await page.mouse.move(box.x + 1, box.y + 8);
  await page.mouse.down();
  await page.mouse.move(box.x + 80, box.y + 8, { steps: 4 });
  await page.mouse.up();
  return selected(page);
}

export const selected = (page: Page) => page.evaluate(() => String(getSelection()));

/** What an improved list must wait for. */
export const aMoment = (page: Page) => page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));

/** Where the text of the box is selected after a key. */
export async function selectedBy(page: Page, key: string): Promise<unknown> {
  await input(page).press(key);
  return input(page).evaluate((box: HTMLInputElement) => [box.selectionStart, box.selectionEnd]);
}

/** As Safari reports the Enter that ends a conversion. */
export const endConversion = (page: Page) =>
  input(page).evaluate((element) =>
    element.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, composed: true, cancelable: true }),
    ),
  );
