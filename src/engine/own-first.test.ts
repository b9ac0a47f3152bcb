import { describe, expect, it, vi } from 'vitest';
import { documentId, passageId } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import { ownFirst } from './own-first.ts';
import type { Searcher } from './searcher.ts';
import { createTimings } from './timings.ts';
import type { Answer, Result, SearchOptions } from './types.ts';

const MS = 20;
const never = new Promise<Answer>(() => undefined);

function result(name: string): Result {
  const id = documentId(name);
  const shown = { url: name, anchor: '', title: name, heading: [], excerpt: { text: name, highlights: [] } };
  return { id: passageId(id, 0), documentId: id, ...shown, score: 1 };
}

function answer(stage: string, complete: boolean, ...names: readonly string[]): Answer {
  return { query: 'q', results: names.map(result), stage, complete, skipped: [], ms: {} };
}

type Search = Searcher['search'];

function searcher(search: Search): Searcher {
  return { search, rank: vi.fn(), filters: vi.fn(), timings: createTimings() };
}

/** What is told of a search of both, until it ends. */
async function told(all: Search, own: Search, options: SearchOptions = {}, signal?: AbortSignal) {
  const heard: string[] = [];
  const onAnswer = ({ stage, complete, results }: Answer) =>
    void heard.push(`${stage}${complete ? '!' : ''} ${results.map(({ url }) => url)}`);
  const ended = await ownFirst(searcher(all), searcher(own), MS)
    .search('q', options, signal, onAnswer)
    .catch((error: SearchError) => error.code);
  return { heard, ended };
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('own documents first', () => {
  const own: Search = async (_, __, ___, onAnswer = () => undefined) => {
    onAnswer(answer('bm25', false, 'note'));
    const last = answer('hybrid', true, 'note');
    onAnswer(last);
    return last;
  };

  it('are shown while the whole has nothing yet, and never as the last answer', async () => {
    const all: Search = async (_, __, ___, onAnswer) => {
      await later(5 * MS);
      onAnswer?.(answer('bm25', false, 'page', 'note'));
      return answer('hybrid', true, 'page', 'note');
    };
    const { heard, ended } = await told(all, own);
    expect(heard).toEqual(['bm25 note', 'hybrid note', 'bm25 page,note']);
    expect(ended).toMatchObject({ complete: true, results: [{ url: 'page' }, { url: 'note' }] });
  });

  it('are not searched where the whole is in time, and end with it', async () => {
    const asked = vi.fn(own);
    const all: Search = async (_, __, ___, onAnswer) => {
      onAnswer?.(answer('bm25', false, 'page'));
      await later(3 * MS);
      return answer('hybrid', true, 'page');
    };
    expect((await told(all, asked)).heard).toEqual(['bm25 page']);
    expect(asked).not.toHaveBeenCalled();

    const slow: Search = async (_, __, signal, onAnswer) => {
      await later(2 * MS);
      expect(signal?.aborted).toBe(true);
      onAnswer?.(answer('bm25', false, 'note'));
      return never;
    };
    const between: Search = async () => {
      await later(1.5 * MS);
      return answer('hybrid', true, 'page');
    };
    const { heard } = await told(between, slow);
    await later(3 * MS);
    expect(heard).toEqual([]);
  });

  it('go no further than fusion, and are nothing where there are none', async () => {
    const asked = vi.fn<Search>(async (_, __, ___, onAnswer) => {
      onAnswer?.(answer('bm25', false));
      return answer('hybrid', true);
    });
    const all: Search = async () => {
      await later(3 * MS);
      return answer('reranked', true, 'page');
    };
    expect((await told(all, asked, { pipeline: 'reranked', limit: 3 })).heard).toEqual([]);
    expect(asked.mock.calls[0]?.[1]).toEqual({ pipeline: 'hybrid', limit: 3 });
  });

  it('are silent after a search that was cancelled or failed, and fail none', async () => {
    const gone = new AbortController();
    const all: Search = (_, __, signal) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new SearchError('aborted', 'gone')), { once: true }),
      );
    const asking = told(all, own, {}, gone.signal);
    gone.abort();
    expect(await asking).toEqual({ heard: [], ended: 'aborted' });
    const broken: Search = () => Promise.reject(new SearchError('corrupt', 'own'));
    const slow: Search = async () => {
      await later(3 * MS);
      return answer('hybrid', true, 'page');
    };
    expect((await told(slow, broken)).ended).toMatchObject({ complete: true });
  });
});
