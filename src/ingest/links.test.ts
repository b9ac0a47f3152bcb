import { expect, it } from 'vitest';
import { readLinks } from './links.ts';

it('reads the links of a page in order, their words on one line', async () => {
  const content =
    '<nav><a href="/a">All\n <b>docs</b></a></nav><a href="">no</a><a name=x>no</a><a href="#y">¶</a><a href="b?x&amp;y">B<a href="c">C</a>';
  expect(await readLinks({ id: 'x', type: 'html', content })).toEqual([
    { text: 'All docs', href: '/a' },
    { text: 'B', href: 'b?x&y' },
    { text: 'C', href: 'c' },
  ]);
});

it('reads the links of Markdown, and none in code', async () => {
  const content = 'See [the *guide*](guide.md), [api][1] and <https://x.org>.\n\n    [no](no)\n\n[1]: /api "t"\n';
  expect(await readLinks({ id: 'x', type: 'markdown', content })).toEqual([
    { text: 'the guide', href: 'guide.md' },
    { text: 'api', href: '/api' },
    { text: 'https://x.org', href: 'https://x.org' },
  ]);
});

it('refuses types without links', async () => {
  await expect(readLinks({ id: 'x', type: 'text', content: '' })).rejects.toMatchObject({ code: 'bad-input' });
});
