import { expect, it } from 'vitest';
import { SearchError } from '../core/errors.ts';
import type { StageEvent } from '../core/ports.ts';
import type { CorpusMoment } from './moments.ts';
import { type InTime, tolerant } from './optional.ts';

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

const unhurried: InTime = (reading) => reading;

it('gives nothing and says so once', async () => {
  const events: StageEvent[] = [];
  const moment = tolerant(
    broken,
    'docs',
    {
      signal: new AbortController().signal,
      onStage: (event) => events.push(event),
    },
    unhurried,
  );
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
  const moment = tolerant(
    { ...broken, embedder },
    'docs',
    {
      signal: new AbortController().signal,
      onStage: () => undefined,
    },
    unhurried,
  );
  expect(await moment.embedder?.embedQuery('oar')).toEqual(new Float32Array(2));
});

it('reads no windows where its embedder fails', async () => {
  const embedder = { embedQuery: fail, embedPassages: fail, embedWindows: fail };
  const moment = tolerant(
    { ...broken, embedder },
    'docs',
    {
      signal: new AbortController().signal,
      onStage: () => undefined,
    },
    unhurried,
  );
  expect(await moment.embedder?.embedWindows?.([])).toBeUndefined();
});

it('lets a cancelled read through', async () => {
  const aborted = { ...broken, passages: { passages: () => Promise.reject(new SearchError('aborted', 'x')) } };
  const moment = tolerant(
    aborted,
    'docs',
    { signal: new AbortController().signal, onStage: () => undefined },
    unhurried,
  );
  await expect(moment.passages.passages([])).rejects.toMatchObject({ code: 'aborted' });
});
