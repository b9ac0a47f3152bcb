import type { StoredPassage } from './document.ts';

/** What a passage and a result both say of where they stand. */
type Standing = Pick<StoredPassage, 'id' | 'url' | 'title' | 'heading' | 'anchor'> & { readonly documentId: string };

/**
 * One place to a reader, equal for all passages of a section: they have one link, one title and one heading path, and whoever follows
 * it has the others before them. Where neither link nor headings lead into a document, as in a text file, its passages are far apart,
 * and each is a place of its own.
 */
export function placeOf({ id, documentId, url, title, heading, anchor }: Standing): string {
  if (anchor === '' && heading.length === 0) return id;
  return JSON.stringify([documentId, url, title, anchor, ...heading]);
}
