import type { SearchError } from '../core/errors.ts';
import type { LocalCorpus } from './local-corpus.ts';

/**
 * In place of a local corpus that cannot be opened: damaged, made by another version of model, chunker or tokenizer, or kept
 * by a browser that refuses storage now. Searches go on with what else there is, and name it; nothing can be added to it, and nothing
 * of it is lost.
 */
export function unreadableCorpus(name: string, error: SearchError): LocalCorpus {
  const refuse = () => Promise.reject(error);
  const nothing = {
    passages: 0,
    averageLengths: [0, 0, 0],
    languages: [],
    documents: 0,
    segments: 0,
    bytes: 0,
    generation: 0,
  };
  return {
    name,
    optional: true,
    corpus: { statistics: () => nothing, documents: async () => [] },
    moment: refuse,
    add: refuse,
    remove: refuse,
    pending: async () => 0,
    refresh: async () => undefined,
    verify: refuse,
  };
}
