import { expect, it } from 'vitest';
import { createAnalyzers } from './analysis.ts';
import { planQuery } from './concepts.ts';
import { parseQuery } from './query.ts';

it('a stop word of one language is no misspelt word of another', async () => {
  const { concepts } = planQuery(
    parseQuery('when hafen opens', { typing: false }),
    await createAnalyzers(['en', 'de']),
  );
  expect(concepts.map(({ surface }) => surface)).toEqual([undefined, 'hafen', 'opens']);
});
