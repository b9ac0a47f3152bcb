import { expect, test } from '@playwright/test';
import { FIXTURE_MODELS } from './models.ts';
import { openPage } from './page.ts';

const HOSTS = [
  { name: 'without cross-origin isolation everything works, on one thread', baseURL: 'http://localhost:4173' },
  { name: 'with it the reranker runs on several threads', baseURL: 'http://localhost:4175' },
] as const;

for (const { name, baseURL } of HOSTS) {
  const isolated = baseURL.endsWith('4175');
  test.describe(() => {
    test.use({ baseURL });
    test(name, async ({ page }) => {
      await openPage(page, FIXTURE_MODELS);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated);
      const { added, answer, status } = await page.evaluate(async () => {
        const { search } = globalThis.findling;
        const { added } = await search.add([
          { id: 'own', type: 'markdown', content: '# Barometer\n\nMercury falls before a storm.' },
        ]);
        const answer = await search.search('mercury falls before a storm', { limit: 5 }).done;
        return { added, answer, status: await search.status() };
      });
      expect(added).toBe(1);
      expect(answer).toMatchObject({ stage: 'reranked', complete: true, skipped: [] });
      expect(answer.results.map(({ documentId }) => documentId)).toContain('own');
      expect(status.reranker?.backend).toBe('wasm/int8');
      const cores = await page.evaluate(() => navigator.hardwareConcurrency);
      expect(status.reranker?.threads).toBe(isolated ? Math.min(4, cores) : 1);
    });
  });
}
