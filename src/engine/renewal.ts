import { type SearchError, type SearchErrorCode, toSearchError } from '../core/errors.ts';
import { eraseCorpus } from '../index/corpus.ts';
import { type LocalCorpus, type LocalCorpusParts, openLocalCorpus } from './local-corpus.ts';
import { type Around, aroundReads } from './reads.ts';
import type { OpenOptions } from './types.ts';
import { unreadableCorpus } from './unreadable-corpus.ts';

/** A local corpus behind which another may stand after a failure: a fresh one, or one that says why it cannot be read. */
export interface RenewableCorpus extends LocalCorpus {
  /** After a search that failed: whether it failed because of this corpus, and the next may fare better. */
  recover(error: SearchError): Promise<boolean>;
  /** After an answer without what could not be read: whether damage of this corpus has been removed, as `renew` asks. */
  heal(): Promise<boolean>;
}

/** Searches go on beside a corpus that cannot be opened for one of these. */
const UNREADABLE: readonly SearchErrorCode[] = ['mismatch', 'corrupt', 'unsupported'];

function unreadable(name: string, cause: unknown): LocalCorpus {
  const error = toSearchError(cause);
  if (!UNREADABLE.includes(error.code)) throw error;
  return unreadableCorpus(name, error);
}

type Options = Pick<OpenOptions, 'name' | 'renew' | 'published'>;

/**
 * Opens the local corpus; one that cannot be read is removed where `renew` asks for it, else searches go on beside it. The same
 * later: when another tab has made it in another way, or when damage is met that opening does not see, in a text say.
 */
export async function openRenewable(options: Options, parts: LocalCorpusParts): Promise<RenewableCorpus> {
  const { name, renew = false, published = [] } = options;
  let current = await openOrRenew(name, renew, parts);
  /** What reads of this corpus have failed with: a damaged model fails a search, too. */
  const failures = new WeakSet<SearchError>();
  /** A read of it found damage, which may have left but a stage out of an answer: that of its vectors does. */
  let isDamaged = false;
  const noted: Around = async (read) => {
    try {
      return await read();
    } catch (cause) {
      const error = toSearchError(cause);
      failures.add(error);
      isDamaged ||= error.code === 'corrupt';
      throw error;
    }
  };

  /** Removes what is stored if it is damaged indeed: an older view of what another tab has merged looks damaged, too. */
  const mend = () =>
    parts.lock(async () => {
      isDamaged = false;
      current = await openOrErase(parts);
      try {
        await current.verify();
      } catch (cause) {
        if (toSearchError(cause).code !== 'corrupt') throw cause;
        await eraseCorpus(parts.store);
        current = await openLocalCorpus(parts);
        parts.announce();
      }
    });
  /** What a writer of documents meets: once more after mending. */
  const mended = async <T>(job: () => Promise<T>): Promise<T> => {
    try {
      return await job();
    } catch (cause) {
      if (!renew || toSearchError(cause).code !== 'corrupt') throw cause;
      await mend();
      return job();
    }
  };
  const refresh = async () => {
    try {
      // One that was set aside may have been renewed since.
      if (current.optional) current = await openLocalCorpus(parts);
      else await current.refresh();
    } catch (cause) {
      current = unreadable(name, cause);
    }
  };
  return {
    name,
    get optional() {
      return current.optional;
    },
    corpus: {
      statistics: () => current.corpus.statistics(),
      documents: (signal) => mended(() => current.corpus.documents(signal)),
    },
    moment: async (signal) => aroundReads(await current.moment(signal), noted),
    warm: async () => current.warm?.(),
    add: (...given) => mended(() => current.add(...given)),
    remove: (ids) => mended(() => current.remove(ids)),
    pending: () => current.pending(),
    verify: () => current.verify(),
    refresh,
    async heal() {
      if (!renew || !isDamaged || current.optional) return false;
      await mend();
      return true;
    },
    async recover(error) {
      if (!failures.has(error)) return false;
      if (error.code === 'not-found' || error.code === 'mismatch') await refresh();
      else if (error.code !== 'corrupt' || current.optional) return false;
      else if (renew) await mend();
      // Alone, it may still find what is not damaged.
      else if (published.length === 0) return false;
      else current = unreadable(name, error);
      return true;
    },
  };
}

async function openOrRenew(name: string, renew: boolean, parts: LocalCorpusParts): Promise<LocalCorpus> {
  try {
    return await openLocalCorpus(parts);
  } catch (cause) {
    unreadable(name, cause);
  }
  // What was read ahead may be what another tab has renewed meanwhile: now it is what is stored.
  try {
    return await (renew ? parts.lock(() => openOrErase(parts)) : openLocalCorpus(parts));
  } catch (cause) {
    return unreadable(name, cause);
  }
}

async function openOrErase(parts: LocalCorpusParts): Promise<LocalCorpus> {
  try {
    return await openLocalCorpus(parts);
  } catch (cause) {
    unreadable(parts.name, cause);
    await eraseCorpus(parts.store);
    return openLocalCorpus(parts);
  }
}
