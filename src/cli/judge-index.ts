import type { Document, Section, StoredPassage } from '../core/document.ts';
import { type DocumentId, passageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import { openCorpus } from '../index/corpus.ts';
import { loadManifest } from '../index/manifest.ts';

/**
 * The documents of an index, put together again from their passages, which tile them. Made by any model: only the texts
 * are read. SearchError 'not-found' where there is no index.
 */
export async function indexedDocuments(store: Store, where: string): Promise<readonly Document[]> {
  const manifest = await loadManifest(store, '');
  if (manifest === undefined) throw new SearchError('not-found', `There is no index at ${where}.`);
  const analyzer = () => Promise.reject(new SearchError('unsupported', 'This index is only read.'));
  const view = (await openCorpus(store, { fingerprint: manifest.fingerprint, analyzer })).view();
  const documents: Document[] = [];
  for (const { id, url, title, passages: count } of await view.documents()) {
    const ids = Array.from({ length: count }, (_, ordinal) => passageId(id, ordinal));
    documents.push(joined(id, url, title, await view.passages(ids)));
  }
  return documents;
}

function joined(id: DocumentId, url: string, title: string, passages: readonly StoredPassage[]): Document {
  const sections: Section[] = [];
  for (const { start, end, heading, anchor, weight } of passages) {
    const last = sections.at(-1);
    if (last !== undefined && last.anchor === anchor && last.heading.join('\n') === heading.join('\n'))
      sections[sections.length - 1] = { ...last, end };
    else sections.push({ start, end, heading, anchor, weight });
  }
  const text = passages.map((passage) => passage.text).join('');
  return { id, url, title, language: passages[0]?.language ?? 'en', text, sections };
}
