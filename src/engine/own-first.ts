import type { Searcher } from './searcher.ts';
import type { Answer, SearchOptions } from './types.ts';

/** So long a question waits for its first list before the visitor's own documents answer it alone: a host may be slow, or silent. */
const OWN_MS = 500;

/**
 * Searches all corpora; where they have no list in time, shows meanwhile what the visitor's own documents give, as a list that is
 * not complete yet. It goes no further than fusion: the reranker is for the whole.
 */
export function ownFirst(all: Searcher, own: Searcher, ms = OWN_MS): Searcher {
  return {
    ...all,
    async search(text, options = {}, signal = new AbortController().signal, onAnswer = () => undefined) {
      const meanwhile = new AbortController();
      const show = (answer: Answer) => {
        if (!meanwhile.signal.aborted && answer.results.length > 0) onAnswer({ ...answer, complete: false });
      };
      const upTo: SearchOptions = options.pipeline === 'reranked' ? { ...options, pipeline: 'hybrid' } : options;
      // What fails here fails in the search of all, too, which says so.
      const timer = setTimeout(() => own.search(text, upTo, meanwhile.signal, show).catch(() => undefined), ms);
      const end = () => {
        clearTimeout(timer);
        meanwhile.abort();
      };
      try {
        return await all.search(text, options, signal, (answer) => {
          end();
          onAnswer(answer);
        });
      } finally {
        end();
      }
    },
  };
}
