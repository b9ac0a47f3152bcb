import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { scratchFolder } from '../test/scratch.ts';
import { box, documents, openPage, pick, ready, results, smallPdf } from './page.ts';

const NOTES =
  '# Rowing club\n\nThe club meets at the boathouse on Thursdays.\n\n## Oars\n\nEvery oar is varnished twice a year with marine lacquer.\n';

function folder(): string {
  const root = scratchFolder('folder');
  mkdirSync(join(root, 'deep/er'), { recursive: true });
  writeFileSync(join(root, 'notes.md'), NOTES);
  writeFileSync(
    join(root, 'deep/er/page.html'),
    '<html><title>Lighthouse</title><body><nav>menu zebra</nav><main><h1>Lighthouse</h1><p>The keeper trims the wick at dusk.</p></main></body></html>',
  );
  writeFileSync(join(root, 'deep/manual.pdf'), smallPdf('The periscope must be greased every winter'));
  writeFileSync(join(root, 'picture.png'), Buffer.from([0x89, 0x50]));
  return root;
}

test('a folder with a PDF is indexed, found after a reload, and found offline', async ({ page, context }) => {
  await openPage(page);
  await page.locator('#pick-folder').setInputFiles(folder());
  await expect(page.locator('#report')).toContainText('3 documents indexed');
  await expect(page.locator('#report')).toContainText('1 of another type left out');

  await box(page).fill('varnished oar');
  await expect(results(page).first()).toContainText('Rowing club');
  await expect(results(page).first()).toContainText('Oars');
  await expect(results(page).first().locator('mark').first()).toBeVisible();
  await box(page).fill('greasing a periscope');
  await expect(results(page).first()).toContainText('periscope');

  await page.reload();
  await ready(page);
  await expect(page.locator('#documents li')).toHaveCount(3);
  await box(page).fill('keeper of the lighthouse');
  await expect(results(page).first()).toContainText('Lighthouse');
  await expect(results(page).first()).not.toContainText('zebra');

  // The service worker has taken over by now, so that the page itself comes from its cache.
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.reload();
  await ready(page);
  await box(page).fill('lacquer');
  await expect(results(page).first()).toContainText('Rowing club');
  await context.setOffline(true);
  await page.reload();
  await ready(page);
  await box(page).fill('varnished oar');
  await expect(results(page).first()).toContainText('Rowing club');
});

test.describe('without the service worker', () => {
  test.use({ serviceWorkers: 'block' });

  test('a later page reads the rows of the embedder where the corpus lies', async ({ page, context }) => {
    await openPage(page);
    await page.locator('#pick-folder').setInputFiles(folder());
    await expect(page.locator('#report')).toContainText('3 documents indexed');
    let asked = 0;
    await context.route('**/rows.i8', (route) => {
      asked += 1;
      return route.abort();
    });
    await page.reload();
    await ready(page);
    const answer = await page.evaluate(
      () => globalThis.findling.search.search('greasing a periscope', { pipeline: 'hybrid' }).done,
    );
    expect(answer).toMatchObject({ stage: 'hybrid', skipped: [] });
    expect(answer.results[0]?.excerpt.text).toContain('periscope');
    expect(asked).toBe(0);
  });
});

const report = (page: Page) => page.locator('#report');

/** Drops something on the page; whether the page takes it in place of the browser. */
function drop(page: Page, given: { readonly file: string } | { readonly text: string }): Promise<boolean> {
  return page.evaluate((each) => {
    const transfer = new DataTransfer();
    if ('file' in each) transfer.items.add(new File(['# Dropped\n\nEarly.'], each.file));
    else transfer.items.add(each.text, 'text/plain');
    const init = { dataTransfer: transfer, bubbles: true, cancelable: true };
    return !document.dispatchEvent(new DragEvent('drop', init));
  }, given);
}

/** Waits for the corpus's write lock, and keeps it until the page's `letGo()` is called. */
function queueForLock(page: Page): Promise<void> {
  return page.evaluate(() => {
    const corpus = new URLSearchParams(location.search).get('corpus');
    const held = new Promise<void>((letGo) => Object.assign(globalThis, { letGo }));
    void navigator.locks.request(`findling:write:${corpus}`, () => held);
  });
}

