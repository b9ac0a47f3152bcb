import { expect, type Page, test } from '@playwright/test';
import { box, openPage, ready, results, smallPdf } from './page.ts';

const report = (page: Page) => page.locator('#report');

async function pick(page: Page, ...files: readonly (readonly [name: string, content: string | Buffer])[]) {
  const given = files.map(([name, content]) => ({ name, mimeType: '', buffer: Buffer.from(content) }));
  await page.locator('#pick-files').setInputFiles(given);
}

const MANUAL = ['manual.pdf', smallPdf('The periscope must be greased every winter')] as const;

/** Scripts that the service worker has kept, by name. */
function kept(page: Page): Promise<readonly { readonly name: string; readonly bytes: number }[]> {
  return page.evaluate(async () => {
    const cache = await caches.open('findling-v1');
    const found: { name: string; bytes: number }[] = [];
    for (const { url } of await cache.keys()) {
      const name = /[^/]+\.js$/.exec(url)?.[0];
      const response = name === undefined ? undefined : await cache.match(url);
      if (name !== undefined && response !== undefined)
        found.push({ name, bytes: (await response.arrayBuffer()).byteLength });
    }
    return found;
  });
}

test('the page opens offline and takes files of every type, once it has taken one; a PDF asks for the line once', async ({
  page,
  context,
}) => {
  await openPage(page);
  // With it comes the embedder.
  await pick(page, ['plain.txt', 'The harbour is dredged each spring.']);
  await expect(report(page)).toContainText('1 document indexed');
  for (const script of ['index-', 'engine.worker-', 'document-', 'passages-', 'marked'])
    await expect.poll(async () => (await kept(page)).some(({ name }) => name.startsWith(script))).toBe(true);
  // The last that is fetched.
  await expect
    .poll(() => page.evaluate(() => caches.match('./models/catalog.json').then((found) => found !== undefined)))
    .toBe(true);
  // Nobody has asked for the reader of PDF files or for runtimes of other models, megabytes each.
  const bytes = (await kept(page)).reduce((sum, each) => sum + each.bytes, 0);
  expect(bytes).toBeGreaterThan(300_000);
  expect(bytes).toBeLessThan(1_000_000);

  await context.setOffline(true);
  await pick(
    page,
    ['oars.md', '---\ntitle: Oars\n---\n\nEvery oar is varnished with *marine* lacquer.'],
    ['wick.html', '<title>Lighthouse</title><main><h1>Lighthouse</h1><p>The keeper trims the wick.</p></main>'],
    ['notiz.txt', Buffer.from('The word Größenwahn as an older program saved it.', 'latin1')],
  );
  await expect(report(page)).toContainText('3 documents indexed');
  await pick(page, MANUAL);
  await expect(report(page)).toContainText(
    'manual.pdf: The script that reads PDF files could not be loaded. Check the connection',
  );
  await page.reload();
  await ready(page);
  await box(page).fill('Größenwahn');
  await expect(results(page).first()).toContainText('Größenwahn');
  await box(page).fill('marine lacquer');
  await expect(results(page).first()).toContainText('Oars');

  // It has waited, and need not be given again.
  await context.setOffline(false);
  await page.reload();
  await expect(report(page)).toContainText('1 document indexed');
  await expect(page.locator('#documents')).toContainText('manual.pdf');
  await context.setOffline(true);
  await page.reload();
  await ready(page);
  await pick(page, ['boat.pdf', smallPdf('The anchor is painted every spring')]);
  await expect(report(page)).toContainText('1 document indexed');
});

test.describe('without the service worker', () => {
  test.use({ serviceWorkers: 'block' });

  test('adding files says that a script has not come, and works once the line is back', async ({ page, context }) => {
    await openPage(page);
    await context.setOffline(true);
    await pick(page, ['oars.md', '# Oars\n\nEvery oar is varnished.']);
    await expect(report(page)).toHaveText(
      'The script that reads files could not be loaded. Check the connection and try again; if it stays so, reload the page.',
    );
    await context.setOffline(false);
    await pick(page, ['wick.md', '# Lighthouse\n\nThe keeper trims the wick.']);
    // What was given before has waited.
    await expect(report(page)).toContainText('1 document indexed');
    await expect(page.locator('#documents li')).toHaveCount(2);
  });
});
