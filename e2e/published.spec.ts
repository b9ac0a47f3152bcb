import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, type Route, test } from '@playwright/test';
import { indexSite } from '../src/cli/index-site.ts';
import { MANIFEST_NAME } from '../src/index/published/manifest.ts';
import { scratchFolder } from '../test/scratch.ts';
import { openPage } from './page.ts';

type Files = ReadonlyMap<string, Buffer>;

/** A host, as far as a request can tell: what it answers to a GET of a file. */
type Host = (route: Route, file: Buffer | undefined, name: string) => Promise<void>;

let files: Files = new Map();

async function readFiles(folder: string): Promise<Files> {
  const { readdirSync, readFileSync } = await import('node:fs');
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

test.beforeAll(async () => {
  const site = join(scratchFolder('site'), 'built');
  mkdirSync(join(site, 'guide'), { recursive: true });
  const page = (title: string, text: string) =>
    `<!doctype html><html lang="en"><title>${title}</title><main><h1>${title}</h1><p>${text}</p></main>`;
  writeFileSync(
    join(site, 'index.html'),
    page('Lighthouses', 'A lighthouse keeps ships away from the rocks at night.'),
  );
  writeFileSync(join(site, 'guide/cats.html'), page('Cats', 'A cat sleeps on the warm roof and removes mice.'));
  for (let at = 0; at < 30; at += 1)
    writeFileSync(
      join(site, `guide/page-${at}.html`),
      page(`Page ${at}`, `Harbour number ${at} has a crane and a quay.`),
    );
  const out = join(site, 'findling');
  const cache = `${site}.cache`;
  await indexSite({ folder: site, out, cache, baseUrl: '/', exclude: [], weights: [] });
  files = await readFiles(out);
});

const whole: Host = async (route, file) =>
  route.fulfill(
    file === undefined
      ? { status: 404, body: '' }
      : { status: 200, contentType: 'application/octet-stream', body: file },
  );

const ranged: Host = async (route, file, name) => {
  const asked = /^bytes=(\d+)-(\d+)$/.exec(route.request().headers().range ?? '');
  if (file === undefined || asked === null) return whole(route, file, name);
  const [start, end] = [Number(asked[1]), Math.min(Number(asked[2]), file.length - 1)];
  await route.fulfill({
    status: 206,
    headers: { 'content-type': 'application/octet-stream', 'content-range': `bytes ${start}-${end}/${file.length}` },
    body: file.subarray(start, end + 1),
  });
};

interface Outcome {
  readonly titles: readonly string[];
  readonly skipped: readonly { readonly stage: string; readonly code: string; readonly reason: string }[];
}

/** Asks an engine of its own, whose one index lies on `host`. */
async function ask(page: Page, host: Host, questions: readonly string[]): Promise<readonly Outcome[]> {
  const name = `published-${Math.random().toString(36).slice(2)}`;
  await page.context().route(`**/${name}/**`, (route) => {
    const file = new URL(route.request().url()).pathname.split('/').at(-1) ?? '';
    return host(route, files.get(file), file);
  });
  return page.evaluate(
    async ([folder, asked]) => {
      const { createSearch, startEngine } = globalThis.findling;
      const published = [new URL(`/${folder}/`, location.href).href];
      const models = new URL('/models/', location.href).href;
      const search = await createSearch(startEngine, { name: folder, models, published, reranker: 'none' });
      const outcomes: Outcome[] = [];
      for (const text of asked) {
        const answer = await search.search(text, { pipeline: 'hybrid', typing: false }).done;
        outcomes.push({ titles: answer.results.map(({ title }) => title), skipped: answer.skipped });
      }
      await search.close();
      return outcomes;
    },
    [name, questions] as const,
  );
}

test('a question is answered by word and by meaning from the blocks it needs', async ({ page }) => {
  await openPage(page);
  let bytes = 0;
  const counting: Host = async (route, file, name) => {
    const asked = /^bytes=(\d+)-(\d+)$/.exec(route.request().headers().range ?? '');
    bytes += asked === null ? (file?.length ?? 0) : Number(asked[2]) - Number(asked[1]) + 1;
    await ranged(route, file, name);
  };
  const [word, meaning] = await ask(page, counting, ['lighthouse', 'kitten deleting rodents']);
  expect(word?.titles[0]).toBe('Lighthouses');
  expect(meaning?.titles[0]).toBe('Cats');
  expect(word?.skipped).toEqual([]);
  const all = [...files.values()].reduce((sum, file) => sum + file.length, 0);
  expect(bytes).toBeLessThan(all / 20);
});

test('a host without Range is understood', async ({ page }) => {
  await openPage(page);
  const [found] = await ask(page, whole, ['lighthouse']);
  expect(found).toMatchObject({ titles: expect.arrayContaining(['Lighthouses']), skipped: [] });
});

const broken: Readonly<Record<string, { readonly host: Host; readonly code: RegExp }>> = {
  'another range than asked for': {
    code: /corrupt/,
    host: async (route, file, name) => {
      const asked = /^bytes=(\d+)-(\d+)$/.exec(route.request().headers().range ?? '');
      if (file === undefined || asked === null) return ranged(route, file, name);
      const length = Number(asked[2]) - Number(asked[1]) + 1;
      await route.fulfill({
        status: 206,
        headers: { 'content-range': `bytes 0-${length - 1}/${file.length}` },
        body: file.subarray(0, length),
      });
    },
  },
  'the wrong bytes for the right range': {
    code: /corrupt/,
    host: (route, file, name) =>
      ranged(route, name === MANIFEST_NAME ? file : file && Buffer.alloc(file.length, 7), name),
  },
  'files that are gone': {
    code: /not-found/,
    host: (route, file, name) =>
      name === MANIFEST_NAME ? ranged(route, file, name) : route.fulfill({ status: 404, body: '' }),
  },
  'a truncated file': {
    code: /corrupt/,
    host: (route, file, name) => ranged(route, name === MANIFEST_NAME ? file : file?.subarray(0, 900), name),
  },
  'a truncated manifest': {
    code: /corrupt/,
    host: (route, file, name) => ranged(route, name === MANIFEST_NAME ? file?.subarray(0, 400) : file, name),
  },
  'an index of a newer format': {
    code: /mismatch/,
    host: (route, file, name) => {
      const changed = file && Buffer.from(file);
      if (changed && name === MANIFEST_NAME) changed[4] = 9;
      return ranged(route, changed, name);
    },
  },
  'errors of the server': {
    code: /network/,
    host: (route, file, name) =>
      name === MANIFEST_NAME ? ranged(route, file, name) : route.fulfill({ status: 503, body: 'busy' }),
  },
};

for (const [what, { host, code }] of Object.entries(broken))
  test(`${what}: a named state, and no wrong results`, async ({ page }) => {
    await openPage(page);
    const outcomes = await ask(page, host, ['lighthouse', 'cat on the roof']);
    for (const { titles, skipped } of outcomes) {
      expect(titles).toEqual([]);
      expect(skipped.map((each) => each.code).join()).toMatch(code);
      expect(skipped[0]?.reason.length).toBeGreaterThan(20);
    }
  });

test('one flipped bit is noticed where it is read, and nowhere else', async ({ page }) => {
  await openPage(page);
  const part = [...files.keys()].find((name) => name !== MANIFEST_NAME) ?? '';
  const flipped = Buffer.from(files.get(part) ?? []);
  flipped[40] = (flipped[40] ?? 0) ^ 4;
  const [found] = await ask(page, (route, file, name) => ranged(route, name === part ? flipped : file, name), [
    'lighthouse',
  ]);
  expect(found?.skipped.map((each) => each.code)).toContain('corrupt');
});

test('a host that gzips whole files is understood', async ({ page }) => {
  await openPage(page);
  const { gzipSync } = await import('node:zlib');
  const host: Host = (route, file) =>
    route.fulfill(
      file === undefined
        ? { status: 404, body: '' }
        : {
            status: 200,
            headers: { 'content-encoding': 'gzip', 'content-type': 'application/octet-stream' },
            body: gzipSync(file),
          },
    );
  const [found] = await ask(page, host, ['lighthouse']);
  expect(found?.skipped.map(({ code }) => code).join() + (found?.titles[0] ?? '')).toMatch(
    /^(Lighthouses|corrupt|network)/,
  );
});

test('after the site was published anew the page finds the new index', async ({ page }) => {
  await openPage(page);
  let published = false;
  const host: Host = (route, file, name) =>
    !published && name !== MANIFEST_NAME ? route.fulfill({ status: 404, body: '' }) : ranged(route, file, name);
  const republish: Host = async (route, file, name) => {
    await host(route, file, name);
    if (name !== MANIFEST_NAME) published = true;
  };
  const [found] = await ask(page, republish, ['lighthouse']);
  expect(found?.skipped).toEqual([]);
  expect(found?.titles[0]).toBe('Lighthouses');
});
