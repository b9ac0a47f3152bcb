import { expect, type Page, test } from '@playwright/test';
import type { Elements } from './elements-entry.ts';
import { scriptOf } from './script.ts';

declare global {
  var elements: Elements;
}

let script: Promise<string> | undefined;

/** A page of its own with the elements and a search that answers when it is told to. */
async function openElements(page: Page, body: string): Promise<void> {
  await page.route('**/elements/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<!doctype html><title>Elements</title>${body}` }),
  );
  await page.goto('/elements/');
  script ??= scriptOf('elements-entry.ts');
  await page.addScriptTag({ content: await script });
}

async function openSearch(page: Page, attributes = ''): Promise<void> {
  await openElements(page, `<findling-search id="one" ${attributes}></findling-search><div id="elsewhere"></div>`);
  await page.evaluate(() => elements.defineSearch());
  await connect(page, 'one');
}

/** Gives these elements one search. */
async function connect(page: Page, ...ids: readonly string[]): Promise<void> {
  await page.evaluate((each) => {
    const search = elements.makeSearch();
    for (const id of each) Object.assign(document.getElementById(id) ?? {}, { search });
  }, ids);
}

async function openDialog(page: Page): Promise<void> {
  await openElements(page, '<test-dialog id="one"></test-dialog><div id="elsewhere"></div>');
  await page.evaluate(() => elements.defineDialog());
  await page.keyboard.press('Control+k');
  await expect(input(page)).toBeFocused();
}

const input = (page: Page, id = 'one') => page.locator(`#${id} input`);
const titles = (page: Page, id = 'one') => page.locator(`#${id}`).getByRole('link');

/** Types a question and waits until it has been asked. */
async function ask(page: Page, question: string, id = 'one'): Promise<void> {
  await input(page, id).fill(question);
  await expect.poll(() => timesAsked(page, question)).toBeGreaterThan(0);
}

const timesAsked = (page: Page, question: string) =>
  page.evaluate((text) => elements.asked.filter((each) => each.question === text).length, question);

const give = (page: Page, ...answer: Parameters<Elements['give']>) =>
  page.evaluate((given) => elements.give(...given), answer);

const moveElsewhere = (page: Page) =>
  page.evaluate(() => document.getElementById('elsewhere')?.append(document.getElementById('one') ?? ''));

/** Records where links would have led, and with which keys. */
async function clicks(page: Page): Promise<() => Promise<unknown>> {
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

/** As Safari reports the Enter that ends a conversion. */
const endConversion = (page: Page) =>
  input(page).evaluate((element) =>
    element.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, composed: true, cancelable: true }),
    ),
  );

