import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DocumentId } from '../core/document.ts';
import { memoryStore } from '../store/memory.ts';
import { openCorpus } from './corpus.ts';
import { answers } from './fixtures/answers.ts';
import { corpusOptions, indexed } from './fixtures/corpora.ts';
import { contents, dyingStore } from './fixtures/faulty-store.ts';

const plain = Array.from({ length: 12 }, (_, index) =>
  indexed({
    id: `doc-${index % 9}`,
    title: `Alpha ${index}`,
    texts: [`beta gamma ${index}`, 'alpine gamut alpine', `delta ${'été '.repeat(index)}`],
    vectors: true,
  }),
);
const deflated = {
  ...corpusOptions,
  segments: { ...corpusOptions.segments, codec: 'deflate' as const },
};

describe('damage', () => {
  for (const [codec, options] of Object.entries({ raw: corpusOptions, deflate: deflated }))
    it(`one flipped bit anywhere is 'corrupt' or changes nothing (${codec})`, async () => {
      const store = memoryStore();
      const corpus = await openCorpus(store, options);
      await corpus.apply({ add: plain });
      const blobs = await contents(store);
      const expected = await answers(corpus);
      const one = await corpus.expand('a', 9);
      let noticed = 0;
      const names = [...blobs.keys()];
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...names), fc.nat(), async (name, bit) => {
          const bytes = blobs.get(name)?.slice() ?? new Uint8Array(0);
          const at = (bit >> 3) % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
          const damaged = memoryStore();
          await damaged.write({ put: new Map([...blobs, [name, bytes]]) });
          try {
            const opened = await openCorpus(damaged, options);
            expect(await answers(opened)).toEqual(expected);
            expect(await opened.expand('a', 9)).toEqual(one);
          } catch (error) {
            expect(error).toMatchObject({ code: 'corrupt' });
            expect(String(error)).toContain(name);
            noticed += 1;
          }
        }),
        { numRuns: 300 },
      );
      expect(noticed).toBeGreaterThan(200);
    });

  it('a truncated or missing blob is named', async () => {
    const store = memoryStore();
    await (await openCorpus(store, corpusOptions)).apply({ add: plain });
    const blobs = await contents(store);
    for (const [name, bytes] of blobs) {
      const shorter = memoryStore();
      await shorter.write({ put: new Map([...blobs, [name, bytes.subarray(0, bytes.length - 1)]]) });
      const read = async () => {
        const corpus = await openCorpus(shorter, corpusOptions);
        return [await answers(corpus), await corpus.expand('a', 9), await corpus.expand('z', 9)];
      };
      await expect(read()).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining(name) });
      if (name === 'manifest') continue;
      await shorter.write({ remove: [name] });
      await expect(read()).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining(name) });
    }
  });
});

describe('killed', () => {
  it('at each of the writes in turn: the last whole batch is there, nothing of the open one, and work goes on', async () => {
    // One block a file, so that each of the many runs is short.
    const { fingerprint, analyzer, tiers = {} } = corpusOptions;
    const whole = { fingerprint, analyzer, tiers };
    const batches = plain.map((each, index) => ({
      add: [each],
      remove: index % 4 === 3 ? [`doc-${index - 2}` as DocumentId] : [],
    }));
    const states: unknown[] = [];
    const reference = await openCorpus(memoryStore(), whole);
    states.push(await answers(reference));
    for (const batch of batches) {
      await reference.apply(batch);
      states.push(await answers(reference));
    }
    let at = 0;
    for (let died = true; died; at += 1) {
      const store = memoryStore();
      const dying = await openCorpus(dyingStore(store, at), whole);
      let done = 0;
      died = false;
      try {
        for (const batch of batches) {
          await dying.apply(batch);
          done += 1;
          await dying.compact();
        }
      } catch (error) {
        died = true;
        expect(error).toMatchObject({ code: 'quota' });
        // The corpus that failed still answers from what it had.
        expect(await answers(dying)).toEqual(states[done]);
      }
      const survivor = await openCorpus(store, whole);
      expect(await answers(survivor)).toEqual(states[done]);
      for (const batch of batches.slice(done)) await survivor.apply(batch);
      await survivor.compact();
      expect(await answers(survivor)).toEqual(states.at(-1));
      await survivor.apply({ add: plain.slice(0, 1) });
      const used = new Set((await survivor.documents()).map(({ segment }) => segment));
      for (const name of await store.list('segments/')) expect(used).toContain(name.split('/')[1]);
    }
    expect(at).toBeGreaterThan(60);
  });
});
