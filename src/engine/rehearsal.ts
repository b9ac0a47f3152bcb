import { documentId, passageId, type StoredPassage } from '../core/document.ts';
import { memoryTermSource } from '../index/lexical/memory-terms.ts';
import type { SearchableCorpus } from './moments.ts';
import { createSearcher } from './searcher.ts';
import type { Answer } from './types.ts';

/** One that is shown whole, and one of which an excerpt is cut. */
const TEXTS = ['A page on how to search.', 'Results of a search, in order. '.repeat(20)];
const PASSAGES = TEXTS.map((text, ordinal): StoredPassage => {
  const document = documentId('rehearsal');
  return {
    id: passageId(document, ordinal),
    documentId: document,
    url: '',
    anchor: '',
    title: 'Rehearsal',
    heading: [],
    text,
    start: 0,
    end: text.length,
    weight: 1,
    language: 'en',
  };
});

/** Lets what has come in be done first: a step of opening the database is a message each. */
function makeWay(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

const CORPUS: SearchableCorpus = {
  name: 'rehearsal',
  optional: false,
  async moment() {
    await makeWay();
    const terms = memoryTermSource([
      { fields: [['rehears'], [], ['page', 'search']] },
      { fields: [['rehears'], [], ['result', 'search', 'order']] },
    ]);
    return {
      documents: 1,
      size: PASSAGES.length,
      terms: {
        ...terms,
        async postings(wanted) {
          await makeWay();
          return terms.postings(wanted);
        },
      },
      numbers: {
        async idsOf(numbers) {
          await makeWay();
          return numbers.flatMap((number) => PASSAGES[number]?.id ?? []);
        },
      },
      passages: {
        async passages(ids) {
          await makeWay();
          return PASSAGES.filter(({ id }) => ids.includes(id));
        },
      },
      vectors: undefined,
    };
  },
};

/**
 * A search over two passages in memory, whose answer nobody sees: browsers compile a function when it is first called, and the
 * first search should not wait for that. To be called where there is nothing to do but to wait.
 */
export async function rehearse(): Promise<Answer> {
  const unused = () => Promise.reject(new Error('A lexical search has no use for it.'));
  const searcher = createSearcher({
    corpora: [CORPUS],
    embedder: { embedQuery: unused, embedPassages: unused },
    reranker: () => ({ name: 'none', rerank: unused }),
  });
  return searcher.search('how to search reslts', { pipeline: 'lexical', typing: true });
}
