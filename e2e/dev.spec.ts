import { expect, test } from '@playwright/test';
import { shippedModels } from './models.ts';
import { answered, box, listen, openPage, results } from './page.ts';

test('the development page gives the three tiers in order', async ({ page }) => {
  await openPage(page, shippedModels());
  const heard = await listen(page);
  await box(page).fill('wait until the network is quiet');
  await answered(page, 'reranked');
  const order = (await heard()).map((each) => each.stage).filter((name, index, all) => name !== all[index - 1]);
  expect(order).toEqual(['bm25', 'hybrid', 'reranked']);
  await expect(results(page)).toHaveCount(12);
});
