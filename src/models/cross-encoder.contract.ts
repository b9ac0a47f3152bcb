import { describe, expect, it } from 'vitest';
import type { CrossEncoder } from '../core/ports.ts';

export interface CrossEncoderSubject {
  readonly encoder: CrossEncoder;
  close?(): Promise<void>;
}

const query = 'how to install the search?';
const texts = [
  'install the search engine with the page.',
  'a fox ran over the bridge',
  '',
  'the worker does answer questions, ranking passages for the site when the index is in memory and the query is short.',
  'install the search engine with the page!',
  'a fox ran over the bridge',
];

/** What every CrossEncoder must do, through a worker too. `make` gives a fresh one. */
export function testCrossEncoder(name: string, make: () => Promise<CrossEncoderSubject>): void {
  const withSubject = (test: (encoder: CrossEncoder) => Promise<void>) => async () => {
    const subject = await make();
    try {
      await test(subject.encoder);
    } finally {
      await subject.close?.();
    }
  };

  describe(`${name} as a CrossEncoder`, () => {
    it(
      'gives one finite logit a text, and different ones to different texts',
      withSubject(async (encoder) => {
        const scores = await encoder.score(query, texts);
        expect(scores.length).toBe(texts.length);
        expect(scores.every(Number.isFinite)).toBe(true);
        // A softmax over one logit gives 1 to every text: the classic silent failure.
        expect(new Set(scores).size).toBe(texts.length - 1);
        expect(scores[5]).toBe(scores[1]);
      }),
    );
    it(
      'gives a text the same score alone, in any shortlist and in any order',
      withSubject(async (encoder) => {
        const all = await encoder.score(query, texts);
        for (const [at, text] of texts.entries()) {
          expect((await encoder.score(query, [text]))[0]).toBe(all[at]);
          expect((await encoder.score(query, texts.slice(at)))[0]).toBe(all[at]);
        }
        expect([...(await encoder.score(query, texts.toReversed()))]).toEqual([...all].reverse());
      }),
    );
    it(
      'reads the query too, and texts far longer than it can hold',
      withSubject(async (encoder) => {
        const [one] = await encoder.score(query, [texts[0] ?? '']);
        expect((await encoder.score('what is a byte range', [texts[0] ?? '']))[0]).not.toBe(one);
        const long = await encoder.score('search '.repeat(3000), ['passage '.repeat(5000), 'x'.repeat(20_000)]);
        expect(long.every(Number.isFinite)).toBe(true);
      }),
    );
    it(
      'answers no texts with no scores',
      withSubject(async (encoder) => {
        expect((await encoder.score(query, [])).length).toBe(0);
      }),
    );
    it(
      'stops between two texts when the signal fires, and answers the next call',
      withSubject(async (encoder) => {
        await expect(encoder.score(query, texts, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
        const controller = new AbortController();
        const running = encoder.score(query, new Array(3000).fill(texts[0]), controller.signal);
        setTimeout(() => controller.abort(), 10);
        await expect(running).rejects.toMatchObject({ code: 'aborted' });
        expect((await encoder.score(query, [texts[0] ?? ''])).length).toBe(1);
      }),
    );
  });
}