test('Stop ends all that is being added; a removal shows at once that it waits, and where the focus goes', async ({
  page,
}) => {
  await openPage(page);
  await pick(page, ['notes.md', NOTES]);
  await expect(report(page)).toContainText('1 document indexed');
  await pick(page, ['long.txt', 'The harbour is dredged each spring.\n\n'.repeat(600_000)]);
  await expect(report(page)).toBeEmpty();
  await expect(page.locator('progress')).not.toHaveAttribute('value');
  // Else it might be stored between the end of the long one and its own.
  await queueForLock(page);
  await pick(page, ['another.txt', 'The harbour is deep.']);
  const remove = documents(page).getByRole('button');
  await remove.press('Enter');
  await expect(remove).toHaveText('Removing…');
  await expect(remove).toBeFocused();
  // Not by the mouse, which would take the focus.
  await page.locator('#stop').dispatchEvent('click');
  await expect(page.locator('#progress')).toBeHidden();
  await expect(report(page)).toHaveText('Stopped. What is indexed stays.');
  await expect(remove).toHaveText('Removing…');
  await page.evaluate(() => (globalThis as unknown as { letGo(): void }).letGo());
  await expect(documents(page)).toHaveCount(0);
  await expect(page.locator('#pick-files')).toBeFocused();
  await expect(report(page)).toHaveText('Removed Rowing club.');
});

test('the progress of many files is announced now and then', async ({ page }) => {
  await openPage(page);
  await page.evaluate(() => {
    const changes: string[] = [];
    const live = [...document.querySelectorAll('#progress [role=status]')];
    const seen = new MutationObserver(
      (all) => void changes.push(...all.map(({ target }) => String(target.textContent))),
    );
    for (const each of live) seen.observe(each, { childList: true });
    Object.assign(globalThis, { changes });
  });
  await pick(page, ...Array.from({ length: 200 }, (_, at) => [`${at}.md`, `# Note ${at}`] as const));
  await expect(report(page)).toContainText('200 documents indexed');
  const changes = await page.evaluate(() => (globalThis as unknown as { changes: string[] }).changes);
  expect(changes.length).toBeLessThan(10);
});

test('a file that cannot be read is named, and the others are taken', async ({ page }) => {
  await openPage(page);
  await page.evaluate(() => {
    const { arrayBuffer } = File.prototype;
    File.prototype.arrayBuffer = function (this: File) {
      return this.name === 'gone.md' ? Promise.reject(new Error('It has gone.')) : arrayBuffer.call(this);
    };
  });
  await pick(page, ['gone.md', ''], ['notes.md', NOTES], ['broken.pdf', 'no PDF']);
  await expect(report(page)).toContainText('1 document indexed');
  await expect(report(page)).toContainText('gone.md: It has gone. broken.pdf is not a readable PDF');
  await expect(report(page)).toContainText(/[^.]\.$/);
  await pick(page, ['notes.md', '# Another of this name']);
  await expect(report(page)).toContainText('1 earlier file of the same name replaced');
});

test('files dropped before the engine has started wait for it; dropped text is left to the browser', async ({
  page,
}) => {
  let start = () => {};
  const mayStart = new Promise<void>((resolve) => {
    start = resolve;
  });
  await page.route('**/engine.worker*', async (route) => {
    await mayStart;
    await route.continue();
  });
  await page.goto('/?corpus=early');
  await expect(page.locator('#hint button').first()).toBeVisible();
  expect(await drop(page, { text: 'some words' })).toBe(false);
  expect(await drop(page, { file: 'early.md' })).toBe(true);
  start();
  await ready(page);
  await expect(report(page)).toHaveText('1 document indexed (1 passage).');
  await expect(documents(page)).toHaveCount(1);
});

