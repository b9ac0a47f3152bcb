import { expect, it } from 'vitest';
import { gather } from './files.ts';

const given = (path: string) => ({ path, open: async () => new File(['# Plan'], 'plan.md') });

it('takes what can be read, and names what cannot with its reason', async () => {
  const gone = { path: 'gone.md', open: () => Promise.reject(new DOMException('It has gone.', 'NotFoundError')) };
  const file = new File(['# Plan'], 'changed.md');
  file.arrayBuffer = () => Promise.reject(new DOMException('It has changed.', 'NotReadableError'));
  const changed = { path: 'changed.md', open: async () => file };
  const { sources, ignored, unread } = await gather([gone, given('a.md'), changed, given('picture.png')]);
  expect(sources.map(({ id }) => id)).toEqual(['file:a.md']);
  expect(ignored).toEqual(['picture.png']);
  expect(unread).toEqual([
    { id: 'file:gone.md', reason: 'It has gone.' },
    { id: 'file:changed.md', reason: 'It has changed.' },
  ]);
});

it('keeps files of one name that are given together apart', async () => {
  const { sources } = await gather(['plan.md', 'plan.md', 'b/plan.md', 'plan.md'].map(given));
  expect(sources.map(({ url }) => url)).toEqual(['plan.md', 'plan.md (2)', 'b/plan.md', 'plan.md (3)']);
  expect(new Set(sources.map(({ id }) => id)).size).toBe(4);
});

it('stops where it is told to', async () => {
  await expect(gather([given('a.md')], AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
});
