import { join } from 'node:path';
import type { GivenFilters } from '../core/filters.ts';

/** Options that the adapters of all generators take. */
export interface AdapterOptions {
  /** Globs of pages to leave out, relative to the built site. */
  readonly exclude?: readonly string[];
  /** Glob → score multiplier. */
  readonly weight?: Readonly<Record<string, number>>;
  /** Glob → what searches may be narrowed to: `{ 'guide/**': { section: 'Guide' } }`. */
  readonly filters?: Readonly<Record<string, GivenFilters>>;
}

/** Where adapters put the index in the site; inside it each language has a folder. */
export const INDEX_FOLDER = 'findling';

/** A page of the content: in development nothing is built, and Markdown stands for the page it will be. */
export interface ContentPage {
  readonly file: string;
  /** The file that it will be in the built site. */
  readonly path: string;
  readonly url: string;
  readonly language: string;
}

/** Where the index of the content is written. */
export function contentIndex(root: string): string {
  return join(root, '.cache/findling/dev');
}
