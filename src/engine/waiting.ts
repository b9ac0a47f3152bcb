import type { Document, Passage, Source } from '../core/document.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import type { Inbox } from './inbox.ts';
import type { IndexReport } from './types.ts';

/** How documents are read. */
export interface Reading {
  read(source: Source): Promise<Document>;
  split(document: Document): readonly Passage[];
}

/** Waiting documents read at a time, in one transaction. Few, because each may be a PDF of many megabytes. */
const TAKEN = 8;

/** A tab may be closed by chance while it reads a document, but not so often over the same one. */
const MOST_DEATHS = 5;
const DEADLY = `The page ended ${MOST_DEATHS} times while it read this document, which is left out. Add it again to try anew.`;

/** Which document it was stands in what cannot be read. */
const UNREAD =
  'A document that waited to be indexed is damaged in this browser’s storage, and left out. Add your newest documents again.';

export interface WaitingParts {
  readonly inbox: Inbox;
  /** Of what waits, in its order. */
  readonly names: readonly string[];
  /** Those of them that the present call has given, and the ids of their documents. */
  readonly fresh: ReadonlySet<string>;
  readonly ids: ReadonlySet<string>;
  readonly reading: Reading;
}

/** What waits in an inbox, as `indexSources()` takes it. */
export interface Waiting extends Reading {
  readonly sources: AsyncIterable<Source>;
  /** Waiting documents that were left out for good, once `sources` has ended. */
  readonly leftOut: IndexReport['failed'];
  /** Whether the present call has given it. */
  isFresh(source: Source): boolean;
  /** Takes sources that are done with out of the inbox. */
  done(sources: readonly Source[]): Promise<void>;
}

/** Gives what waits in its order, without what is damaged, what has ended the page again and again, and versions that are overtaken. */
export async function whatWaits({ inbox, names, fresh, ids, reading }: WaitingParts): Promise<Waiting> {
  const nameOf = new Map<Source, string>();
  const leftOut: IndexReport['failed'][number][] = [];
  const deaths = await inbox.deaths(names);
  const passagesOf = new WeakMap<Document, readonly Passage[]>();

  /** Why a waiting document is left out; undefined where it is not. */
  const fault = (name: string, source: Source | SearchError): IndexReport['failed'][number] | undefined => {
    if (source instanceof SearchError) return { id: name, code: source.code, reason: UNREAD };
    const isDeadly = (deaths.get(name) ?? 0) >= MOST_DEATHS;
    return isDeadly ? { id: source.id, code: 'internal', reason: DEADLY } : undefined;
  };
  /** Given anew after a call that failed: the version that waited since then is overtaken. */
  const isOvertaken = (name: string, { id }: Source) => !fresh.has(name) && ids.has(id);

  async function* sources(): AsyncGenerator<Source> {
    for await (const [name, source] of inGroups(inbox, names)) {
      const failure = fault(name, source);
      if (failure !== undefined) leftOut.push(failure);
      if (failure !== undefined || source instanceof SearchError || isOvertaken(name, source)) {
        await inbox.done([name]);
        continue;
      }
      nameOf.set(source, name);
      yield source;
    }
  }
  /** Splits at once, so that all that a document may do to the tab has happened when it has been read. */
  const readWhole = async (source: Source): Promise<Document> => {
    const document = await reading.read(source);
    passagesOf.set(document, reading.split(document));
    return document;
  };
  return {
    sources: sources(),
    leftOut,
    isFresh: (source) => fresh.has(nameOf.get(source) ?? ''),
    /** What a dead tab has left is noted while it is read: the cause of its death may be among it. Fresh ones are not worth that. */
    async read(source) {
      const name = nameOf.get(source);
      if (name === undefined || fresh.has(name)) return readWhole(source);
      await inbox.reading(name);
      try {
        return await readWhole(source);
      } finally {
        await inbox.reading(undefined);
      }
    },
    split: (document) => passagesOf.get(document) ?? reading.split(document),
    async done(finished) {
      await inbox.done(finished.flatMap((source) => nameOf.get(source) ?? []));
      for (const source of finished) nameOf.delete(source);
    },
  };
}

/** Waiting documents in their order, some read at a time; in place of one that cannot be read its error. */
async function* inGroups(
  inbox: Inbox,
  names: readonly string[],
): AsyncGenerator<readonly [string, Source | SearchError]> {
  for (let from = 0; from < names.length; from += TAKEN) {
    const group = names.slice(from, from + TAKEN);
    const sources = await Promise.all(group.map((name) => inbox.take(name).catch(damage)));
    for (const [at, source] of sources.entries()) if (source !== undefined) yield [group[at] ?? '', source];
  }
}

/** What is damaged will be so at every visit, and must not stand in the way of all others. */
function damage(cause: unknown): SearchError {
  const error = toSearchError(cause);
  if (error.code !== 'corrupt') throw error;
  return error;
}
