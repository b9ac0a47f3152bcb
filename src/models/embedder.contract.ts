import { describe, expect, it } from 'vitest';
import type { Embedder } from '../core/ports.ts';

export interface EmbedderSubject {
  readonly embedder: Embedder;
  readonly dimensions: number;
  /** True where a query and a passage of the same words have the same vector. */
  readonly symmetric: boolean;
  close?(): Promise<void>;
}

const texts = ['how to install the search', 'a fox ran over the bridge', 'install', 'a fox ran over the bridge'];

function row(vectors: Float32Array, at: number, dimensions: number): number[] {
  return [...vectors.subarray(at * dimensions, (at + 1) * dimensions)];
}

/** What every Embedder must do, through a worker too. `make` gives a fresh one. */
export function testEmbedder(name: string, make: () => Promise<EmbedderSubject>): void {
  const withSubject = (test: (subject: EmbedderSubject) => Promise<void>) => async () => {
    const subject = await make();
    try {
      await test(subject);
    } finally {
      await subject.close?.();
    }
  };

  describe(`${name} as an Embedder`, () => {
    it(
      'gives one unit vector a text, in order',
      withSubject(async ({ embedder, dimensions }) => {
        const vectors = await embedder.embedPassages(texts);
        expect(vectors.length).toBe(texts.length * dimensions);
        for (const at of texts.keys()) expect(Math.hypot(...row(vectors, at, dimensions))).toBeCloseTo(1, 3);
        expect(row(vectors, 3, dimensions)).toEqual(row(vectors, 1, dimensions));
        expect(row(vectors, 2, dimensions)).not.toEqual(row(vectors, 1, dimensions));
      }),
    );
    it(
      'gives a text the same vector alone and among others',
      withSubject(async ({ embedder, dimensions }) => {
        const together = await embedder.embedPassages(texts);
        for (const [at, text] of texts.entries())
          expect([...(await embedder.embedPassages([text]))]).toEqual(row(together, at, dimensions));
      }),
    );
    it(
      'embeds a query into the same space',
      withSubject(async ({ embedder, dimensions, symmetric }) => {
        const query = await embedder.embedQuery(texts[0] ?? '');
        expect(query.length).toBe(dimensions);
        expect(Math.hypot(...query)).toBeCloseTo(1, 3);
        if (symmetric) expect([...query]).toEqual([...(await embedder.embedPassages([texts[0] ?? '']))]);
      }),
    );
    it(
      'answers no texts with no vectors, and an empty text with finite numbers',
      withSubject(async ({ embedder, dimensions }) => {
        expect((await embedder.embedPassages([])).length).toBe(0);
        const empty = await embedder.embedQuery('');
        expect(empty.length).toBe(dimensions);
        expect(empty.every(Number.isFinite)).toBe(true);
      }),
    );
    it(
      'stops for a signal that has fired, and answers the next call',
      withSubject(async ({ embedder, dimensions }) => {
        const signal = AbortSignal.abort();
        await expect(embedder.embedQuery('fox', signal)).rejects.toMatchObject({ code: 'aborted' });
        await expect(embedder.embedPassages(['fox'], signal)).rejects.toMatchObject({ code: 'aborted' });
        expect((await embedder.embedQuery('fox')).length).toBe(dimensions);
      }),
    );
  });
}
