import { expect, it } from 'vitest';
import { rehearse } from './rehearsal.ts';

it('goes through a whole search: the engine would not notice a rehearsal that stops half way', async () => {
  const { results } = await rehearse();
  expect(results.map(({ excerpt }) => excerpt.highlights.length > 0)).toEqual([true, true]);
});
