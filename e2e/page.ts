import { expect, type Page, type Worker as PageWorker } from '@playwright/test';
import type { createSearch, Search } from '../src/client/search.ts';
import type { Answer } from '../src/engine/types.ts';

/** What the page leaves for the console. */
export interface Exposed {
  readonly search: Search;
  readonly createSearch: typeof createSearch;
  readonly startEngine: () => Worker;
}

declare global {
  var findling: Exposed;
}

/** Opens the page and waits until it can search. Fails on any request that leaves the origin. */
export async function openPage(page: Page, query = ''): Promise<void> {
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== 'localhost')
      throw new Error(`A request left the page: ${request.url()}`);
  });
  await page.goto(`/?corpus=${Math.random().toString(36).slice(2)}&${query}`);
  await ready(page);
}

export async function ready(page: Page): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('data-ready', 'true');
}

export function box(page: Page) {
  return page.locator('findling-search input');
}

export function results(page: Page) {
  return page.locator('findling-search ol > li');
}

/** The visitor's own files, as the page lists them. */
export function documents(page: Page) {
  return page.locator('#documents li');
}

export async function pick(page: Page, ...files: readonly (readonly [name: string, text: string])[]): Promise<void> {
  const given = files.map(([name, text]) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) }));
  await page.locator('#pick-files').setInputFiles(given);
}

/** Waits until the list on the page is the whole list of a stage, which then tells how long it took. */
export async function answered(page: Page, name: string): Promise<void> {
  // A model is loaded, compiled and proven before its first answer: on a busy machine that takes its time.
  await expect(stage(page, name)).toHaveAttribute('data-state', 'shown', { timeout: 60_000 });
  await expect(stage(page, name)).toContainText(/ms$/, { timeout: 60_000 });
}

export function stage(page: Page, name: string) {
  return page.locator(`findling-search [data-stage="${name}"]`);
}

/** A running worker of the page, nested ones too, by its script: `engine` or `model`. */
export async function worker(page: Page, name: 'engine' | 'model'): Promise<PageWorker> {
  const find = () => page.workers().find((each) => each.url().includes(`${name}.worker`));
  await expect.poll(() => find() !== undefined, { message: `a ${name} worker` }).toBe(true);
  const found = find();
  if (found === undefined) throw new Error(`The ${name} worker has gone.`);
  return found;
}

/** Ends a worker from inside: as for its owner, it is gone without a word. */
export async function kill(page: Page, name: 'engine' | 'model'): Promise<void> {
  const victim = await worker(page, name);
  const gone = new Promise((resolve) => victim.once('close', resolve));
  await victim.evaluate(() => self.close()).catch(() => undefined);
  await gone;
}

/** An answer without its results' texts. */
export type Heard = Pick<Answer, 'query' | 'stage' | 'complete' | 'skipped' | 'ms'> & {
  readonly ids: readonly string[];
};

/** Records every answer that the page shows from now on. */
export async function listen(page: Page): Promise<() => Promise<readonly Heard[]>> {
  await page.evaluate(() => {
    const heard: unknown[] = [];
    Object.assign(globalThis, { heard });
    document.addEventListener('findling-answer', (event) => {
      const { results, ...rest } = (event as CustomEvent<Answer>).detail;
      heard.push({ ...rest, ids: results.map(({ id }) => id) });
    });
  });
  return () => page.evaluate(() => (globalThis as unknown as { heard: Heard[] }).heard);
}

/** A one-page PDF with a line of text, as small as the format allows. */
export function smallPdf(text: string): Buffer {
  const stream = `BT /F1 18 Tf 40 700 Td (${text}) Tj ET`;
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
    `<</Length ${stream.length}>>stream\n${stream}\nendstream`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const at = body.length;
    body += `${index + 1} 0 obj${object}endobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  return Buffer.from(
    `${body}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF`,
    'latin1',
  );
}
