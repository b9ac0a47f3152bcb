import { resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { openBrowserEvaluable } from '../src/cli/eval-browser.ts';
import { openEngineEvaluable } from '../src/cli/eval-engine.ts';
import { parsePipeline } from '../src/cli/eval-port.ts';

const corpus = { kind: 'folder', path: resolve(import.meta.dirname, '../docs'), sections: true } as const;
const questions = [
  'how is a test set made',
  'stage that hurts',
  'judge results by hand',
  'why is everything in a worker',
];

test('findling eval --browser: Node and the page agree to 1e-6 on lexical, dense and hybrid', async () => {
  const page = resolve(import.meta.dirname, '../.cache/e2e-dist');
  const browser = await openBrowserEvaluable({ corpus }, { page });
  const node = await openEngineEvaluable(corpus);
  try {
    for (const label of ['lexical', 'dense', 'hybrid', 'hybrid:rrf'])
      for (const question of questions) {
        const spec = parsePipeline(label);
        const [here, there] = [await node.search(question, spec, 50), await browser.search(question, spec, 50)];
        expect(here.rows.length).toBeGreaterThan(0);
        expect(there.skipped).toEqual([]);
        expect(there.rows.map(({ document }) => document)).toEqual(here.rows.map(({ document }) => document));
        for (const [at, { score }] of there.rows.entries())
          expect(score).toBeCloseTo(here.rows[at]?.score ?? Number.NaN, 6);
      }
  } finally {
    await browser.close();
    await node.close();
  }
});
