import { expect, it, vi } from 'vitest';
import { SearchError } from '../core/errors.ts';
import type { StageEvent } from '../core/ports.ts';
import type { CorpusMoment } from './moments.ts';
import { tolerant } from './optional.ts';

const fail = () => Promise.reject(new SearchError('network', 'the host is away'));
const broken: CorpusMoment = {
  documents: 1,
  size: 1,
  terms: {
    statistics: () => ({ passages: 1, averageLengths: [1, 1, 1], languages: ['en'] }),
    lengths: fail,
    postings: fail,
    expand: fail,
    similar: fail,
  },
  numbers: { idsOf: fail },
  passages: { passages: fail },
  vectors: { dimensions: 2, search: fail, vectorsOf: fail, rescore: fail },
};

it('gives nothing and says so once', async () => {
  const events: StageEvent[] = [];
  const moment = tolerant(broken, 'docs', {
    signal: new AbortController().signal,
    onStage: (event) => events.push(event),
  });
  expect(await moment.terms.postings(['a', 'b'])).toEqual([undefined, undefined]);
  expect(await moment.terms.expand('a', 3)).toEqual([]);
  expect(await moment.passages.passages([])).toEqual([]);
  expect(await moment.numbers.idsOf([3, 4])).toEqual([undefined, undefined]);
  expect(await moment.vectors?.search(new Float32Array(2), 3)).toEqual([]);
  expect(await moment.vectors?.vectorsOf?.([])).toEqual(new Map());
  expect(await moment.vectors?.rescore?.(new Float32Array(2), [])).toEqual(new Map());
  expect(events).toEqual([{ kind: 'skipped', stage: 'docs', code: 'network', reason: 'the host is away' }]);
});

it('embeds a question as nothing where its rows are out of reach, so that other corpora are still asked', async () => {
  const embedder = { embedQuery: fail, embedPassages: fail };
  const moment = tolerant({ ...broken, embedder }, 'docs', {
    signal: new AbortController().signal,
    onStage: () => undefined,
  });
  expect(await moment.embedder?.embedQuery('oar')).toEqual(new Float32Array(2));
});

it('gives nothing where a read never ends', async () => {
  vi.useFakeTimers();
  const events: StageEvent[] = [];
  const silent = { ...broken, numbers: { idsOf: () => new Promise<never>(() => undefined) } };
  const moment = tolerant(silent, 'docs', {
    signal: new AbortController().signal,
    onStage: (event) => events.push(event),
  });
  const ids = moment.numbers.idsOf([1]);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(await ids).toEqual([undefined]);
  expect(events).toMatchObject([{ kind: 'skipped', stage: 'docs', code: 'timeout' }]);
  vi.useRealTimers();
});

it('lets a cancelled read through', async () => {
  const aborted = { ...broken, passages: { passages: () => Promise.reject(new SearchError('aborted', 'x')) } };
  const moment = tolerant(aborted, 'docs', { signal: new AbortController().signal, onStage: () => undefined });
  await expect(moment.passages.passages([])).rejects.toMatchObject({ code: 'aborted' });
});
