import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { scratchFolder } from '../test/scratch.ts';
import { box, openPage, ready, results, smallPdf } from './page.ts';

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
