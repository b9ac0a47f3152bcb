import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { documentId, passageId, type StoredPassage } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { Store } from '../core/ports.ts';
import type { ScoredPassage } from '../core/ranking.ts';
import type { Semantic } from '../engine/host.ts';
import { corpusFingerprint } from '../engine/local-corpus.ts';
import type { CorpusMoment, SearchableCorpus } from '../engine/moments.ts';
import { openReadOnlyCorpus } from '../engine/published-corpus.ts';
import { staticIndex } from '../engine/static-index.ts';
import type { RunRow } from '../eval/collection.ts';
import { bestPassages } from '../eval/maxp.ts';
import { MANIFEST_NAME } from '../index/published/manifest.ts';
import { CHUNKER_VERSION } from '../ingest/passages.ts';
import { fileStore } from '../store/files.ts';
import { httpStore } from '../store/http.ts';
import { memoryStore } from '../store/memory.ts';
import { type Corpus, isUrl } from './eval-files.ts';
import { folderSources, judgedSourceId, judgedSources } from './eval-sources.ts';
import { nodeCorpus } from './node-engine.ts';
import { uncancelled } from './uncancelled.ts';

/** Passages of one document that a given run's reranking reads at most. */
const MOST_PASSAGES = 200;
const PASSAGES_AT_ONCE = 8;

/** A corpus whose documents carry the ids of the test set. */
export interface OpenedCorpus {
  readonly searchable: SearchableCorpus;
  /** Bytes of the index; undefined where it is somewhere else. */
  readonly bytes: number | undefined;
  /** What is judged (documents, or sections), each by its best passage. */
  rowsOf(found: readonly ScoredPassage[], moment: CorpusMoment): Promise<readonly RunRow[]>;
  /** The passages of each judged thing, in the order asked; none for what the corpus lacks. */
  passagesOf(judged: readonly string[], moment: CorpusMoment): Promise<readonly (readonly StoredPassage[])[]>;
}

export async function openCorpusOf(corpus: Corpus, semantic: Semantic): Promise<OpenedCorpus> {
  if (corpus.kind === 'index') {
    const { location, sections } = corpus;
    const bytes = isUrl(location) ? undefined : folderBytes(location);
    const store = storeOf(location);
    if (await isPublished(store))
      return { searchable: staticIndex(location, store), bytes, ...published(sections ? sectionOf : documentOf) };
    const fingerprint = corpusFingerprint(semantic.space, CHUNKER_VERSION);
    const searchable = await openReadOnlyCorpus(location, store, fingerprint);
    return { searchable, bytes, ...(sections ? bySection : byDocument()) };
  }
  const local = await nodeCorpus(memoryStore(), semantic);
  const sources = corpus.kind === 'beir' ? judgedSources(corpus.documents) : folderSources(corpus.path);
  const { failed } = await local.add(sources, uncancelled(), () => undefined);
  for (const { id, reason } of failed) process.stderr.write(`findling eval: left out ${id}: ${reason}\n`);
  const { bytes } = local.corpus.statistics();
  if (corpus.kind === 'folder') return { searchable: local, bytes, ...(corpus.sections ? bySection : byDocument()) };
  return { searchable: local, bytes, ...byDocument(corpus.documents.map(({ id }) => id)) };
}

/** Was the index there written by `findling index`? Such a one cannot give all passages of a document. */
export function isPublishedAt(location: string): Promise<boolean> {
  return isPublished(storeOf(location));
}

async function isPublished(store: Store): Promise<boolean> {
  return (await store.read(MANIFEST_NAME)) !== undefined;
}

function storeOf(location: string): Store {
  return isUrl(location) ? httpStore(location) : fileStore(location);
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

type Judging = Pick<OpenedCorpus, 'rowsOf' | 'passagesOf'>;

/** Whole documents are judged. `ids`: the test set's own, in the order of judgedSources(); the engine's where absent. */
function byDocument(ids: readonly string[] = []): Judging {
  const inner = new Map(ids.map((id, index) => [id, judgedSourceId(index)]));
  const outer = new Map([...inner].map(([id, own]) => [own, id]));
  return {
    rowsOf: async (found) =>
      bestPassages(found).map(({ document, score }) => ({ document: outer.get(document) ?? document, score })),
    async passagesOf(judged, moment) {
      const own = judged.map((id) => inner.get(id) ?? id);
      const known = await passagesByDocument(own, moment);
      return own.map((id) => known.get(id) ?? []);
    },
  };
}

function sectionOf({ documentId: document, anchor }: StoredPassage): string {
  return anchor === '' ? document : `${document}#${anchor}`;
}

function documentOf({ documentId: document }: StoredPassage): string {
  return document;
}

/** What is judged, by its best passage, where only the passages themselves tell what they are of. */
function rowsBy(nameOf: (passage: StoredPassage) => string): Judging['rowsOf'] {
  return async (found, { passages }) => {
    const stored = await passages.passages(found.map(({ id }) => id));
    const names = new Map(stored.map((passage) => [passage.id, nameOf(passage)]));
    return bestPassages(
      found.flatMap(({ id, score }) => {
        const name = names.get(id);
        return name === undefined ? [] : [{ id: `${name}#0`, score }];
      }),
    );
  };
}

/** An index that `findling index` wrote: its passages have numbers of its own, and no document says which are its. */
function published(nameOf: (passage: StoredPassage) => string): Judging {
  return {
    rowsOf: rowsBy(nameOf),
    async passagesOf() {
      throw new SearchError(
        'unsupported',
        'A published index cannot give all passages of a document, which --rerank-run and the parts blend and calibration of "findling tune" need: name the folder of documents instead.',
      );
    },
  };
}

/** Sections (`document#anchor`) are judged. */
const bySection: Judging = {
  rowsOf: rowsBy(sectionOf),
  async passagesOf(judged, moment) {
    const documents = new Set(judged.map((section) => section.replace(/#.*$/s, '')));
    const known = [...(await passagesByDocument([...documents], moment)).values()].flat();
    return judged.map((section) => known.filter((passage) => sectionOf(passage) === section));
  },
};

/** How many passages a document has cannot be asked for: reading goes on where there may be more. */
async function passagesByDocument(
  documents: readonly string[],
  { passages }: CorpusMoment,
): Promise<ReadonlyMap<string, readonly StoredPassage[]>> {
  const known = new Map<string, StoredPassage[]>(documents.map((id) => [id, []]));
  let wanted = documents;
  for (let from = 0; from < MOST_PASSAGES && wanted.length > 0; from += PASSAGES_AT_ONCE) {
    const ordinals = Array.from({ length: PASSAGES_AT_ONCE }, (_, at) => from + at);
    const ids = wanted.flatMap((id) => ordinals.map((ordinal) => passageId(documentId(id), ordinal)));
    for (const passage of await passages.passages(ids)) known.get(passage.documentId)?.push(passage);
    wanted = wanted.filter((id) => known.get(id)?.length === from + PASSAGES_AT_ONCE);
  }
  return known;
}
