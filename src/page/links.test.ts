import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { gather } from './files.ts';
import { linkOf } from './links.ts';

beforeEach(() => void vi.stubGlobal('document', { baseURI: 'http://localhost/' }));
afterEach(() => void vi.unstubAllGlobals());

it('links to the pages of the site, and to none of the files of the visitor', async () => {
  expect(linkOf({ documentId: 'vite/README.md', url: 'docs/vite/README.md', anchor: 'use' })).toBe(
    'docs/vite/README.md#use',
  );
  const file = new File(['# Plan'], 'plan.md');
  const { sources } = await gather(
    ['notes/plan.md', 'a?b%.md', 'c#.md'].map((path) => ({ path, open: async () => file })),
  );
  expect(sources).toHaveLength(3);
  for (const { id, url = id } of sources) expect(linkOf({ documentId: id, url, anchor: 'plan' })).toBeUndefined();
});
