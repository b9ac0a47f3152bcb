import { expect, type Page, test } from '@playwright/test';
import type { Fault } from './faults.ts';
import { answered, box, kill, openPage, ready, results, worker } from './page.ts';

const WEIGHTS = 'tiny/model.int8.onnx';

/** A models folder of its own for a test, to be broken and mended. */
async function ownModels(page: Page) {
  const folder = `faulty/${Math.random().toString(36).slice(2)}`;
  const at = (file: string) => `http://localhost:4173/${folder}/${file}`;
  return {
    parameter: `models=${folder}/&reranker=tiny-fixture`,
    break: (file: string, fault: Fault) => page.request.put(`${at(file)}?fault=${fault}`),
    mend: () => page.request.delete(at('all')),
  };
}

async function ask(page: Page, question: string) {
  return page.evaluate(async (text) => {
    const { results, ...answer } = await globalThis.findling.search.search(text, { limit: 5 }).done;
    return { ...answer, count: results.length };
  }, question);
}

const CASES: readonly { fault: Fault; code: string; reason: RegExp }[] = [
  { fault: 'flipped', code: 'corrupt', reason: /model\.int8\.onnx does not match its checksum .*: load it again/ },
  { fault: 'truncated', code: 'corrupt', reason: /has \d+ bytes instead of \d+: load it again/ },
  { fault: 'absent', code: 'not-found', reason: /model\.int8\.onnx is not there: serve the whole models folder/ },
  { fault: 'html', code: 'not-found', reason: /model\.int8\.onnx is not there: serve the whole models folder/ },
  { fault: 'unavailable', code: 'network', reason: /answered 503 for 'tiny\/model\.int8\.onnx'\. Try again later/ },
];

test('a broken reranker file is named, the tiers before answer, and the mended file is used at the next question', async ({
  page,
}) => {
  const models = await ownModels(page);
  await openPage(page, models.parameter);
  for (const { fault, code, reason } of CASES) {
    await models.break(WEIGHTS, fault);
    const answer = await ask(page, `wait until the network is ${fault}`);
    expect(answer, fault).toMatchObject({ stage: 'hybrid', complete: true, count: 5 });
    expect(answer.skipped, fault).toEqual([{ stage: 'reranked', code, reason: expect.stringMatching(reason) }]);
  }
  await models.mend();
  expect(await ask(page, 'wait until the network is mended')).toMatchObject({ stage: 'reranked', skipped: [] });
});

const RARE = { truncated: 'zebra', absent: 'mango' } as const;

test('broken rows of the embedder: words answer and say so, documents are not indexed halfway', async ({ page }) => {
  const models = await ownModels(page);
  await openPage(page, models.parameter);
  for (const fault of ['truncated', 'absent'] as const) {
    await models.break('findling-static/rows.i8', fault);
    // Rare words, of the half that is cut off; each question has rows that were not read before.
    const answer = await ask(page, `wait until the network ${RARE[fault]}`);
    expect(answer, fault).toMatchObject({ stage: 'bm25', complete: true, count: 5 });
    expect(answer.skipped.map(({ stage }) => stage)).toContain('hybrid');
    expect(answer.skipped[0]?.reason).toMatch(/rows\.i8/);
  }
  // A flipped byte shows in the checksum of the whole matrix, which indexing reads.
  await models.break('findling-static/rows.i8', 'flipped');
  const indexed = await page.evaluate(() =>
    globalThis.findling.search.add([{ id: 'own', type: 'text', content: 'Gannets dive for herring.' }]).then(
      () => 'indexed',
      (error) => `${error.code}: ${error.message}`,
    ),
  );
  expect(indexed).toMatch(/^corrupt: findling-static\/rows\.i8 does not match its checksum/);

  // Nothing is lost: once the file is whole, the document that waited is indexed and found.
  await models.mend();
  const report = await page.evaluate(() => globalThis.findling.search.add([]));
  expect(report).toMatchObject({ added: 1, failed: [] });
  await box(page).fill('gannets dive for herring');
  await expect(results(page).first()).toContainText('Gannets');
  await answered(page, 'reranked');
});

test('a catalog out of reach is told, and the page starts once it is back', async ({ page }) => {
  const models = await ownModels(page);
  await models.break('catalog.json', 'html');
  await page.goto(`/?${models.parameter}`);
  await expect(page.getByRole('alert')).toHaveText(/could not start: There is no catalog\.json in the models folder/);
  await box(page).fill('wait until the network is quiet');
  await models.mend();
  await page.getByRole('button', { name: 'Try again' }).click();
  await ready(page);
  await expect(box(page)).toHaveValue('wait until the network is quiet');
  await expect(results(page).first()).toBeVisible();
  await expect(page.getByRole('alert')).toBeHidden();
});

test('a machine out of memory costs the reranker only, until there is memory again', async ({ page }) => {
  const models = await ownModels(page);
  await openPage(page, models.parameter);
  // The weights are kept back until the fresh model worker has been robbed of its memory.
  await models.break(WEIGHTS, 'held');
  const asked = ask(page, 'wait until the network is quiet');
  await (await worker(page, 'model')).evaluate(exhaustMemory);
  await models.mend();
  const answer = await asked;
  expect(answer).toMatchObject({ stage: 'hybrid', complete: true, count: 5 });
  expect(answer.skipped).toEqual([
    { stage: 'reranked', code: 'out-of-memory', reason: expect.stringContaining('Use a smaller model') },
  ]);
  expect(await ask(page, 'wait until the network is back')).toMatchObject({ stage: 'reranked', skipped: [] });
});

test('a model worker killed while it loads is replaced at the next question', async ({ page }) => {
  const models = await ownModels(page);
  await openPage(page, models.parameter);
  await models.break(WEIGHTS, 'held');
  const asked = ask(page, 'wait until the network is quiet');
  await kill(page, 'model');
  const answer = await asked;
  expect(answer).toMatchObject({ stage: 'hybrid', complete: true, skipped: [{ code: 'worker-lost' }] });
  await models.mend();
  expect(await ask(page, 'wait until the network is back')).toMatchObject({ stage: 'reranked', skipped: [] });
});

/** Runs in a worker: memory is refused as WebAssembly puts it. */
function exhaustMemory(): void {
  const fail = (): never => {
    throw new RangeError('WebAssembly.Memory(): could not allocate memory');
  };
  WebAssembly.Memory = class {
    constructor() {
      fail();
    }
  } as unknown as typeof WebAssembly.Memory;
  WebAssembly.instantiate = async () => fail();
  WebAssembly.instantiateStreaming = async () => fail();
}
