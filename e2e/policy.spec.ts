import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { FIXTURE_MODELS, shippedModels } from './models.ts';
import { answered, box, openPage, results, smallPdf, worker } from './page.ts';

const DELIBERATE = 'deliberate-violation';

/** What the browser has reported to the server, from the page and from every worker. */
async function violations(page: Page): Promise<readonly string[]> {
  const reports: readonly unknown[] = await (await page.request.get('/csp-report')).json();
  return reports.map((report) => JSON.stringify(report));
}

/** Every address a realm has loaded from. */
function loads(): readonly string[] {
  return performance.getEntriesByType('resource').map(({ name }) => name);
}

test('ONNX Runtime runs under the strict policy too, one build of it', async ({ page }) => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) complaints.push(message.text());
  });
  await openPage(page, FIXTURE_MODELS);
  await box(page).fill('how do I serve files under a sub path');
  await answered(page, 'reranked');
  const loaded = await (await worker(page, 'model')).evaluate(loads);
  const runtimes = new Set(loaded.filter((url) => /ort-wasm[^/]*\.wasm$/.test(url)));
  expect([...runtimes]).toEqual([expect.stringMatching(/ort-wasm-simd-threaded-[\w-]+\.wasm$/)]);
  expect(complaints).toEqual([]);
});

test('under a strict policy everything runs: no violation, no other origin, no other runtime', async ({
  page,
  baseURL,
}) => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) complaints.push(message.text());
  });
  await page.addInitScript(() => performance.setResourceTimingBufferSize(5000));
  await openPage(page, shippedModels());
  const policy = (await page.request.get('/')).headers()['content-security-policy'];
  expect(policy).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'");
  expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|blob:|https?:/);

  await page.locator('#pick-files').setInputFiles([
    { name: 'manual.pdf', mimeType: 'application/pdf', buffer: smallPdf('The periscope must be greased every winter') },
    { name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# Rowing\n\nThe club meets on Thursdays.') },
  ]);
  await expect(page.locator('#report')).toContainText('2 documents indexed');
  await box(page).fill('greasing the periscope');
  await answered(page, 'reranked');
  await expect(results(page).filter({ hasText: 'periscope' }).first()).toBeVisible();

  const model = await worker(page, 'model');
  const engine = await worker(page, 'engine');
  const loaded = [await page.evaluate(loads), await engine.evaluate(loads), await model.evaluate(loads)].flat();
  expect(loaded.length).toBeGreaterThan(10);
  expect(loaded.filter((url) => new URL(url).origin !== new URL(baseURL ?? '').origin)).toEqual([]);
  const runtimes = new Set(loaded.filter((url) => /ort-wasm[^/]*\.wasm$/.test(url)));
  // The shipped reranker runs on a kernel inside of the worker's script.
  expect([...runtimes]).toEqual([]);
  expect(complaints).toEqual([]);

  // The reports would have come: this one does, and it is the only one.
  await page.evaluate((mark) => {
    history.replaceState(null, '', `?${mark}`);
    const script = document.createElement('script');
    script.textContent = 'globalThis.harmed = true';
    document.body.append(script);
  }, DELIBERATE);
  await expect.poll(async () => (await violations(page)).some((each) => each.includes(DELIBERATE))).toBe(true);
  expect((await violations(page)).filter((each) => !each.includes(DELIBERATE))).toEqual([]);
  expect(await page.evaluate(() => 'harmed' in globalThis)).toBe(false);
});

test('no file of the built page is larger than static hosts take', () => {
  const folder = resolve(import.meta.dirname, '../.cache/e2e-dist');
  const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, file: statSync(join(folder, name)) }))
    .filter(({ file }) => file.isFile())
    .map(({ name, file }) => ({ name, mib: file.size / 2 ** 20 }));
  expect(sizes.length).toBeGreaterThan(10);
  expect(sizes.filter(({ mib }) => mib > 20)).toEqual([]);
  expect(sizes.filter(({ name }) => /ort-wasm.*\.wasm$/.test(name))).toHaveLength(2);
});
