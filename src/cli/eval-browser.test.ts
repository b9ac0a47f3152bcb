import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Search } from '../client/search.ts';
import type { OpenOptions } from '../engine/types.ts';
import { openBrowserEvaluable } from './eval-browser.ts';
import { parsePipeline } from './eval-port.ts';

let visited = '';
// A browser whose page is this realm: what the command does around it is what is tested (the page itself: e2e/eval.spec.ts).
vi.mock('@playwright/test', () => {
  const page = {
    goto: async (url: string) => {
      visited = url;
      vi.stubGlobal('document', { baseURI: `${url}/` });
    },
    waitForFunction: async () => undefined,
    evaluate: async (run: (argument: unknown) => unknown, argument: unknown) => run(argument),
  };
  const launch = async () => ({ newPage: async () => page, close: async () => undefined });
  return { chromium: { executablePath: () => process.execPath, launch } };
});

let folder = '';
let passages = 1;
let opened: OpenOptions[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'findling-eval-browser-'));
  [passages, opened] = [1, []];
  writeFileSync(join(folder, 'index.html'), 'page');
  const answer = { results: [], skipped: [{ stage: 'x', reason: 'Blocked.' }], ms: { lexical: 2 } };
  const createSearch = async (_: unknown, options: OpenOptions) => {
    opened.push(options);
    const search = { search: () => ({ done: answer }), status: async () => ({ passages }) };
    return search as unknown as Search;
  };
  vi.stubGlobal('findling', { createSearch, startEngine: () => undefined });
});

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(globalThis, 'evaluated');
  rmSync(folder, { recursive: true });
});

const index = (location: string) => ({ corpus: { kind: 'index', location, sections: false } }) as const;

describe('findling eval --browser', () => {
  it('reranks with the reranker that Node would take where a pipeline names none', async () => {
    const evaluable = await openBrowserEvaluable(index(folder), { page: folder });
    for (const label of ['hybrid', 'reranked', 'reranked:tiny', 'reranked:base'])
      await evaluable.search('q', parsePipeline(label), 10);
    await evaluable.close();
    expect(opened.map(({ reranker }) => reranker)).toEqual([undefined, 'findling-rerank-tiny', 'findling-rerank-base']);
  });
  it('lets the page read an index of another site, and no site beside it', async () => {
    const location = 'https://docs.example.org/search/';
    const evaluable = await openBrowserEvaluable(index(location), { page: folder });
    const policy = (await fetch(visited)).headers.get('content-security-policy');
    await evaluable.close();
    expect(policy).toContain("connect-src 'self' https://docs.example.org;");
    expect(opened[0]?.published).toEqual([location]);
  });
  it('refuses an index that the page cannot read', async () => {
    passages = 0;
    const opening = openBrowserEvaluable(index('https://docs.example.org/search/'), { page: folder });
    await expect(opening).rejects.toMatchObject({ code: 'not-found', message: expect.stringMatching(/Blocked\./) });
  });
  it('serves the models of the package, whose page has none', async () => {
    const evaluable = await openBrowserEvaluable(index(folder), { page: folder });
    expect((await fetch(new URL('catalog.json', opened[0]?.models))).status).toBe(200);
    await evaluable.close();
  });
  it('serves the models folder that was named', async () => {
    const models = join(folder, 'own');
    mkdirSync(models);
    writeFileSync(join(models, 'catalog.json'), 'own catalog');
    const evaluable = await openBrowserEvaluable(index(folder), { page: folder, models });
    const url = new URL('catalog.json', opened[0]?.models);
    expect(await (await fetch(url)).text()).toBe('own catalog');
    await evaluable.close();
  });
});
