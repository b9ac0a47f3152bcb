import { safeHref } from '../element/result-item.ts';
import type { Result } from '../engine/types.ts';
import { isOwnFile } from './files.ts';

/** Where a result of the page leads: nowhere for the visitor's own files, of which only the index stays in the browser. */
export function linkOf({ documentId, url, anchor }: Pick<Result, 'documentId' | 'url' | 'anchor'>): string | undefined {
  return isOwnFile(documentId) ? undefined : safeHref(url, anchor);
}
