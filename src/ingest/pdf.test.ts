import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDocument } from './document.ts';
import { isFileName } from './pdf.ts';
import { pageLines, paragraphs, withoutRunningTitles } from './pdf-layout.ts';
import { hideWorkerScope, showWorkerScope } from './worker-scope.ts';

/** Made by Chromium from a page of three sections, with bookmarks. */
const bees = readFileSync(join(import.meta.dirname, 'fixtures/bees.pdf'));

describe('reading PDF', () => {
  it('makes a section of each page, under its bookmark', async () => {
    const before = bees.slice();
    const page = await readDocument({ id: 'bees.pdf', type: 'pdf', content: bees });
    expect(page).toMatchObject({ title: 'Keeping bees in winter', language: 'en' });
    expect(page.sections.map(({ heading, anchor }) => [...heading, anchor])).toEqual([
      ['Page 1', 'page=1'],
      ['Ventilation', 'Page 2', 'page=2'],
      ['Mice', 'Page 3', 'page=3'],
    ]);
    expect(page.text).toContain('so that condensed water runs out at the entrance.\nLeave a small upper opening.');
    expect(bees.equals(before)).toBe(true);
  });
  it('says what is wrong with what it cannot read', async () => {
    const fails = (content: string | Uint8Array) => expect(readDocument({ id: 'x.pdf', type: 'pdf', content })).rejects;
    await fails(new Uint8Array([1, 2, 3])).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('x.pdf'),
    });
    await fails(bees.subarray(0, 400)).toMatchObject({ code: 'bad-input' });
    await fails('%PDF').toMatchObject({ code: 'bad-input', message: expect.stringContaining('Uint8Array') });
  });
  it('takes names of files, and no names of other things, for no titles', () => {
    const titles = ['Introduction to Node.js', 'ASP.NET', 'Report v2.final', 'Untitled 1', 'My report.DOCX', 'a.tex'];
    expect(titles.map(isFileName)).toEqual([false, false, false, true, true, true]);
  });
  it("leaves the scope's postMessage as it was", async () => {
    const own = () => undefined;
    Object.defineProperty(globalThis, 'postMessage', { value: own, configurable: true });
    try {
      hideWorkerScope();
      expect(globalThis.postMessage).toBeUndefined();
      showWorkerScope();
      expect(globalThis.postMessage).toBe(own);
    } finally {
      Reflect.deleteProperty(globalThis, 'postMessage');
    }
  });
});

describe('a page of a PDF', () => {
  const item = (str: string, y: number, width: number) => ({
    str,
    transform: [1, 0, 0, 1, 0, y],
    width,
    height: str === ' ' ? 0 : 10,
    hasEOL: false,
  });
  const line = (str: string, y: number) => ({ ...item(str, y, 100), hasEOL: true });
  it('becomes paragraphs at gaps and list items, hyphens at line ends undone', () => {
    const lines = pageLines([
      line('Contents . . . . . . . 7', 700),
      line('A long para-', 660),
      line('graph about X-', 648),
      line('Rays goes on.', 636),
      line('• item', 624),
      line(' ', 612),
      line('Next column', 700),
    ]);
    expect(paragraphs(lines)).toEqual([
      'Contents … 7',
      'A long paragraph about X- Rays goes on.',
      '• item',
      'Next column',
    ]);
  });
  it('loses its running title and number', () => {
    const pages = [1, 2, 3, 4].map((n) =>
      pageLines([line('The Book', 700), line(`Text ${'abcde'[n]}`, 600), line(`${n}`, 10)]),
    );
    expect(withoutRunningTitles(pages).map((page) => page.map((each) => each.text))).toEqual([
      ['Text b'],
      ['Text c'],
      ['Text d'],
      ['Text e'],
    ]);
  });
  it('keeps the numbered headings that pages begin with', () => {
    for (const heading of ['Question', 'Exercise 1.', 'Q', 'Part i']) {
      const pages = [1, 2, 3].map((n) => pageLines([line(`${heading} ${n}`, 700), line(`Text ${'abcd'[n]}`, 600)]));
      expect(withoutRunningTitles(pages)).toEqual(pages);
    }
  });
  it('loses a running title with the number before it, apart from it, or at the foot', () => {
    const apart = (n: number) => [item('The Book', 700, 50), item(' ', 700, 300), line(`${n}`, 700)];
    const first = [
      (n: number) => [line(`${n} The Book`, 700)],
      (n: number) => [line(`The Book | ${n}`, 700)],
      (n: number) => [line(`– ${'i'.repeat(n)} –`, 700)],
      apart,
    ];
    for (const head of first) {
      const pages = [1, 2, 3].map((n) => pageLines([...head(n), line('Text', 600), line(`Page ${n} of 3`, 10)]));
      expect(withoutRunningTitles(pages).map((page) => page.map((each) => each.text))).toEqual([
        ['Text'],
        ['Text'],
        ['Text'],
      ]);
    }
  });
});
