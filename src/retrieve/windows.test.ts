import { describe, expect, it, vi } from 'vitest';
import { documentId, type PassageId, passageId, type StoredPassage } from '../core/document.ts';
import type { Embedder, PassageSource } from '../core/ports.ts';
import { ranking } from '../core/ranking.ts';
import { WINDOW_SHARE, windowReader } from './windows.ts';

const { signal } = new AbortController();
const id = (number: number): PassageId => passageId(documentId('doc'), number);

/** A text of directions: each word is one window, the unit vector of its letter among a and b. */
const embedWindows = vi.fn<NonNullable<Embedder['embedWindows']>>(async (texts) =>
  texts.map(({ text }) =>
    Float32Array.from(text.split(' ').flatMap((word) => [Number(word === 'a'), Number(word === 'b')])),
  ),
);
const embedder: Embedder = {
  embedQuery: async () => new Float32Array(2),
  embedPassages: async () => new Float32Array(),
  embedWindows,
};

function source(texts: readonly string[]): PassageSource {
  const stored = texts.map(
    (text, number): StoredPassage => ({
      ...{
        id: id(number),
        documentId: documentId('doc'),
        url: '',
        anchor: '',
        title: 'Title',
        heading: ['Part'],
        text,
      },
      ...{ language: 'en', position: number, weight: 1, start: 0, end: text.length },
    }),
  );
  return { passages: async (ids) => stored.filter((passage) => ids.includes(passage.id)) };
}

const about = Float32Array.of(1, 0);

describe('windows', () => {
  it('lift a passage that answers in one place above one that is near throughout', async () => {
    const read = windowReader({ embedder, passages: source(['b b', 'b a']), most: 10 });
    const found = ranking([
      { id: id(0), score: 0.5 },
      { id: id(1), score: 0.4 },
    ]);
    expect(await read?.(about, found, signal)).toEqual([
      { id: id(1), score: expect.closeTo((1 - WINDOW_SHARE) * 0.4 + WINDOW_SHARE, 6) },
      { id: id(0), score: expect.closeTo((1 - WINDOW_SHARE) * 0.5, 6) },
    ]);
  });
  it('read no more than the best of the list; the others stay below, in their order and at their distances', async () => {
    const read = windowReader({ embedder, passages: source(['b', 'b', 'a', 'a']), most: 2 });
    const scores = [0.9, 0.8, 0.7, 0.5];
    const list = await read?.(about, ranking(scores.map((score, number) => ({ id: id(number), score }))), signal);
    expect(list?.map((each) => each.id)).toEqual([0, 1, 2, 3].map(id));
    expect((list?.[2]?.score ?? 0) - (list?.[3]?.score ?? 0)).toBeCloseTo(0.2, 6);
    expect(list?.[1]?.score).toBeGreaterThan(list?.[2]?.score ?? Number.NaN);
  });
  it('are made once for a passage, with title and headings above the text', async () => {
    embedWindows.mockClear();
    const read = windowReader({ embedder, passages: source(['a', 'b']), most: 10 });
    const one = ranking([{ id: id(0), score: 1 }]);
    const both = ranking([...one, { id: id(1), score: 0.5 }]);
    await read?.(about, one, signal);
    await read?.(about, both, signal);
    expect(embedWindows.mock.calls.map(([texts]) => texts)).toEqual([
      [{ head: 'Title. Part. ', text: 'a' }],
      [{ head: 'Title. Part. ', text: 'b' }],
    ]);
  });
  it('leave scores alone where a model makes none, or a passage is gone', async () => {
    const found = ranking([{ id: id(7), score: 0.5 }]);
    const gone = windowReader({ embedder, passages: source([]), most: 10 });
    expect(await gone?.(about, found, signal)).toEqual(found);
    const whole: Embedder = { ...embedder, embedWindows: async () => undefined };
    const read = windowReader({ embedder: whole, passages: source(['a']), most: 10 });
    const known = ranking([{ id: id(0), score: 0.5 }]);
    expect(await read?.(about, known, signal)).toEqual(known);
    const { embedWindows: _, ...without } = embedder;
    expect(windowReader({ embedder: without, passages: source([]), most: 10 })).toBeUndefined();
    expect(windowReader({ embedder, passages: source([]), most: 0 })).toBeUndefined();
  });
});
