import { expect, it } from 'vitest';
import { SearchError } from '../core/errors.ts';
import type { Answer } from '../engine/types.ts';
import { createRun } from './run.ts';

const answer = (stage: string, complete = false): Answer => ({
  query: 'q',
  results: [],
  stage,
  complete,
  skipped: [],
  ms: {},
});
const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

it('iterates over the stages and ends with the last', async () => {
  const run = createRun(async (_, onAnswer) => {
    for (const stage of ['bm25', 'hybrid']) {
      onAnswer(answer(stage));
      await tick();
    }
    onAnswer(answer('reranked', true));
    return answer('reranked', true);
  });
  const seen: string[] = [];
  for await (const { stage } of run) seen.push(stage);
  expect(seen.filter((stage, index) => stage !== seen[index - 1])).toEqual(['bm25', 'hybrid', 'reranked']);
  expect((await run.done).complete).toBe(true);
  expect(run.best?.stage).toBe('reranked');
});

it('a late reader still gets the last answer, once', async () => {
  const run = createRun(async () => answer('bm25', true));
  await run.done;
  const seen: string[] = [];
  for await (const { stage } of run) seen.push(stage);
  expect(seen).toEqual(['bm25']);
});

it('a cancelled run rejects, in the iteration too', async () => {
  const outer = new AbortController();
  const run = createRun(
    (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new SearchError('aborted', 'x')))),
    outer.signal,
  );
  const reading = (async () => {
    for await (const _ of run) throw new Error('no answer was due');
  })();
  outer.abort();
  await expect(run.done).rejects.toMatchObject({ code: 'aborted' });
  await expect(reading).rejects.toMatchObject({ code: 'aborted' });
});

it('a cancelled run ends at once, though what it started never does', async () => {
  const run = createRun(() => new Promise(() => undefined));
  run.cancel();
  await expect(run.done).rejects.toMatchObject({ code: 'aborted' });
});

it('does not show an answer that comes after the end', async () => {
  let late: (answer: Answer) => void = () => undefined;
  const run = createRun(async (_, onAnswer) => {
    late = onAnswer;
    return answer('hybrid', true);
  });
  await run.done;
  late(answer('bm25'));
  expect(run.best?.stage).toBe('hybrid');
});
