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
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  it('replaces what is broken in UTF-8 and goes on', async () => {
    expect((await read(bytes(...utf8('a Maß'), 0xff, 0x62))).text).toBe('a Maß\ufffdb');
    expect((await read(utf8('Viele Grüße aus Köln, Jürgen').subarray(0, -5))).text).toBe(
      'Viele Grüße aus Köln, J\ufffd',
    );
    expect((await read(bytes(...utf8('日'), 0xe6, 0x97))).text).toBe('日\ufffd');
    expect((await read(bytes(...utf8(`${'Größe '.repeat(3)}`), 0xfc, 0x62, 0xe4))).text).toContain(
      'Größe \ufffdb\ufffd',
    );
  });
  it('keeps U+FFFD that the text holds itself', async () => {
    expect((await read(utf8('lost \ufffd\ufffd'))).text).toBe('lost \ufffd\ufffd');
  });
  it('reads what is no UTF-8 as windows-1252, in text and Markdown', async () => {
    const content = latin1('Größenwahn, café: 5 \x80 \x84Übermut\x93');
    expect((await read(content)).text).toBe('Größenwahn, café: 5 € „Übermut“');
    const page = await readDocument({ id: 'x.md', type: 'markdown', content: latin1('# Größe\n\nf\xfcr alle') });
    expect(page).toMatchObject({ title: 'Größe', text: 'Größe\nfür alle' });
    // The last letter could begin a character of UTF-8 that was cut off.
    expect((await read(latin1('Ein Café'))).text).toBe('Ein Café');
    // Two letters that are one in UTF-8 by chance.
    expect((await read(latin1('Ü\x93 fährt für Größe'))).text).toBe('Ü“ fährt für Größe');
  });
  it('reads UTF-16 without a byte-order mark as far as it is Latin-1', async () => {
    expect((await read(bytes(...latin1('G\0r\0ö\0ß\0e\0')))).text).toBe('Größe');
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
    expect(await page('<meta charset=utf-8>')).toBe('\ufffd\ufffd');
    expect(await page('<meta charset=utf-16>')).toBe('\ufffd\ufffd');
  });
  it('takes a page that declares no charset, or an unknown one, for UTF-8 or windows-1252', async () => {
    const page = async (...parts: Uint8Array[]) =>
      (await readDocument({ id: 'x', type: 'html', content: Buffer.concat(parts) })).text;
    expect(await page(latin1('<p>Größe'))).toBe('Größe');
    expect(await page(utf8('<p>Größe'))).toBe('Größe');
    expect(await page(latin1('<meta charset=no-such><p>Größe'))).toBe('Größe');
  });
});
