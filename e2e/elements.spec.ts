import { expect, type Locator, type Page, test } from '@playwright/test';
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

const ids = (page: Page) =>
  page.locator('#one [role=option]').evaluateAll((all) => all.map(({ textContent }) => textContent));

/** The middle of what a locator finds. */
async function middle(locator: Locator): Promise<[x: number, y: number]> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('There is nothing to point at.');
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** Selects a text with the mouse, from its beginning. */
async function select(page: Page, text: Locator): Promise<string> {
  const box = await text.boundingBox();
  if (box === null) throw new Error('There is nothing to select.');
  await page.mouse.move(box.x + 1, box.y + 8);
  await page.mouse.down();
  await page.mouse.move(box.x + 80, box.y + 8, { steps: 4 });
  await page.mouse.up();
  return selected(page);
}

const selected = (page: Page) => page.evaluate(() => String(getSelection()));

/** What an improved list must wait for. */
const aMoment = (page: Page) => page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));

/** Where the text of the box is selected after a key. */
async function selectedBy(page: Page, key: string): Promise<unknown> {
  await input(page).press(key);
  return input(page).evaluate((box: HTMLInputElement) => [box.selectionStart, box.selectionEnd]);
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

  test('a click among its results leaves the page where it is, and focus() reaches the box', async ({ page }) => {
    await openSearch(page);
    await ask(page, 'boats');
    await give(
      page,
      'boats',
      'hybrid',
      Array.from({ length: 30 }, (_, number) => `Boat ${number}`),
    );
    const last = page.locator('#one .excerpt').last();
    await input(page).blur();
    await last.scrollIntoViewIfNeeded();
    const at = await page.evaluate(() => scrollY);
    expect(at).toBeGreaterThan(0);
    await page.mouse.click(...(await middle(last)));
    expect(await page.evaluate(() => scrollY)).toBe(at);
    expect(await select(page, last)).toContain('Boat');
    expect(await page.evaluate(() => scrollY)).toBe(at);
    await page.evaluate(() => document.getElementById('one')?.focus());
    await expect(input(page)).toBeFocused();
  });

  test('a better list waits while a result is pressed, and leaves what is selected in one', async ({ page }) => {
    await openSearch(page);
    const clicked = await clicks(page);
    await ask(page, 'boats');
    await give(page, 'boats', 'bm25', ['Boat', 'Harbour', 'Tide']);
    await page.mouse.move(...(await middle(titles(page).first())));
    await page.mouse.down();
    await give(page, 'boats', 'bm25', ['Tide', 'Boat', 'Harbour']);
    await give(page, 'boats', 'hybrid', ['Harbour', 'Boat', 'Tide']);
    await aMoment(page);
    await expect(titles(page)).toHaveText(['Boat', 'Harbour', 'Tide']);
    await page.mouse.up();
    await expect(titles(page)).toHaveText(['Harbour', 'Boat', 'Tide']);
    expect(await clicked()).toEqual([['/Boat', false]]);

    await ask(page, 'tides');
    await give(page, 'tides', 'bm25', ['Boat', 'Harbour', 'Tide', 'Moon']);
    const text = await select(page, page.locator('#one .excerpt').nth(1));
    expect(text).toContain('Harbour');
    await give(page, 'tides', 'hybrid', ['Tide', 'Moon', 'Harbour', 'Boat']);
    await expect(titles(page)).toHaveText(['Tide', 'Moon', 'Harbour', 'Boat']);
    expect(await selected(page)).toBe(text);

    // A finger that scrolls lifts nothing: the browser takes the pointer over.
    await ask(page, 'moon');
    await give(page, 'moon', 'bm25', ['Moon']);
    await page.mouse.move(...(await middle(titles(page))));
    await page.mouse.down();
    await page.evaluate(() => document.dispatchEvent(new PointerEvent('pointercancel', { bubbles: true })));
    await give(page, 'moon', 'hybrid', ['Tide', 'Moon']);
    await expect(titles(page)).toHaveText(['Tide', 'Moon']);
  });

  test('limit and explain count for the list on the page too', async ({ page }) => {
    await openSearch(page);
    await ask(page, 'boats');
    await give(page, 'boats', 'hybrid', ['Boat', 'Harbour']);
    await expect(titles(page)).toHaveCount(2);
    await page.evaluate(() => document.getElementById('one')?.setAttribute('limit', '1'));
    await page.evaluate(() => document.getElementById('one')?.setAttribute('explain', ''));
    const options = await page.evaluate(() =>
      elements.asked.map(({ options: { limit, explain } }) => [limit, explain]),
    );
    expect(options).toEqual([
      [10, false],
      [1, false],
      [1, true],
    ]);
  });

  test('arrows with a modifier are the box’s own', async ({ page }) => {
    await openSearch(page);
    await ask(page, 'boats');
    expect(await selectedBy(page, 'Shift+ArrowUp')).toEqual([0, 5]);
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

  test('hidden, it leaves the page and its keys alone; of two the visible one opens', async ({ page }) => {
    await openElements(
      page,
      '<test-dialog id="one" hidden></test-dialog><test-dialog id="two"></test-dialog><button id="other">Other</button>',
    );
    await page.evaluate(() => elements.defineDialog());
    await page.keyboard.press('Control+k');
    await expect(input(page, 'two')).toBeFocused();
    await page.keyboard.press('Escape');
    await page.evaluate(() => {
      document.getElementById('two')?.setAttribute('hidden', '');
      document.getElementById('other')?.focus();
      window.addEventListener('keydown', (event) => Object.assign(globalThis, { isTaken: event.defaultPrevented }));
    });
    await page.keyboard.press('/');
    expect(await page.evaluate(() => (globalThis as unknown as { isTaken: boolean }).isTaken)).toBe(false);
    await page.evaluate(() => document.querySelector<HTMLElement & { open(): void }>('#one')?.open());
    await expect(page.locator('dialog[open]')).toHaveCount(0);
    await expect(page.locator('#other')).toBeFocused();
    await page.locator('#other').click();
  });

  test('on a phone a tap in its empty part leaves it open', async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await openDialog(page);
    await page.mouse.click(180, 500);
    await expect(dialog(page)).toBeVisible();
  });

  test('a better list waits while a row is pressed, and keeps the rows that stay', async ({ page }) => {
    await openDialog(page);
    const clicked = await clicks(page);
    await ask(page, 'boats');
    await give(page, 'boats', 'bm25', ['Boat', 'Harbour']);
    await dialog(page)
      .locator('a')
      .first()
      .evaluate((link) => Object.assign(link, { isKept: true }));
    await page.mouse.move(...(await middle(titles(page).first())));
    await page.mouse.down();
    await give(page, 'boats', 'hybrid', ['Harbour', 'Boat']);
    await aMoment(page);
    expect(await ids(page)).toEqual(['BoatBoat', 'HarbourHarbour']);
    await page.mouse.up();
    expect(await clicked()).toEqual([['/Boat', false]]);
    await expect.poll(() => ids(page)).toEqual(['HarbourHarbour', 'BoatBoat']);
    expect(
      await dialog(page)
        .locator('a')
        .evaluateAll((all) => all.map((link) => 'isKept' in link)),
    ).toEqual([false, true]);
    expect(
      await dialog(page)
        .locator('li')
        .evaluateAll((all) => all.map(({ id }) => id)),
    ).toEqual(['result-0', 'result-1']);
  });

  test('Enter follows the marked row wherever the focus is, and arrows with a modifier are the box’s own', async ({
    page,
  }) => {
    await openDialog(page);
    const clicked = await clicks(page);
    await ask(page, 'boats');
    await give(
      page,
      'boats',
      'hybrid',
      Array.from({ length: 30 }, (_, number) => `Boat-${number}`),
    );
    await expect(dialog(page).getByRole('option')).toHaveCount(30);
    expect(await selectedBy(page, 'Shift+ArrowUp')).toEqual([0, 5]);
    await page.keyboard.press('Tab');
    await expect(dialog(page).getByRole('button')).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(dialog(page).getByRole('listbox')).not.toBeFocused();
    await dialog(page).getByRole('listbox').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await clicked()).toEqual([['/Boat-1', false]]);
  });

  test('a slash that is typed into a box inside of a closed shadow root stays there', async ({ page }) => {
    await openElements(page, '<test-dialog id="one"></test-dialog><closed-box></closed-box>');
    await page.evaluate(() => {
      elements.defineDialog();
      const root = document.querySelector('closed-box')?.attachShadow({ mode: 'closed' });
      const box = document.createElement('input');
      root?.append(box);
      box.focus();
      Object.assign(globalThis, { box });
    });
    await page.keyboard.type('a/b');
    expect(await page.evaluate(() => (globalThis as unknown as { box: HTMLInputElement }).box.value)).toBe('a/b');
    await expect(dialog(page)).toBeHidden();
  });

  test('a limit that changes counts for its list too; a header’s letters and forced colours do not harm it', async ({
    page,
  }) => {
    await openDialog(page);
    await ask(page, 'boats');
    await give(page, 'boats', 'hybrid', ['Boat']);
    await page.evaluate(() => {
      const one = document.getElementById('one');
      one?.setAttribute('limit', '1');
      one?.setAttribute(
        'style',
        'text-transform: uppercase; letter-spacing: 1em; font-weight: 700; font-style: italic',
      );
    });
    await expect.poll(() => page.evaluate(() => elements.asked.map(({ options }) => options.limit))).toEqual([10, 1]);
    await expect(dialog(page)).toHaveCSS('text-transform', 'none');
    await expect(dialog(page)).toHaveCSS('letter-spacing', 'normal');
    await expect(dialog(page)).toHaveCSS('font-weight', '400');
    await expect(dialog(page)).toHaveCSS('font-style', 'normal');
    await page.emulateMedia({ forcedColors: 'active' });
    await expect(dialog(page).getByRole('option').first()).toHaveCSS('outline-style', 'solid');
    await expect(dialog(page).locator('.field')).toHaveCSS('outline-style', 'solid');
  });
});
