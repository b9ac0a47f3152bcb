import { expect, type Page, test } from '@playwright/test';
import {
  aMoment,
  ask,
  clicks,
  directions,
  endConversion,
  give,
  input,
  middle,
  moveElsewhere,
  openDialog,
  openElements,
  rowTexts,
  selectedBy,
  titles,
} from './elements-page.ts';

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

  test('what was left out is announced, and a page that was pasted neither shown nor read out', async ({ page }) => {
    await openDialog(page);
    const said = dialog(page).getByRole('status');
    const notice = dialog(page).locator('.notice');
    await ask(page, 'boats');
    await give(page, 'boats', 'hybrid', ['Boat'], 'The line is down.');
    await expect(said).toHaveText('1 result. Not everything could be searched. The line is down.');
    await ask(page, 'tides');
    await give(page, 'tides', 'hybrid', [], 'The line is down.');
    for (const text of [said, notice])
      await expect(text).toHaveText('No results for “tides”. Not everything could be searched. The line is down.');
    const pasted = 'tide and moon '.repeat(700).trim();
    await ask(page, pasted);
    await give(page, pasted, 'hybrid', []);
    for (const text of [said, notice]) await expect(text).toHaveText(/^No results for “tide and moon .{30,80}…”\.$/);
  });

  test('speaks as its page does, and as before where that says nothing', async ({ page }) => {
    await openDialog(page);
    const hint = 'Scrivi parole, o una domanda.';
    await page.evaluate((said) => {
      const texts = { label: 'Cerca', hint: said, none: (question: string) => `Niente per «${question}».` };
      Object.assign(document.getElementById('one') ?? {}, { texts });
    }, hint);
    await expect(dialog(page)).toHaveAccessibleName('Cerca');
    await expect(input(page)).toHaveAttribute('placeholder', 'Search, or ask a question');
    await ask(page, 'barche');
    await give(page, 'barche', 'hybrid', []);
    await expect(dialog(page).locator('.notice')).toHaveText('Niente per «barche».');
    await input(page).fill('');
    await expect(dialog(page).locator('.notice')).toHaveText(hint);
  });

  test('a row reads in the direction of its text', async ({ page }) => {
    await openDialog(page);
    await ask(page, 'boats');
    await give(page, 'boats', 'hybrid', ['שלום › עולם (2)', 'Boat › Hull (2)']);
    await expect(dialog(page).getByRole('option')).toHaveCount(2);
    for (const part of ['.title', '.path', '.excerpt'])
      expect(await directions(dialog(page).locator(part))).toEqual(['rtl', 'ltr']);
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
    expect(await rowTexts(page)).toEqual(['BoatBoat', 'HarbourHarbour']);
    await page.mouse.up();
    expect(await clicked()).toEqual([['/Boat', false]]);
    await expect.poll(() => rowTexts(page)).toEqual(['HarbourHarbour', 'BoatBoat']);
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

  test('narrows what it asks; a list of values has its own keys', async ({ page }) => {
    await openElements(page, '<test-dialog id="one" filters="version: 2.0" choices="section"></test-dialog>');
    await page.evaluate(() => {
      elements.counts.now = { section: { API: 3, Guide: 12 } };
      elements.defineDialog();
    });
    await page.keyboard.press('Control+k');
    await ask(page, 'boats');
    await give(page, 'boats', 'hybrid', ['Boat', 'Harbour']);
    const filters = () => page.evaluate(() => elements.asked.at(-1)?.options.filters);
    expect(await filters()).toEqual({ version: ['2.0'] });
    const section = dialog(page).getByLabel('section');
    await section.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(section).toHaveValue('Guide');
    await expect.poll(filters).toEqual({ section: ['Guide'], version: ['2.0'] });
    await expect(dialog(page)).toBeVisible();
    await give(page, 'boats', 'hybrid', ['Harbour']);
    await expect(dialog(page).locator('li')).toHaveCount(1);
  });

  test('finds its index with a folder for the language and without, and says what it could not search', async ({
    page,
  }) => {
    await openElements(page, '<test-dialog id="one" lang="de" index="/a/{lang}/"></test-dialog>');
    await page.evaluate(() => {
      elements.places.missing.push('/a/de/');
      elements.defineDialog();
    });
    await page.keyboard.press('Control+k');
    await ask(page, 'boats');
    expect(await page.evaluate(() => [...new Set(elements.places.asked)])).toEqual(['/a/de/', '/a/']);
    const notice = dialog(page).locator('.notice');
    await give(page, 'boats', 'hybrid', [], 'The line is down.', '/a/');
    await expect(notice).toHaveText('Die Suche ist gerade nicht möglich. The line is down.');
    await page.evaluate(() => {
      elements.places.missing.push('/b/', '/b/de/');
      document.getElementById('one')?.setAttribute('index', '/b/');
    });
    await input(page).fill('tides');
    await expect(notice).toHaveText('Es gibt noch keinen Suchindex. Er entsteht, wenn die Website gebaut wird.');
    await page.evaluate(() => elements.places.missing.splice(0));
    await ask(page, 'moon');
    await give(page, 'moon', 'hybrid', ['Moon']);
    await expect(dialog(page).locator('.title')).toHaveText(['Moon']);
  });
});
