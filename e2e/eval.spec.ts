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

test('findling eval --browser: reranked agrees to the quantisation', async () => {
  const page = resolve(import.meta.dirname, '../.cache/e2e-dist');
  const browser = await openBrowserEvaluable({ corpus }, { page, backend: 'wasm' });
  const node = await openEngineEvaluable(corpus);
  try {
    // All of the reranker, nothing of the fused order, on a scale from the pool's worst (0) to its best (1). int8 kernels of WASM
    // and of the native build round differently: .052 has been seen.
    const spec = parsePipeline('reranked:tiny:pool=8:blend=1');
    for (const question of questions.slice(0, 2)) {
      const [here, there] = [await node.search(question, spec, 8), await browser.search(question, spec, 8)];
      expect(there.skipped).toEqual(here.skipped);
      const scores = new Map(here.rows.map(({ document, score }) => [document, score]));
      expect(there.rows.map(({ document }) => document).sort()).toEqual([...scores.keys()].sort());
      for (const { document, score } of there.rows)
        expect(Math.abs(score - (scores.get(document) ?? 0))).toBeLessThan(0.1);
    }
  } finally {
    await browser.close();
    await node.close();
  }
});
