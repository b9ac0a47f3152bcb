import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SearchError } from '../core/errors.ts';
import type { StageEvent } from '../core/ports.ts';
import { memoryTermSource } from '../index/lexical/memory-terms.ts';
import type { CorpusMoment, SearchableCorpus } from './moments.ts';
import { createOpening } from './opening.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const moment = (documents: number): CorpusMoment => ({
  documents,
  size: documents,
  terms: memoryTermSource([]),
  numbers: { idsOf: async () => [] },
  passages: { passages: async () => [] },
  vectors: undefined,
});
const corpus = (name: string, optional: boolean, opening: Promise<CorpusMoment>): SearchableCorpus => ({
  name,
  optional,
  moment: () => opening,
});
const local = (documents: number) => corpus('own', false, Promise.resolve(moment(documents)));
const never = new Promise<never>(() => undefined);

/** How many documents the corpora have that a search is given, and what is said of the others; undefined while it waits. */
async function opened(corpora: readonly SearchableCorpus[], afterMs: number, open = createOpening(corpora)) {
  const events: StageEvent[] = [];
  let found: readonly CorpusMoment[] | undefined;
  const context = { signal: new AbortController().signal, onStage: (event: StageEvent) => events.push(event) };
  open(context).then((moments) => {
    found = moments;
  });
  await vi.advanceTimersByTimeAsync(afterMs);
  return found && { documents: found.map(({ documents }) => documents), skipped: events };
}

it('waits no longer than some seconds for an index, where there is something else to answer from', async () => {
  const slow = corpus('https://a.example/', true, never);
  expect(await opened([local(1), slow], 4000)).toBeUndefined();
  expect(await opened([local(1), slow], 6000)).toMatchObject({
    documents: [1],
    skipped: [{ kind: 'skipped', stage: 'https://a.example/', code: 'timeout' }],
  });
});

it('waits on where there is nothing else', async () => {
  const late = new Promise<CorpusMoment>((resolve) => setTimeout(() => resolve(moment(7)), 60_000));
  const slow = corpus('https://a.example/', true, late);
  expect(await opened([local(0), slow], 50_000)).toBeUndefined();
  const again = new Promise<CorpusMoment>((resolve) => setTimeout(() => resolve(moment(7)), 60_000));
  expect(await opened([local(0), corpus('b', true, again)], 61_000)).toEqual({ documents: [0, 7], skipped: [] });
  // The first of two that comes ends the waiting.
  const first = new Promise<CorpusMoment>((resolve) => setTimeout(() => resolve(moment(3)), 9000));
  const two = [local(0), corpus('b', true, never), corpus('c', true, first)];
  expect(await opened(two, 9500)).toMatchObject({ documents: [0, 3], skipped: [{ stage: 'b', code: 'timeout' }] });
});

it('waits for all that open in time, and for the own corpus always', async () => {
  const soon = new Promise<CorpusMoment>((resolve) => setTimeout(() => resolve(moment(7)), 1000));
  expect(await opened([local(1), corpus('b', true, soon)], 1100)).toEqual({ documents: [1, 7], skipped: [] });
  const own = new Promise<CorpusMoment>((resolve) => setTimeout(() => resolve(moment(2)), 8000));
  const all = [corpus('own', false, own), corpus('b', true, Promise.resolve(moment(5)))];
  expect(await opened(all, 7000)).toBeUndefined();
});

it('says nothing more of an index that fails after it was left out', async () => {
  const failing = new Promise<CorpusMoment>((_, reject) =>
    setTimeout(() => reject(new SearchError('network', 'gone')), 9000),
  );
  const found = await opened([local(1), corpus('b', true, failing)], 10_000);
  expect(found?.skipped).toMatchObject([{ stage: 'b', code: 'timeout' }]);
});

it('waits for a silent index in full once, then but shortly, until it has answered', async () => {
  let answer: (moment: CorpusMoment) => void = () => undefined;
  let opening = new Promise<CorpusMoment>((resolve) => (answer = resolve));
  const slow: SearchableCorpus = { name: 'b', optional: true, moment: () => opening };
  const corpora = [local(1), slow];
  const open = createOpening(corpora);
  expect(await opened(corpora, 5500, open)).toMatchObject({ documents: [1] });
  // Who types does not wait anew at each letter.
  expect(await opened(corpora, 900, open)).toBeUndefined();
  expect(await opened(corpora, 1100, open)).toMatchObject({
    documents: [1],
    skipped: [{ stage: 'b', code: 'timeout' }],
  });
  answer(moment(7));
  expect(await opened(corpora, 0, open)).toEqual({ documents: [1, 7], skipped: [] });
  opening = new Promise((resolve) => setTimeout(() => resolve(moment(8)), 3000));
  expect(await opened(corpora, 3100, open)).toEqual({ documents: [1, 8], skipped: [] });
});

it('gives a silent index its time again after a while', async () => {
  const corpora = [local(1), corpus('b', true, never)];
  const open = createOpening(corpora);
  await opened(corpora, 5500, open);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await opened(corpora, 4000, open)).toBeUndefined();
});

it('does not let a silent index hold back one that answers', async () => {
  const corpora = [corpus('a', true, Promise.resolve(moment(2))), corpus('b', true, never)];
  const open = createOpening(corpora);
  await opened(corpora, 5500, open);
  expect(await opened(corpora, 1100, open)).toMatchObject({ documents: [2] });
});

it('ends with the search that waits', async () => {
  const stop = new AbortController();
  const found = createOpening([corpus('b', true, never)])({ signal: stop.signal, onStage: () => undefined });
  stop.abort();
  await expect(found).rejects.toMatchObject({ code: 'aborted' });
});

it.each([
  { beside: 'own documents', others: [local(1)], seconds: 10 },
  { beside: 'another index', others: [local(0), corpus('c', true, Promise.resolve(moment(1)))], seconds: 30 },
])('waits for reads beside $beside $seconds s', async ({ others, seconds }) => {
  const read = readSilent(others);
  await vi.advanceTimersByTimeAsync(seconds * 1000 - 500);
  expect(read.ids).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1000);
  expect(read.ids).toEqual([undefined]);
});

it('waits for reads of the only index that has documents as long as they take', async () => {
  const read = readSilent([local(0)]);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(read.ids).toBeUndefined();
});

/** What a read gives of an index that opens and then says nothing. */
function readSilent(others: readonly SearchableCorpus[]): { ids?: readonly unknown[] } {
  const silent = { ...moment(1), numbers: { idsOf: () => never } };
  const open = createOpening([corpus('b', true, Promise.resolve(silent)), ...others]);
  const read: { ids?: readonly unknown[] } = {};
  open({ signal: new AbortController().signal, onStage: () => undefined }).then(async ([first]) => {
    const ids = await first?.numbers.idsOf([1]);
    if (ids !== undefined) read.ids = ids;
  });
  return read;
}

it('names an index that is not there only where nothing else can be searched', async () => {
  const absent = () =>
    corpus('/docs/', true, Promise.reject(new SearchError('not-found', 'There is no index at /docs/.')));
  expect(await opened([local(1), absent()], 0)).toEqual({ documents: [1], skipped: [] });
  expect(await opened([local(0), absent()], 0)).toEqual({
    documents: [0],
    skipped: [{ kind: 'skipped', stage: '/docs/', code: 'not-found', reason: 'There is no index at /docs/.' }],
  });
});
