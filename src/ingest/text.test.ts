import { describe, expect, it } from 'vitest';
import type { Document } from '../core/document.ts';
import { readDocument } from './document.ts';

const read = (content: string | Uint8Array): Promise<Document> =>
  readDocument({ id: 'notes.txt', type: 'text', content });

describe('reading text', () => {
  it('joins paragraphs wrapped at a fixed width, and keeps other lines', async () => {
    const page = await read(
      'A colony survives the cold by forming a cluster around\nits queen, and by eating honey.\n\nDear Sir,\nyours\n\n    code()\n    more()\n',
    );
    expect(page.text).toBe(
      'A colony survives the cold by forming a cluster around its queen, and by eating honey.\nDear Sir,\nyours\n    code()\n    more()',
    );
  });
  it('reads underlined headings, nested as they first occur', async () => {
    const page = await read(
      '====\nBees\n====\n\nIntro\n\nWinter\n------\nCold.\n\nMice\n~~~~\nBite.\n\nSummer\n------\nHot.\n',
    );
    expect(page.title).toBe('Bees');
    expect(page.sections.map((section) => section.heading)).toEqual([[], ['Winter'], ['Winter', 'Mice'], ['Summer']]);
    expect(page.text).toBe('Bees\nIntro\nWinter\nCold.\nMice\nBite.\nSummer\nHot.');
  });
  it('takes no table for a heading', async () => {
    expect((await read('a   b\n--- ---\n1   2\n')).sections.map((section) => section.heading)).toEqual([[]]);
  });
  it('names the document by its file', async () => {
    expect((await read('Just words.')).title).toBe('notes.txt');
  });
  it('gives an empty document no sections', async () => {
    expect(await read(' \n\n ')).toMatchObject({ text: '', sections: [] });
  });
});

describe('decoding', () => {
  const bytes = (...values: number[]) => new Uint8Array(values);
  it('replaces broken UTF-8 and goes on', async () => {
    expect((await read(bytes(0x61, 0xff, 0x62, 0xc3))).text).toBe('a\ufffdb\ufffd');
  });
  it('honours byte-order marks', async () => {
    expect((await read(bytes(0xef, 0xbb, 0xbf, 0x61))).text).toBe('a');
    expect((await read(bytes(0xff, 0xfe, 0x61, 0, 0xe4, 0))).text).toBe('aä');
    expect((await read(bytes(0xfe, 0xff, 0, 0x61, 0, 0xe4))).text).toBe('aä');
    expect((await read('\ufeffa\r\nb')).text).toBe('a\nb');
  });
  it("honours a page's declared charset", async () => {
    const page = async (head: string) => {
      const content = new Uint8Array([...new TextEncoder().encode(`${head}<p>`), 0x80, 0xe4]);
      return (await readDocument({ id: 'x', type: 'html', content })).text;
    };
    expect(await page('<meta charset="windows-1252">')).toBe('€ä');
    expect(await page('<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1">')).toBe('€ä');
    expect(await page('<meta charset=no-such>')).toBe('\ufffd\ufffd');
    expect(await page('<meta charset=utf-16>')).toBe('\ufffd\ufffd');
  });
});
