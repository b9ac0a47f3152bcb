import { expect, it } from 'vitest';
import { otherSpelling } from './spellings.ts';

it.each([
  ['serialise', 'serialize'],
  ['normalizing', 'normalising'],
  ['organisations', 'organizations'],
  ['behaviour', 'behavior'],
  ['favourites', 'favorites'],
  ['wise', undefined],
  ['four', undefined],
  ['size', undefined],
  ['color', undefined],
])('%s is also spelt %s', (word, other) => {
  expect(otherSpelling(word)).toBe(other);
});
