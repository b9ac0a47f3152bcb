import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Evaluable } from '../src/cli/eval-port.ts';
import { serveJudging, writeTestSet } from '../src/cli/judge.ts';
import { scratchFolder } from '../test/scratch.ts';

const documents = ['one', 'two'].map((id) => ({ id, title: `<b>${id}</b>`, text: `Text of ${id}` }));
const evaluable: Evaluable = {
  boosts: [1, 1, 1],
  lexicalShare: 0.5,
  blendOf: async () => 0.5,
  search: async () => ({
    rows: documents.map(({ id }, at) => ({ document: id, score: -at })),
    milliseconds: 0,
    skipped: [],
  }),
  rerank: async () => ({ rows: [], milliseconds: 0, skipped: [] }),
  logits: async () => [],
  bytes: async () => undefined,
  close: async () => undefined,
};

test('findling judge: keys grade and save, own questions are added, titles are text', async ({ page }) => {
  const folder = scratchFolder('judge');
  const queries = [{ id: 'q1', text: 'first question' }];
  writeTestSet(folder, { name: 'x', documents, queries, qrels: new Map([['q1', new Map([['two', 1]])]]) });
  const saved = () => readFileSync(join(folder, 'qrels/test.tsv'), 'utf8').trim().split('\n').slice(1);
  let stop: () => void = () => undefined;
  const url = new Promise<string>((resolve) => {
    void serveJudging(folder, evaluable, { pipelines: 'lexical', depth: 5, port: 0 }, (address, close) => {
      stop = close;
      resolve(address);
    });
  });
  await page.goto(await url);
  const results = page.locator('article');
  await expect(results).toHaveCount(2);
  await expect(results.first()).toContainText('<b>one</b>');
  await expect(results.first()).toBeFocused();
  await page.keyboard.press('3');
  await expect(results.nth(1)).toBeFocused();
  await page.keyboard.press('0');
  await expect.poll(saved).toEqual(['q1\ttwo\t0', 'q1\tone\t3']);
  await page.keyboard.press('x');
  await expect.poll(saved).toEqual(['q1\tone\t3']);
  await page.getByLabel('Ask your own question').fill('my own question');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading')).toHaveText('my own question');
  await expect(results.first()).toBeFocused();
  await page.keyboard.press('2');
  await expect.poll(saved).toEqual(['q1\tone\t3', 'own2\tone\t2']);
  stop();
});
