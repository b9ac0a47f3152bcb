import { expect, type Page, test } from '@playwright/test';
import { CHROMIUM_ARGS, ensureChromium } from '../test/chromium.ts';
import { FIXTURE_MODELS } from './models.ts';
import { openPage } from './page.ts';

// SwiftShader gives WebGPU without a GPU and takes seconds for a pair: few candidates, and short ones.
test.use({
  launchOptions: { executablePath: ensureChromium(), args: [...CHROMIUM_ARGS, '--enable-unsafe-webgpu'] },
});

/** Each is a document of one passage, so that the shortlist changes with nothing but this list: no index, no sections to fold. */
const TEXTS = [
  'A search page can be served under any path of the host.',
  'The search waits until the network is quiet before it loads a model.',
  'Search runs a model without a server, in a worker of the page.',
  'To search offline, open the page once while there is a connection.',
  'What a visitor types into the search never leaves the browser.',
  'Files that are dropped on the page are indexed in the background, and the search finds them after a reload.',
  'The index of a search is split into blocks; a question loads only those it needs.',
  'Without WebGPU the search falls back to WebAssembly on one thread.',
  'When the disk is full the search says so, and nothing that was stored is lost.',
  'The search box can be opened with a key from everywhere on the site.',
];
const QUESTIONS = ['how do I serve the search under a sub path', 'search without a server or a connection'] as const;
/**
 * Of a list's range: eight-bit and weight-only arithmetic were seen to differ by up to .051. What is further apart must keep its order; what
 * is nearer is a tie.
 */
const APART = 0.14;

interface Listed {
  readonly id: string;
  readonly score: number;
  /** Before the reranker. */
  readonly rank: number;
}

/** Asks an engine that may use one backend only, with the reranker's order alone: best first, scores from 1 to 0. */
async function ask(page: Page, backend: 'wasm' | 'webgpu') {
  await openPage(page);
  return page.evaluate(
    async ({ texts, questions, each }) => {
      const { createSearch, startEngine } = globalThis.findling;
      const search = await createSearch(startEngine, {
        name: `backends-${Math.random()}`,
        models: new URL('./models/', document.baseURI).href,
        reranker: 'findling-rerank-tiny',
        backend: each,
        allowFallbackAdapter: true,
      });
      await search.add(texts.map((content, at) => ({ id: `text-${at}`, type: 'text', content })));
      const { length } = texts;
      const options = { candidates: length, limit: length, blend: 1, explain: true, typing: false } as const;
      const lists: Listed[][] = [];
      for (const question of questions) {
        const answer = await search.search(question, options).done;
        if (answer.stage !== 'reranked' || answer.skipped.length > 0) throw new Error(JSON.stringify(answer.skipped));
        lists.push(
          answer.results.map(({ id, explain }) => ({
            id,
            score: explain?.reranked?.score ?? Number.NaN,
            rank: explain?.hybrid?.rank ?? 0,
          })),
        );
      }
      const used = (await search.status()).reranker?.backend;
      await search.close();
      return { lists, used };
    },
    { texts: TEXTS, questions: QUESTIONS, each: backend },
  );
}

/** Ids in pairs, the better first, of those that are further apart than a tie. */
function pairsApart(list: readonly Listed[]): readonly (readonly [string, string])[] {
  return list.flatMap((better, at) =>
    list.slice(at + 1).flatMap((worse) => (better.score - worse.score > APART ? [[better.id, worse.id] as const] : [])),
  );
}

test('WebGPU and WASM give the same order on the same shortlist', async ({ page }) => {
  test.setTimeout(240_000);
  const wasm = await ask(page, 'wasm');
  const webgpu = await ask(page, 'webgpu');
  expect(wasm.used).toBe('wasm/kernel');
  expect(webgpu.used).toBe('webgpu/w8');
  for (const [at, list] of wasm.lists.entries()) {
    const other = new Map((webgpu.lists[at] ?? []).map((each, place) => [each.id, { ...each, place }]));
    expect([...other.keys()].sort()).toEqual(list.map(({ id }) => id).sort());
    for (const { id, score } of list)
      expect(Math.abs((other.get(id)?.score ?? Number.NaN) - score)).toBeLessThan(APART / 2);
    for (const [better, worse] of pairsApart(list))
      expect(other.get(better)?.place, `${better} before ${worse}`).toBeLessThan(other.get(worse)?.place ?? 0);
  }
  // So that an equal order says something: pairs are apart (37 of 90), and the reranker has moved what it was given.
  expect(wasm.lists.flatMap(pairsApart).length).toBeGreaterThan(30);
  for (const list of wasm.lists) expect(list.map(({ rank }) => rank)).not.toEqual(list.map((_, at) => at + 1));
});

test('without WebGPU a page that asks for it alone says so and answers with the tiers before', async ({ page }) => {
  await openPage(page, `backend=webgpu&${FIXTURE_MODELS}`);
  const answer = await page.evaluate(
    (question) => globalThis.findling.search.search(question, { limit: 3 }).done,
    QUESTIONS[0],
  );
  expect(answer.stage).toBe('hybrid');
  expect(answer.results).toHaveLength(3);
  expect(answer.skipped).toEqual([
    { stage: 'reranked', code: 'unsupported', reason: expect.stringContaining('WebGPU adapter is software') },
  ]);
});
