import { expect, it } from 'vitest';
import { sourceTypeOf } from './source-type.ts';

it('goes by the extension, then by the MIME type', () => {
  expect(['a.md', 'b/c.MDX', 'd.markdown'].map((name) => sourceTypeOf(name))).toEqual([
    'markdown',
    'markdown',
    'markdown',
  ]);
  expect(['a.htm', 'a.html', 'a.xhtml'].map((name) => sourceTypeOf(name))).toEqual(['html', 'html', 'html']);
  expect(['a.txt', 'a.rst', 'a.pdf'].map((name) => sourceTypeOf(name))).toEqual(['text', 'text', 'pdf']);
  expect(sourceTypeOf('page', 'text/html; charset=utf-8')).toBe('html');
  expect(sourceTypeOf('a.md', 'text/plain')).toBe('markdown');
});

it('knows what it cannot read', () => {
  expect(['a.png', 'README', 'a.constructor', ''].map((name) => sourceTypeOf(name))).toEqual(Array(4).fill(undefined));
  expect(sourceTypeOf('a', 'image/png')).toBeUndefined();
});