test('goes on where the site’s data is cleared while the page is open', async ({ page }) => {
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  await openPage(page);
  await pick(page, ['notes.md', NOTES]);
  await expect(report(page)).toContainText('1 document indexed');
  const devtools = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
  await documents(page).getByRole('button').click();
  await expect(report(page)).toHaveText('Removed Rowing club.');
  await pick(page, ['wombat.md', '# Wombats\n\nThey dig.']);
  await expect(report(page)).toContainText('1 document indexed');
  await box(page).fill('wombats dig');
  await expect(results(page).first()).toContainText('Wombats');
  expect(errors).toEqual([]);
});

test('dropped files are indexed; giving one again replaces it; removing it forgets it', async ({ page }) => {
  await openPage(page);
  const drop = (text: string) =>
    page.evaluate((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], 'dropped.md', { type: 'text/markdown' }));
      document.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }));
    }, text);
  await drop('# Marzipan\n\nAlmonds and sugar, ground finely together.');
  await expect(page.locator('#report')).toContainText('1 document indexed');
  // Asked before the second version comes: the page asks again by itself.
  await box(page).fill('marzipan');
  await expect(results(page).first()).toContainText('Almonds');
  // What the page keeps of a visitor's file is its text: there is nothing to open.
  await expect(results(page).first().locator('a')).toHaveCount(0);
  await drop('# Marzipan\n\nPistachios instead of anything else.');
  await expect(results(page).first()).toContainText('Pistachios');
  await expect(results(page).filter({ hasText: 'Almonds' })).toHaveCount(0);
  await expect(page.locator('#documents li')).toHaveCount(1);
  await page.locator('#documents button').click();
  await expect(results(page).filter({ hasText: 'Marzipan' })).toHaveCount(0);
  await expect(page.locator('#documents li')).toHaveCount(0);
});

test('hostile documents are shown as text and do no harm', async ({ page }) => {
  await openPage(page);
  await page.evaluate(() => Object.assign(globalThis, { harmed: false }));
  const root = scratchFolder('hostile');
  const attack =
    '<img src=x onerror="harmed=true"><script>harmed=true</script><a href="javascript:harmed=true">click</a>';
  writeFileSync(join(root, 'attack.md'), `# Krakatoa ${attack}\n\nvolcano ${attack} \`${attack}\`\n`);
  writeFileSync(
    join(root, 'attack.html'),
    `<title>Vesuvius &lt;img src=x onerror=harmed=true&gt;</title><main><h1 id='"><img src=x onerror=harmed=true>'>Vesuvius</h1><p>volcano &lt;script&gt;harmed=true&lt;/script&gt; ${attack}</p></main>`,
  );
  writeFileSync(join(root, 'line.txt'), `needlehaystack ${'lorem '.repeat(1_700_000)}`);
  writeFileSync(
    join(root, 'broken.txt'),
    Buffer.concat([Buffer.from('brokenutf8 '), Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80])]),
  );
  writeFileSync(
    join(root, 'nested.html'),
    `<title>Nested</title><main>${'<div><b>'.repeat(100_000)}deepdown${'</b></div>'.repeat(100_000)}</main>`,
  );
  await page.locator('#pick-folder').setInputFiles(root);
  await expect(page.locator('#report')).toContainText('documents indexed', { timeout: 80_000 });
  for (const [question, shown] of [
    ['volcano', 'volcano'],
    ['needlehaystack', 'needlehaystack'],
    ['brokenutf8', 'brokenutf8'],
    ['deepdown', 'deepdown'],
  ] as const) {
    await box(page).fill(question);
    await expect(results(page).first()).toContainText(shown);
  }
  await box(page).fill('volcano krakatoa vesuvius');
  await expect(results(page).first()).toBeVisible();
  expect(
    await page
      .locator('findling-search')
      .evaluate((element) => element.shadowRoot?.querySelectorAll('img, script, [onerror]').length),
  ).toBe(0);
  expect(
    await page
      .locator('findling-search')
      .evaluate(
        (element) =>
          [...(element.shadowRoot?.querySelectorAll('a') ?? [])].filter((link) => link.href.startsWith('javascript:'))
            .length,
      ),
  ).toBe(0);
  expect(await page.evaluate(() => (globalThis as unknown as { harmed: boolean }).harmed)).toBe(false);
});
