import type { Document, Section, StoredPassage } from '../core/document.ts';
import { type DocumentId, passageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import { openCorpus } from '../index/corpus.ts';
import { loadManifest } from '../index/manifest.ts';
import { MANIFEST_NAME } from '../index/published/manifest.ts';
import { openPublishedIndex } from '../index/published/published-index.ts';

/**
 * The documents of an index, put together again from their passages, which tile them. Made by any model: only the texts
 * are read. SearchError 'not-found' where there is no index.
 */
export async function indexedDocuments(store: Store, where: string): Promise<readonly Document[]> {
  const passages =
    (await store.read(MANIFEST_NAME)) === undefined ? ownPassages(store, where) : publishedPassages(store);
  const documents = new Map<DocumentId, StoredPassage[]>();
  for (const passage of await passages) {
    const known = documents.get(passage.documentId);
    if (known === undefined) documents.set(passage.documentId, [passage]);
    else known.push(passage);
  }
  return [...documents.values()].map((each) => joined([...each].sort((a, b) => a.start - b.start)));
}

/** Of an index that an engine keeps in a folder. */
async function ownPassages(store: Store, where: string): Promise<readonly StoredPassage[]> {
  const manifest = await loadManifest(store, '');
  if (manifest === undefined) throw new SearchError('not-found', `There is no index at ${where}.`);
  const analyzer = () => Promise.reject(new SearchError('unsupported', 'This index is only read.'));
  const view = (await openCorpus(store, { fingerprint: manifest.fingerprint, analyzer })).view();
  const found: StoredPassage[] = [];
  for (const { id, passages } of await view.documents())
    found.push(...(await view.passages(Array.from({ length: passages }, (_, ordinal) => passageId(id, ordinal)))));
  return found;
}

/** Of an index that `findling index` wrote. */
async function publishedPassages(store: Store): Promise<readonly StoredPassage[]> {
  const index = await openPublishedIndex(store, { words: () => [] });
  const ids = await index.idsOf(Array.from({ length: index.facts.passages }, (_, number) => number));
  return index.passages(ids);
}

function joined(passages: readonly StoredPassage[]): Document {
  const sections: Section[] = [];
  for (const { start, end, heading, anchor, weight } of passages) {
    const last = sections.at(-1);
    if (last !== undefined && last.anchor === anchor && last.heading.join('\n') === heading.join('\n'))
      sections[sections.length - 1] = { ...last, end };
    else sections.push({ start, end, heading, anchor, weight });
  }
  const [first] = passages;
  const text = passages.map((passage) => passage.text).join('');
  const { documentId: id, url, title, language } = first ?? fail();
  return { id, url, title, language, text, sections };
}

function fail(): never {
  throw new SearchError('internal', 'A document without passages.');
}
