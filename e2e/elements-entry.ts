import { createRun } from '../src/client/run.ts';
import type { Search } from '../src/client/search.ts';
import { documentId, passageId } from '../src/core/document.ts';
import { SearchError } from '../src/core/errors.ts';
import { defineFindlingSearch } from '../src/element/findling-search.ts';
import { type DialogSearch, SearchDialog } from '../src/element/search-dialog.ts';
import type { Answer, FilterCounts, Result, SearchOptions } from '../src/engine/types.ts';

interface Asked {
  readonly question: string;
  readonly options: SearchOptions;
  readonly onAnswer: (answer: Answer) => void;
  readonly end: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
}

/** Every question so far. They wait until `give` or `fail` answers them. */
const asked: Asked[] = [];

function ask(question: string, options: SearchOptions, onAnswer: (answer: Answer) => void): Promise<Answer> {
  return new Promise((end, fail) => {
    asked.push({ question, options, onAnswer, end, fail });
  });
}

function last(question: string): Asked {
  const found = asked.findLast((each) => each.question === question);
  if (found === undefined) throw new Error(`“${question}” was not asked.`);
  return found;
}

/** What follows a `›` in a name is the heading of its result. */
function resultOf(name: string): Result {
  return {
    id: passageId(documentId(name), 0),
    documentId: name,
    url: `/${name}`,
    anchor: '',
    title: name,
    heading: name.split(' › ').slice(1),
    excerpt: { text: name, highlights: [] },
    score: 1,
    explain: { bm25: { rank: 1, score: 1 } },
  };
}

/** Answers the last asking of a question with these documents; the stage `hybrid` is its end, without vectors, or something else, for a reason given. */
function give(
  question: string,
  stage: 'bm25' | 'hybrid',
  names: readonly string[],
  reason?: string,
  without = 'dense',
): void {
  const complete = stage === 'hybrid';
  const results = names.map(resultOf);
  const skipped = reason === undefined ? [] : [{ stage: without, code: 'network' as const, reason }];
  const answer = { query: question, results, stage, complete, skipped, ms: { [stage]: 1 } };
  last(question).onAnswer(answer);
  if (complete) last(question).end(answer);
}

const fail = (question: string, message: string) => last(question).fail(new Error(message));

/** What there is to choose from; set it before a search is given. */
const counts: { now: FilterCounts } = { now: {} };
const filters = async () => counts.now;

/** A search whose runs overtake each other as those of createSearch() do. */
function makeSearch(): Pick<Search, 'search' | 'warm' | 'filters'> {
  let current: ReturnType<Search['search']> | undefined;
  return {
    search(text, { signal, parallel = false, ...options } = {}) {
      if (!parallel) current?.cancel();
      const run = createRun((_, onAnswer) => ask(text, options, onAnswer), signal);
      if (!parallel) current = run;
      return run;
    },
    warm: async () => undefined,
    filters,
  };
}

/** Folders without an index, and those that were asked for one. */
const places = { missing: [] as string[], asked: [] as string[] };

class TestDialog extends SearchDialog {
  protected override async connect(urls: readonly string[]): Promise<DialogSearch> {
    const search: DialogSearch['search'] = (text, { onAnswer, ...options }) => ask(text, options, onAnswer);
    const warm = async () => {
      places.asked.push(...urls);
      const gone = urls.find((url) => places.missing.includes(url));
      if (gone !== undefined) throw new SearchError('not-found', `There is no index at ${gone}.`);
    };
    return { search, warm, filters };
  }
}

const elements = {
  defineSearch: defineFindlingSearch,
  defineDialog: () => customElements.define('test-dialog', TestDialog),
  makeSearch,
  asked,
  counts,
  places,
  give,
  fail,
};

export type Elements = typeof elements;

Object.assign(globalThis, { elements });
