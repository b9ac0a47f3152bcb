import { type BrowserContext, chromium, expect, type Page, test } from '@playwright/test';
import { CHROMIUM_ARGS, ensureChromium } from '../test/chromium.ts';
import { scratchFolder } from '../test/scratch.ts';
import { ready } from './page.ts';

/** Adds `count` documents to the page's corpus. Resolves with what came of it. */
function add(page: Page, prefix: string, count: number): Promise<string> {
  return page.evaluate(
    ([name, many]) => {
      const sources = Array.from({ length: many }, (_, index) => ({
        id: `${name}-${index}`,
        type: 'markdown' as const,
        content: `# ${name} ${index}\n\nThe ${name} number${index} rests on a shelf beside the window.`,
      }));
      return globalThis.findling.search.add(sources).then(
        ({ added }) => `${added} added`,
        (error) => `${error.code}: ${error.message}`,
      );
    },
    [prefix, count] as const,
  );
}

function ids(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => (await globalThis.findling.search.documents()).map(({ id }) => id).sort());
}

/** Ids of the local documents that a word finds. */
function find(page: Page, word: string): Promise<readonly string[]> {
  return page.evaluate(async (text) => {
    const { results } = await globalThis.findling.search.search(text, { pipeline: 'lexical', typing: false }).done;
    return results.map(({ documentId }) => documentId).filter((id) => /^(gannet|heron)-/.test(id));
  }, word);
}

/** Takes from the engine's worker what other browsers than Chromium do not have: files that several tabs have open. */
async function withoutSharedFiles(context: BrowserContext): Promise<void> {
  await context.route(/engine[^/]*\.[jt]s/, async (route) => {
    const response = await route.fetch();
    const without = 'delete globalThis.FileSystemSyncAccessHandle;';
    await route.fulfill({ response, body: `${without}\n${await response.text()}` });
  });
}

/** Where the corpus lies. */
function kept(page: Page, corpus: string): Promise<readonly string[]> {
  return page.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory();
    const folders: string[] = [];
    for await (const folder of root.keys()) folders.push(decodeURIComponent(folder));
    const databases = (await indexedDB.databases()).map((each) => each.name ?? '');
    return [
      ...folders.filter((each) => each.includes(name)).map(() => 'files'),
      ...databases.filter((each) => each.includes(name)).map(() => 'IndexedDB'),
    ];
  }, corpus);
}

for (const place of ['files', 'IndexedDB'])
  test(`two tabs index into one corpus at once, and each sees what the other adds and removes: in ${place}`, async ({
    context,
  }) => {
    if (place === 'IndexedDB') await withoutSharedFiles(context);
    const corpus = Math.random().toString(36).slice(2);
    const [left, right] = [await context.newPage(), await context.newPage()];
    for (const page of [left, right]) {
      await page.goto(`/?corpus=${corpus}`);
      await ready(page);
    }
    const added = await Promise.all([add(left, 'gannet', 150), add(right, 'heron', 150)]);
    // The tab that comes second to the lock may find the first one's sources in the inbox and index them too.
    expect(added.map((each) => Number.parseInt(each, 10)).reduce((sum, each) => sum + each)).toBe(300);
    for (const page of [left, right]) {
      await expect.poll(async () => (await ids(page)).length).toBe(300);
      await expect.poll(() => find(page, 'heron number7')).toContain('heron-7');
      await expect.poll(() => find(page, 'gannet number7')).toContain('gannet-7');
    }

    expect(await kept(left, corpus)).toEqual([place]);

    await left.evaluate(() => globalThis.findling.search.remove(['heron-7']));
    await expect.poll(async () => (await ids(right)).includes('heron-7')).toBe(false);
    expect(await find(right, 'heron number7')).not.toContain('heron-7');

    // What lies on the disk is whole: a third tab opens it anew.
    await Promise.all([left.close(), right.close()]);
    const third = await context.newPage();
    await third.goto(`/?corpus=${corpus}`);
    await ready(third);
    expect(await ids(third)).toHaveLength(299);
    expect(await find(third, 'gannet number149')).toContain('gannet-149');
  });

test('a full disk is told, loses nothing, and indexing goes on once there is room', async ({ baseURL }) => {
  const profile = scratchFolder('quota');
  const before = await openProfile(profile, baseURL);
  expect(await add(before.page, 'gannet', 20)).toBe('20 added');
  await before.context.close();

  const { context, page } = await openProfile(profile, baseURL);
  const { origin } = new URL(page.url());
  const usage = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
  const protocol = await context.newCDPSession(page);
  await protocol.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 300_000 });
  const full = await page.evaluate(() => {
    // Random letters, because the browser's storage compresses.
    const letters = () => Array.from({ length: 60_000 }, () => Math.random().toString(36).slice(2, 8)).join(' ');
    const sources = Array.from({ length: 10 }, (_, index) => ({
      id: `large-${index}`,
      type: 'text' as const,
      content: letters(),
    }));
    return globalThis.findling.search.add(sources).then(
      () => 'added',
      (error) => `${error.code}: ${error.message}`,
    );
  });
  expect(full).toBe('quota: The browser has no room left for this site. Free some space or remove documents.');
  expect(await ids(page)).toHaveLength(20);
  expect(await find(page, 'gannet number7')).toContain('gannet-7');
  await page.reload();
  await ready(page);
  expect(await ids(page)).toHaveLength(20);

  await protocol.send('Storage.overrideQuotaForOrigin', { origin });
  expect(await add(page, 'heron', 20)).toBe('20 added');
  expect(await ids(page)).toHaveLength(40);
  await context.close();
});

/**
 * A browser of its own with its profile on disk: Chromium heeds an overridden quota there only, and, because it keeps
 * in mind how much room it has found, only before the first write.
 */
async function openProfile(profile: string, baseURL: string | undefined) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: ensureChromium(),
    args: CHROMIUM_ARGS,
  });
  const [page = await context.newPage()] = context.pages();
  await page.goto(`${baseURL}/?corpus=quota`);
  await ready(page);
  return { context, page };
}
