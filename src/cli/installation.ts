import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where findling lies: sources and the built command are at the same depth. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** An installed package brings its page built, and neither Vite's configuration nor the sources' index.html. */
export const IS_CHECKOUT = existsSync(resolve(ROOT, 'vite.config.ts'));

export function version(): string {
  return JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')).version;
}
