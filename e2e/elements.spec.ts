import { expect, test } from '@playwright/test';
import {
  aMoment,
  ask,
  clicks,
  connect,
  directions,
  endConversion,
  give,
  input,
  middle,
  moveElsewhere,
  openElements,
  openSearch,
  select,
  selected,
  selectedBy,
  timesAsked,
  titles,
} from './elements-page.ts';

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

  test('what is asked before it has a search is asked then as it was meant, and goes with the search', async ({
    page,
  }) => {
    await openElements(page, '<findling-search id="one" rerank="always"></findling-search>');
    await page.evaluate(() => elements.defineSearch());
    await input(page).fill('boats');
    await input(page).press('Enter');
    await connect(page, 'one');
    await give(page, 'boats', 'hybrid', ['Boat']);
    await expect(titles(page)).toHaveText(['Boat']);
    await page.evaluate(() => Object.assign(document.getElementById('one') ?? {}, { search: undefined }));
    await expect(titles(page)).toHaveCount(0);
    for (const part of ['.count', '.stages', '[role=status]'])
      await expect(page.locator(`#one ${part}`)).toHaveText('');

    // Typed, it is not yet whole.
    await input(page).fill('tid');
    await connect(page, 'one');
    await expect.poll(() => timesAsked(page, 'tid')).toBe(2);
    const asked = await page.evaluate(() =>
      elements.asked.map(({ question, options: { pipeline, typing } }) => [question, pipeline, typing]),
    );
    expect(asked).toEqual([
      ['boats', 'reranked', false],
      ['tid', 'hybrid', undefined],
      ['tid', 'reranked', undefined],
    ]);
  });

  test('what was left out is announced, and a page that was pasted is not read out', async ({ page }) => {
    await openSearch(page);
    const said = page.locator('#one').getByRole('status');
    await ask(page, 'boats');
    await give(page, 'boats', 'hybrid', ['Boat'], 'The line is down.');
    await expect(said).toHaveText('1 result for boats. Vectors skipped: The line is down.');
    const pasted = 'tide and moon '.repeat(700).trim();
    await ask(page, pasted);
    await give(page, pasted, 'hybrid', ['Tide']);
    await expect(said).toHaveText(/^1 result for tide and moon .{30,80}…$/);
  });

  test('a result reads in the direction of its text, and its title stands on the side of it', async ({ page }) => {
    await openSearch(page, 'explain');
    await ask(page, 'boats');
    await give(page, 'boats', 'hybrid', ['שלום › עולם (2)', 'Boat › Hull (2)']);
    await expect(titles(page)).toHaveCount(2);
    for (const part of ['a', '.path', '.excerpt'])
      expect(await directions(page.locator(`#one ${part}`))).toEqual(['rtl', 'ltr']);
    // What the element says itself keeps its own.
    expect(await directions(page.locator('#one .why bdi'))).toEqual(['ltr', 'ltr']);
    const across = async (part: string) => (await middle(page.locator(`#one ${part}`).first()))[0];
    expect(await across('a')).toBeGreaterThan(await across('.excerpt'));
    expect(await across('.why')).toBeLessThan(await across('.excerpt'));
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

  test('speaks as its page does, and English where that says nothing', async ({ page }) => {
    await openElements(page, '<findling-search id="one" explain></findling-search>');
    await connect(page, 'one');
    await page.evaluate(() => {
      const texts = {
        label: 'Suche',
        names: { hybrid: 'Bedeutung' },
        none: 'Nichts gefunden',
        announced: (found: string, question: string) => `${question}: ${found}`,
        moved: (places: number) => `um ${places} verschoben`,
      };
      Object.assign(document.getElementById('one') ?? {}, { texts, query: 'boats' });
      elements.defineSearch();
    });
    await expect(input(page)).toHaveAttribute('placeholder', 'Suche');
    await give(page, 'boats', 'bm25', ['Boat', 'Harbour']);
    await give(page, 'boats', 'hybrid', ['Harbour', 'Boat']);
    await expect(page.locator('#one .move')).toHaveText(['▲1', '▼1']);
    await expect(page.locator('#one .move').last()).toHaveAccessibleName('um -1 verschoben');
    await expect(page.locator('#one .stages')).toHaveText(/Words.*Bedeutung/);
    await expect(page.locator('#one').getByRole('status')).toHaveText('boats: 2 results');
    await page.evaluate(() => Object.assign(document.getElementById('one') ?? {}, { texts: { none: 'Nada' } }));
    await expect(input(page)).toHaveAttribute('placeholder', 'Search');
    await ask(page, 'tides');
    await give(page, 'tides', 'hybrid', []);
    await expect(page.locator('#one .count')).toHaveText('Nada');
  });

  test('narrows what it asks, by its page’s filters and those that the visitor chooses', async ({ page }) => {
    const attributes = 'filters="version: 2.0, version: 3" choices="section, colour, year"';
    await openElements(page, `<findling-search id="one" ${attributes}></findling-search>`);
    await page.evaluate(() => {
      elements.counts.now = { section: { Guide: 12, API: 3 }, year: { 2: 1, 10: 1, 1.5: 1 } };
      elements.defineSearch();
    });
    await connect(page, 'one');
    const section = page.locator('#one').getByLabel('section');
    const last = (name: 'filters') => page.evaluate((each) => elements.asked.at(-1)?.options[each], name);
    await expect(section.locator('option')).toHaveText(['section', 'API (3)', 'Guide (12)']);
    await expect(page.locator('#one').getByLabel('year').locator('option')).toHaveText([
      'year',
      '1.5 (1)',
      '2 (1)',
      '10 (1)',
    ]);
    await expect(page.locator('#one select')).toHaveCount(2);

    await ask(page, 'boats');
    expect(await last('filters')).toEqual({ version: ['2.0', '3'] });
    await give(page, 'boats', 'hybrid', ['Boat']);
    await section.selectOption('Guide');
    await expect.poll(() => last('filters')).toEqual({ section: ['Guide'], version: ['2.0', '3'] });
    // What the list shows until then is the answer to another question; of this one nothing is known yet.
    await page.evaluate(() => elements.fail('boats', 'The worker has gone.'));
    await expect(titles(page)).toHaveCount(0);

    await section.selectOption({ label: 'section' });
    await expect.poll(() => last('filters')).toEqual({ version: ['2.0', '3'] });
    await section.selectOption('API');
    // The documents have gone that were in it.
    await page.evaluate(() => {
      elements.counts.now = { section: { Guide: 12 } };
      (document.getElementById('one') as HTMLElement & { refresh(): void }).refresh();
    });
    await expect.poll(() => last('filters')).toEqual({ version: ['2.0', '3'] });
    await page.evaluate(() => Object.assign(document.getElementById('one') ?? {}, { filters: { a: 'b, c' } }));
    await expect.poll(() => last('filters')).toEqual({ a: ['b, c'] });
  });

  test('arrows with a modifier are the box’s own', async ({ page }) => {
    await openSearch(page);
    await ask(page, 'boats');
    expect(await selectedBy(page, 'Shift+ArrowUp')).toEqual([0, 5]);
  });
});
