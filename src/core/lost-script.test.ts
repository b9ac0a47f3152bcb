import { describe, expect, it } from 'vitest';
import { lostScript } from './lost-script.ts';

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