test.describe('<findling-search>', () => {
  test('two of them share a search, and neither ends what the other asks', async ({ page }) => {
    await openElements(
      page,
      '<findling-search id="one"></findling-search><findling-search id="two"></findling-search>',
    );
    await page.evaluate(() => elements.defineSearch());
    await connect(page, 'one', 'two');
    await ask(page, 'boats', 'one');
    await ask(page, 'tides', 'two');
    await give(page, 'boats', 'hybrid', ['Boat']);
    await give(page, 'tides', 'hybrid', ['Tide']);
    await expect(titles(page, 'one')).toHaveText(['Boat']);
    await expect(titles(page, 'two')).toHaveText(['Tide']);
  });

  test('a question that fails leaves no other question’s results, and its own where there are any', async ({
    page,
  }) => {
    await openSearch(page);
    const said = page.locator('#one').getByRole('status');
    await ask(page, 'boats');
    await give(page, 'boats', 'hybrid', ['Boat', 'Harbour']);
    await expect(said).toHaveText('2 results for boats');
    await ask(page, 'tides');
    await page.evaluate(() => elements.fail('tides', 'The worker has gone.'));
    await expect(said).toHaveText('The worker has gone.');
    await expect(page.locator('#one .notice')).toHaveText('The worker has gone.');
    await expect(titles(page)).toHaveCount(0);
    await expect(page.locator('#one .count')).toHaveText('');
    await expect(page.locator('#one .stages li')).toHaveCount(0);

    await ask(page, 'moon');
    await give(page, 'moon', 'bm25', ['Moon']);
    await expect(titles(page)).toHaveText(['Moon']);
    await page.evaluate(() => elements.fail('moon', 'The worker has gone again.'));
    await expect(said).toHaveText('The worker has gone again.');
    await expect(titles(page)).toHaveText(['Moon']);
  });

  test('focus stays on the same control, and in the list when its result drops out', async ({ page }) => {
    await openSearch(page, 'explain');
    const why = page.locator('#one li', { hasText: 'Boat' }).getByRole('button');
    await ask(page, 'boats');
    await give(page, 'boats', 'bm25', ['Boat', 'Harbour']);
    await why.focus();
    await give(page, 'boats', 'hybrid', ['Harbour', 'Boat']);
    await expect(titles(page)).toHaveText(['Harbour', 'Boat']);
    await expect(why).toBeFocused();

    await ask(page, 'tides');
    await give(page, 'tides', 'bm25', ['Moon', 'Tide', 'Sea']);
    await titles(page).nth(1).focus();
    await give(page, 'tides', 'hybrid', ['Moon', 'Ebb', 'Sea']);
    await expect(page.getByRole('link', { name: 'Ebb' })).toBeFocused();

    await ask(page, 'storms');
    await give(page, 'storms', 'bm25', ['Gale', 'Storm']);
    await titles(page).nth(1).focus();
    await give(page, 'storms', 'hybrid', ['Gale']);
    await expect(titles(page)).toHaveText(['Gale']);
    await expect(input(page)).toBeFocused();
  });

  test('moved while it searches it asks again, and not once it is answered', async ({ page }) => {
    await openSearch(page);
    await ask(page, 'boats');
    await moveElsewhere(page);
    await expect.poll(() => timesAsked(page, 'boats')).toBe(2);
    await give(page, 'boats', 'hybrid', ['Boat']);
    await expect(titles(page)).toHaveText(['Boat']);
    await moveElsewhere(page);
    await ask(page, 'tides');
    expect(await timesAsked(page, 'boats')).toBe(2);
  });

  test('properties that were set before it was defined count', async ({ page }) => {
    await openElements(page, '<findling-search id="one" limit="abc"></findling-search>');
    await connect(page, 'one');
    await page.evaluate(() => {
      const resolve = () => '/resolved';
      Object.assign(document.getElementById('one') ?? {}, { query: 'boats', resolve });
      elements.defineSearch();
    });
    await expect(input(page)).toHaveValue('boats');
    await give(page, 'boats', 'hybrid', ['Boat']);
    await expect(titles(page)).toHaveAttribute('href', '/resolved');
    expect(await page.evaluate(() => elements.asked.map(({ options }) => options.limit))).toEqual([10]);
  });

  test('Enter that ends a conversion opens nothing; with Control it opens another tab', async ({ page }) => {
    await openSearch(page);
    const clicked = await clicks(page);
    await ask(page, 'boats');
    await give(page, 'boats', 'hybrid', ['Boat']);
    await expect(titles(page)).toHaveText(['Boat']);
    await endConversion(page);
    await input(page).press('Control+Enter');
    expect(await clicked()).toEqual([['/Boat', true]]);
  });
});

test.describe('the dialog', () => {
  const dialog = (page: Page) => page.locator('#one dialog');

  test('text that is selected past its edge leaves it open, a click beside it closes it', async ({ page }) => {
    await openDialog(page);
    await page.keyboard.type('a long question');
    const box = await input(page).boundingBox();
    if (box === null) throw new Error('The dialog has no box.');
    await page.mouse.move(box.x + 150, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(5, box.y + 10, { steps: 4 });
    await page.mouse.up();
    await expect(dialog(page)).toBeVisible();
    await page.mouse.click(5, box.y + 10);
    await expect(dialog(page)).toBeHidden();
  });

  test('moved while it is open it closes, and opens as before', async ({ page }) => {
    await openDialog(page);
    await moveElsewhere(page);
    await expect(dialog(page)).toBeHidden();
    await page.keyboard.press('Control+k');
    await expect(input(page)).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(dialog(page)).toBeHidden();
  });

  test('Enter that ends a conversion opens nothing', async ({ page }) => {
    await openDialog(page);
    const clicked = await clicks(page);
    await ask(page, 'boats');
    await give(page, 'boats', 'hybrid', ['Boat']);
    await expect(page.locator('#one .title')).toHaveText(['Boat']);
    await endConversion(page);
    expect(await clicked()).toEqual([]);
    await input(page).press('Enter');
    expect(await clicked()).toEqual([['/Boat', false]]);
  });
});
