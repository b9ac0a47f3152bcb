import { describe, expect, it } from 'vitest';
import { documentId, passageId, type StoredPassage } from '../core/document.ts';
import { placeOf } from '../core/place.ts';
import { ranking } from '../core/ranking.ts';
import { createAnswers } from './answering.ts';
import { asked, freshFakes, never, openHost, quiet } from './fixtures/engine.ts';

describe('answers', () => {
  const document = documentId('harbour');
  const passage = (ordinal: number): StoredPassage => ({
    id: passageId(document, ordinal),
    documentId: document,
    start: 0,
    end: 4,
    heading: [],
    anchor: '',
    weight: 1,
    text: 'boat',
    url: 'harbour',
    title: 'Harbour',
    language: 'en',
  });

  it('reads and dresses a passage once, however many stages show it', async () => {
    const asked: string[] = [];
    let dressed = 0;
    const shown: string[][] = [];
    const answers = createAnswers({
      query: 'boat',
      limit: 2,
      explain: true,
      namesCount: true,
      shown: new Set(['bm25', 'hybrid']),
      passages: {
        async passages(ids) {
          asked.push(...ids);
          return ids.map((id) => passage(Number(id.split('#')[1])));
        },
      },
      async present({ text }) {
        dressed += 1;
        return { excerpt: { text, highlights: [] } };
      },
      onAnswer: ({ results }) => shown.push(results.map(({ id, score }) => `${id} ${score}`)),
      start: 0,
    });
    const of = (...scored: readonly (readonly [number, number])[]) =>
      ranking(scored.map(([ordinal, score]) => ({ id: passageId(document, ordinal), score })));
    answers.onStage({ kind: 'ranked', stage: 'bm25', ranking: of([0, 2], [1, 1]), ms: 1, complete: true });
    await new Promise((resolve) => setTimeout(resolve));
    const hybrid = of([1, 9], [2, 8], [0, 7]);
    answers.onStage({ kind: 'ranked', stage: 'hybrid', ranking: hybrid, ms: 2, complete: true });
    const last = await answers.finish(hybrid, 'hybrid');
    expect(shown.at(0)).toEqual(['harbour#0 2', 'harbour#1 1']);
    expect(shown.at(-1)).toEqual(['harbour#1 9', 'harbour#2 8']);
    expect(last.results[0]?.explain).toMatchObject({ bm25: { rank: 2 }, hybrid: { rank: 1 } });
    expect(asked).toEqual(['harbour#0', 'harbour#1', 'harbour#2']);
    expect(dressed).toBe(3);
  });

  it('reads no texts for a cancelled question, and gives no answer', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const given: (AbortSignal | undefined)[] = [];
    let shown = 0;
    const answers = createAnswers({
      query: 'boat',
      limit: 2,
      explain: false,
      namesCount: true,
      shown: new Set(['bm25']),
      passages: {
        async passages(ids, asked) {
          given.push(asked);
          controller.abort();
          return ids.map(() => passage(0));
        },
      },
      present: async ({ text }) => ({ excerpt: { text, highlights: [] } }),
      onAnswer: () => {
        shown += 1;
      },
      signal,
      start: 0,
    });
    const found = ranking([{ id: passageId(document, 0), score: 1 }]);
    answers.onStage({ kind: 'ranked', stage: 'bm25', ranking: found, ms: 1, complete: true });
    await expect(answers.finish(found, 'bm25')).rejects.toMatchObject({ code: 'aborted' });
    expect(given.every((each) => each === signal)).toBe(true);
    expect(shown).toBe(0);
  });

  /** Answers over passages under `headings`, which says what passages each batch asked for. */
  function answering(headings: readonly string[], limit: number) {
    const asked: string[] = [];
    const answers = createAnswers({
      query: 'boat',
      limit,
      explain: true,
      namesCount: true,
      shown: new Set(['bm25', 'hybrid']),
      passages: {
        async passages(ids) {
          const ordinals = ids.map((id) => Number(id.split('#')[1]));
          asked.push(ordinals.join(' '));
          return ordinals.flatMap((ordinal): StoredPassage[] => {
            const heading = headings[ordinal];
            return heading === undefined ? [] : [{ ...passage(ordinal), heading: heading === '' ? [] : [heading] }];
          });
        },
      },
      present: async ({ text }) => ({ excerpt: { text, highlights: [] } }),
      onAnswer: () => undefined,
      start: 0,
    });
    const ranked = (...ordinals: readonly number[]) =>
      ranking(ordinals.map((ordinal, at) => ({ id: passageId(document, ordinal), score: 100 - at })));
    const shown = async (stage: string, ...ordinals: readonly number[]) => {
      const { results } = await answers.finish(ranked(...ordinals), stage);
      return results.map(({ id, score }) => `${id.split('#')[1]} ${score}`);
    };
    return { answers, asked, ranked, shown };
  }

  it('show the best passage of a section, and other sections in the places of the others', async () => {
    const { answers, asked, ranked, shown } = answering(['Oars', 'Oars', 'Sails', 'Oars', 'Sails', 'Rope', 'Tar'], 3);
    const found = ranked(1, 0, 3, 2, 4, 5, 6);
    answers.onStage({ kind: 'ranked', stage: 'bm25', ranking: found, ms: 1, complete: true });
    const last = await answers.finish(found, 'bm25');
    expect(last.results.map(({ id, score }) => `${id} ${score}`)).toEqual([
      'harbour#1 100',
      'harbour#2 97',
      'harbour#5 95',
    ]);
    expect(last.results[1]?.explain).toEqual({ bm25: { rank: 4, score: 97 } });
    // Of three places two stay free, and for each of them two texts are read.
    expect(asked).toEqual(['1 0 3', '2 4 5 6']);
    // Another stage has another best passage of the same section.
    expect(await shown('hybrid', 4, 3, 1, 2, 6)).toEqual(['4 100', '3 99', '6 96']);
    expect(asked).toHaveLength(2);
  });

  it('tell documents, links, titles and headings apart', async () => {
    const { shown } = answering(['Oars', 'Sails', 'Oars'], 3);
    expect(await shown('bm25', 0, 1, 2)).toEqual(['0 100', '1 99']);
    const variants: readonly Partial<StoredPassage>[] = [
      {},
      { documentId: documentId('pier') },
      { url: 'pier' },
      { title: 'Pier' },
      { anchor: 'x' },
    ];
    expect(new Set(variants.map((each) => placeOf({ ...passage(0), heading: ['Oars'], ...each }))).size).toBe(5);
  });

  it('show several passages of a text that has no sections', async () => {
    const { asked, shown } = answering(['', '', '', 'Oars', 'Oars'], 4);
    expect(await shown('bm25', 3, 0, 4, 1, 2)).toEqual(['3 100', '0 99', '1 97', '2 96']);
    expect(asked).toEqual(['3 0 4 1', '2']);
  });

  it('show fewer where there are no more sections, and ask for no more where texts cannot be read', async () => {
    expect(await answering(['Oars', 'Oars', 'Sails'], 10).shown('bm25', 0, 1, 2)).toEqual(['0 100', '2 98']);
    const { asked, shown } = answering(['Oars'], 2.5);
    expect(await shown('bm25', 0, 7, 8, 9)).toEqual(['0 100']);
    expect(asked).toEqual(['0 7']);
    expect(await answering(['Oars'], 0).shown('bm25', 0)).toEqual([]);
  });

  it('hold as many sections as are asked for, where one has many passages', async () => {
    const host = await openHost(freshFakes());
    const long = `## Boats\n\n${'A boat, another boat, and one boat more are all that this bay has. '.repeat(400)}`;
    const others = Array.from(
      { length: 109 },
      (_, at) => `## Place ${at}\n\nOf what was seen there one thing was a boat.`,
    );
    await host.add([{ id: 'bay', type: 'markdown', content: [long, ...others].join('\n\n') }], never, quiet);
    expect((await host.status()).passages).toBeGreaterThan(109 + 20);
    for (const pipeline of ['lexical', 'hybrid'] as const) {
      const { results } = (await asked(host, 'boat', { pipeline, limit: 110 })).last;
      expect(new Set(results.map(({ anchor }) => anchor)).size).toBe(110);
    }
  });
});
