import { expect, type Page, type Route, test } from '@playwright/test';
import { openPage } from './page.ts';

interface Outcome {
  readonly urls: readonly (string | undefined)[];
  readonly skipped: readonly { readonly stage: string; readonly code: string }[];
  /** Until the first list, and the last. */
  readonly firstMs: number;
  readonly ms: number;
}

/** Gives an engine of its own a document, and then asks it beside the demo's index, whose files `host` answers for. */
async function askBeside(page: Page, host: (route: Route) => unknown, questions: number): Promise<readonly Outcome[]> {
  await openPage(page);
  await page.context().route('**/beside/**', host);
  return page.evaluate(async (count) => {
    const { createSearch, startEngine } = globalThis.findling;
    const at = (path: string) => new URL(path, location.href).href;
    const name = `beside-${Math.random().toString(36).slice(2)}`;
    const options = { name, models: at('/models/'), published: [at('/beside/')], reranker: 'none' } as const;
    const search = await createSearch(startEngine, options);
    await search.add([
      { id: 'own', url: '#own', type: 'markdown', content: '# Files\n\nServe your files to a quokka.' },
    ]);
    const outcomes: Outcome[] = [];
    for (let asked = 0; asked < count; asked += 1) {
      const start = performance.now();
      const run = search.search('serve files', { pipeline: 'lexical', typing: false });
      let firstMs = Number.POSITIVE_INFINITY;
      for await (const _ of run) firstMs = Math.min(firstMs, performance.now() - start);
      const answer = await run.done;
      const urls = answer.results.map(({ url }) => url);
      outcomes.push({ urls, skipped: answer.skipped, firstMs, ms: performance.now() - start });
    }
    await search.close();
    return outcomes;
  }, questions);
}

/** The demo's index, under a path that the page itself does not ask. */
const demo = (route: Route) => route.fetch({ url: route.request().url().replace('/beside/', '/index/') });

test('own documents are found at once beside an index whose host takes questions and says nothing', async ({
  page,
}) => {
  const [first, second] = await askBeside(page, () => undefined, 2);
  for (const outcome of [first, second])
    expect(outcome).toMatchObject({ urls: ['#own'], skipped: [{ code: 'timeout' }] });
  expect(first?.firstMs).toBeLessThan(2000);
  expect(first?.ms).toBeGreaterThan(4000);
  expect(second?.ms).toBeLessThan(3000);
});

test('own documents are found beside an index one file of which is damaged, however often', async ({ page }) => {
  const spoilt = async (route: Route) => {
    const response = await demo(route);
    const body = await response.body();
    const middle = body.length >> 1;
    if (route.request().url().endsWith('/ids')) body[middle] = (body[middle] ?? 0) ^ 0xff;
    await route.fulfill({ response, body });
  };
  for (const outcome of await askBeside(page, spoilt, 3))
    expect(outcome).toMatchObject({ urls: ['#own'], skipped: [{ code: 'corrupt' }] });
});

test('both are found where the host answers', async ({ page }) => {
  const [found] = await askBeside(page, async (route) => route.fulfill({ response: await demo(route) }), 1);
  expect(found?.skipped).toEqual([]);
  expect(found?.urls).toContain('#own');
  expect(found?.urls.length).toBeGreaterThan(1);
});
