import { expect, it } from 'vitest';
import type { IndexReport } from '../engine/types.ts';
import { counted, reportText } from './report.ts';

const nothing: IndexReport = { added: 0, unchanged: 0, passages: 0, failed: [] };
const given = (...names: readonly string[]) => ({
  sources: names.map((name) => ({ id: `file:${name}`, type: 'markdown' as const, content: '' })),
  ignored: [],
  unread: [],
});

it('counts one thing as one', () => {
  expect([0, 1, 2, 1234].map((count) => counted(count, 'passage'))).toEqual([
    '0 passages',
    '1 passage',
    '2 passages',
    '1,234 passages',
  ]);
});

it('names a file as its owner does, once, and ends each sentence once', () => {
  const failed = [
    { id: 'file:c%23.pdf', code: 'bad-input' as const, reason: 'file:c%23.pdf is not a readable PDF: Invalid.' },
    { id: 'file:b.md', code: 'internal' as const, reason: 'Left out' },
  ];
  const text = reportText(given('c#.pdf', 'b.md', 'a.md'), { ...nothing, added: 1, passages: 3, failed });
  expect(text).toBe('1 document indexed (3 passages). c#.pdf is not a readable PDF: Invalid. b.md: Left out.');
});

it('says how many files have taken the place of earlier ones', () => {
  const known = new Set(['file:a.md', 'file:b.md', 'file:c.md', 'file:other.md']);
  const failed = [{ id: 'file:c.md', code: 'bad-input' as const, reason: 'No.' }];
  const report = { ...nothing, added: 2, passages: 2, unchanged: 1, failed };
  expect(reportText(given('a.md', 'b.md', 'c.md', 'new.md'), report, known)).toBe(
    '2 documents indexed (2 passages). 1 earlier file of the same name replaced. 1 unchanged. c.md: No.',
  );
});

it('says why nothing was indexed', () => {
  expect(reportText(given())).toContain('None of these files');
  const unread = [{ id: 'file:a.md', reason: 'It has changed' }];
  expect(reportText({ ...given(), ignored: ['x.png'], unread })).toBe(
    '1 of another type left out. a.md: It has changed.',
  );
});
