import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SourceType } from '../core/document.ts';
import { readDocument } from './document.ts';
import { lostScript } from './scripts.ts';

/** As browsers say it. */
const LOST = [
  'Failed to fetch dynamically imported module: http://localhost/assets/pdfjs-Cl97I423.js',
  'error loading dynamically imported module: http://localhost/assets/pdfjs-Cl97I423.js',
  'Importing a module script failed.',
] as const;

describe('a script that does not come', () => {
  it.each(LOST)('is a matter of the network: %s', (message) => {
    const cause = new TypeError(message);
    expect(lostScript(cause, 'reads PDF files')).toMatchObject({
      name: 'SearchError',
      code: 'network',
      message:
        'The script that reads PDF files could not be loaded. Check the connection and try again; if it stays so, reload the page.',
      cause,
    });
  });
  it('is not one that fails by itself', () => {
    const error = new TypeError('Map.groupBy is not a function');
    expect(lostScript(error, 'reads PDF files')).toBe(error);
  });
});

describe('a document whose reader does not come', () => {
  afterEach(() => {
    vi.doUnmock('./pdfjs.ts');
    vi.resetModules();
  });

  it.each([
    ['html', 'HTML'],
    ['markdown', 'Markdown'],
    ['pdf', 'PDF files'],
  ] as const)('names what is missing: %s', async (type: SourceType, what) => {
    const source = {
      id: 'good',
      type,
      // Where a test can fail the reading as the import would.
      get content(): string {
        throw new TypeError(LOST[0]);
      },
    };
    await expect(readDocument(source)).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining(`The script that reads ${what} could not be loaded.`),
    });
  });
  it('is not blamed for it', async () => {
    vi.resetModules();
    vi.doMock('./pdfjs.ts', () => {
      throw new TypeError(LOST[0]);
    });
    const fresh = await import('./document.ts');
    const content = readFileSync(join(import.meta.dirname, 'fixtures/bees.pdf'));
    const failure = await fresh.readDocument({ id: 'bees.pdf', type: 'pdf', content }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(String(failure)).not.toContain('bees.pdf');
  });
});
