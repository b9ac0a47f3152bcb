import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SourceType } from '../core/document.ts';
import { readDocument } from './document.ts';

/** As Chromium says it. */
const LOST = 'Failed to fetch dynamically imported module: http://localhost/assets/pdfjs-Cl97I423.js';

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
        throw new TypeError(LOST);
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
      throw new TypeError(LOST);
    });
    const fresh = await import('./document.ts');
    const content = readFileSync(join(import.meta.dirname, 'fixtures/bees.pdf'));
    const failure = await fresh.readDocument({ id: 'bees.pdf', type: 'pdf', content }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(String(failure)).not.toContain('bees.pdf');
  });
});
