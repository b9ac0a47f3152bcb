import fc from 'fast-check';
import MiniSearch from 'minisearch';
import { describe, expect, it } from 'vitest';
import { FIELDS, type TermSource } from '../terms.ts';
import { chooseCandidates } from './candidates.ts';
import type { Derived, Evidence } from './evidence.ts';
import { memoryTermSource } from './memory-terms.ts';
import { scorePassages } from './scorer.ts';

type Fields = readonly (readonly string[])[];
const term = fc.constantFrom('a', 'ab', 'abc', 'abd', 'b', 'ba', 'bab', 'c', 'ca', 'cab');
const fields = fc.tuple(
  fc.array(term, { maxLength: 3 }),
  fc.array(term, { maxLength: 3 }),
  fc.array(term, { minLength: 1, maxLength: 9 }),
);
const corpus = fc.array(fields, { minLength: 1, maxLength: 12 });
const boost = fc.constantFrom(0.5, 1, 1.5, 3);
const weights = fc.record({ title: boost, heading: boost, body: boost });

/** Park and Miller's, so that a failure can be seen again. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** MiniSearch counts different tokens as a field's length; numbered tokens make that the number of all. */
function plain(passages: readonly Fields[]): MiniSearch {
  const search = new MiniSearch({
    fields: [...FIELDS],
    tokenize: (text) => text.split(' ').map((token, at) => `${token}#${at}`),
    processTerm: (token) => token.split('#')[0] ?? null,
  });
  passages.forEach((passage, id) => {
    // An absent field has no length; one of empty text would have one token.
    const given = FIELDS.map((field, at) => [field, passage[at]?.join(' ') ?? ''] as const).filter(
      ([, text]) => text !== '',
    );
    search.add({ id, ...Object.fromEntries(given) });
  });
  return search;
}

async function evidenceFor(
  source: TermSource,
  key: string,
  kinds: { prefix: boolean; typos: boolean },
): Promise<Evidence> {
  const prefix = kinds.prefix ? (await source.expand(key, 99)).filter(({ distance }) => distance > 0) : [];
  const near = kinds.typos ? await source.similar({ word: key, edits: 1 }, 99) : [];
  const typos = near.filter(({ term, distance }) => distance > 0 && !prefix.some((each) => each.term === term));
  const [exact] = await source.postings([key]);
  const derive = async (kind: Derived['kind'], term: string, distance: number): Promise<Derived> => ({
    kind,
    term,
    distance,
    fields: (await source.postings([term]))[0]?.fields ?? [],
  });
  return {
    key,
    terms: [key],
    exact: exact?.fields,
    derived: await Promise.all([
      ...prefix.map((match) => derive('prefix', match.term, match.distance)),
      ...typos.map((match) => derive('typo', match.term, match.distance)),
    ]),
  };
}

/** Means over all passages, as MiniSearch keeps them only where every passage has the field. */
function averages(passages: readonly Fields[]): readonly number[] {
  return FIELDS.map(
    (_, at) => passages.reduce((sum, passage) => sum + (passage[at]?.length ?? 0), 0) / passages.length,
  );
}

describe('scorePassages', () => {
  it('scores as MiniSearch does: exact, prefix and typo, any fields and boosts', async () => {
    const full = fc.array(
      fc.tuple(
        fc.array(term, { minLength: 1, maxLength: 3 }),
        fc.array(term, { minLength: 1, maxLength: 3 }),
        fc.array(term, { minLength: 1, maxLength: 9 }),
      ),
      { minLength: 1, maxLength: 12 },
    );
    // MiniSearch's own fuzzy search knows no swaps and any first letter: with typos, only words where that is the same,
    // and all of one first letter, so that no word reaches what is another's alone.
    const similar = fc.oneof(
      fc.array(fc.constantFrom<string>('abc', 'abd'), { minLength: 1, maxLength: 4 }),
      fc.array(fc.constant<string>('cab'), { minLength: 1, maxLength: 2 }),
    );
    const query = fc.oneof(
      fc.record({ words: fc.array<string>(term, { minLength: 1, maxLength: 4 }), typos: fc.constant<boolean>(false) }),
      fc.record({ words: similar, typos: fc.constant<boolean>(true) }),
    );
    await fc.assert(
      fc.asyncProperty(full, weights, query, fc.boolean(), async (passages, boosts, { words, typos }, prefix) => {
        const source = memoryTermSource(passages.map((each) => ({ fields: each })));
        const kinds = { prefix, typos };
        const evidence = await Promise.all(words.map((word) => evidenceFor(source, word, kinds)));
        const found = scorePassages({
          evidence,
          statistics: source.statistics(),
          lengths: await source.lengths(),
          weights: boosts,
        });
        const peer = plain(passages).search(words.join(' '), {
          boost: boosts,
          prefix,
          fuzzy: typos ? 1 : false,
          tokenize: (text) => text.split(' '),
          processTerm: (word) => word,
        });
        const wanted = new Map(peer.map(({ id, score }) => [Number(id), score]));
        const ofOtherLetters =
          typos && peer.some(({ terms }) => terms.some((each) => words.every((word) => word[0] !== each[0])));
        fc.pre(!ofOtherLetters);
        expect(found.length).toBe(wanted.size);
        for (const { passage, score } of found) expect(score).toBeCloseTo(wanted.get(passage) ?? Number.NaN, 9);
      }),
      { numRuns: 150 },
    );
  });

  it('scores candidates as if all were scored', async () => {
    await fc.assert(
      fc.asyncProperty(
        corpus,
        weights,
        fc.array(term, { minLength: 1, maxLength: 4 }),
        async (passages, boosts, words) => {
          const source = memoryTermSource(passages.map((each) => ({ fields: each })));
          const evidence = await Promise.all(
            words.map((word) => evidenceFor(source, word, { prefix: true, typos: false })),
          );
          const input = { evidence, statistics: source.statistics(), lengths: await source.lengths(), weights: boosts };
          const candidates = Uint8Array.from(passages, (_, at) => at % 2);
          expect(scorePassages({ ...input, candidates })).toEqual(
            scorePassages(input).filter(({ passage }) => passage % 2 === 1),
          );
        },
      ),
    );
  });

  it('multiplies by the section weight, and leaves out a weight of 0', async () => {
    const source = memoryTermSource([1, 2, 0].map((weight) => ({ fields: [[], [], ['a']], weight })));
    const found = scorePassages({
      evidence: [await evidenceFor(source, 'a', { prefix: false, typos: false })],
      statistics: source.statistics(),
      lengths: await source.lengths(),
      weights: { title: 1, heading: 1, body: 1 },
    });
    expect(found.map(({ passage }) => passage)).toEqual([1, 0]);
    expect((found[0]?.score ?? 0) / (found[1]?.score ?? 1)).toBeCloseTo(2, 12);
  });
});

describe('chooseCandidates', () => {
  it('keeps the passages that score best', async () => {
    const orNone = fc.oneof(boost, fc.constant(0));
    await fc.assert(
      fc.asyncProperty(
        corpus,
        fc.record({ title: orNone, heading: orNone, body: orNone }),
        fc.array(term, { minLength: 1, maxLength: 4 }),
        async (passages, boosts, words) => {
          const source = memoryTermSource(passages.map((each) => ({ fields: each })));
          const evidence = await Promise.all(
            // The last one is being typed: asked for twice it is not the same twice.
            words.map((word, at) => evidenceFor(source, word, { prefix: at === words.length - 1, typos: true })),
          );
          const input = { evidence, statistics: source.statistics(), lengths: await source.lengths(), weights: boosts };
          expect(input.statistics.averageLengths).toEqual(averages(passages));
          const concepts = words.map((word) => ({ terms: [word] }));
          const candidates = chooseCandidates({
            ...input,
            plan: { concepts, required: [], excluded: [], excludedPhrases: [] },
            postings: new Map(),
            limit: 3,
          });
          const all = scorePassages(input);
          const best = scorePassages({ ...input, ...(candidates === undefined ? {} : { candidates }) });
          // Equal scores may change places, and single precision joins scores that are almost equal.
          for (const [at, { score }] of best.slice(0, 3).entries())
            expect(Math.abs(score - (all[at]?.score ?? 0))).toBeLessThan(Math.max(1, score) * 0.01);
          expect(best.length).toBeGreaterThanOrEqual(Math.min(3, all.length));
        },
      ),
      {
        numRuns: 400,
        // A word asked for twice, with another between.
        examples: [
          [
            [
              [['a'], [], ['bab', 'ca']],
              [[], [], ['ba', 'c', 'a']],
              [[], [], ['ca', 'bab', 'ab']],
              [['ab', 'cab'], [], ['a']],
            ],
            { title: 3, heading: 0.5, body: 1 },
            ['bab', 'c', 'bab', 'ab'],
          ],
        ],
      },
    );
  });

  it('keeps the best of many, where they stand together and where many are equal', async () => {
    const random = randomNumbers(7);
    const shares = { rare: 0.01, seldom: 0.05, often: 0.3, always: 0.8 };
    const source = memoryTermSource(
      Array.from({ length: 20_000 }, (_, at) => {
        const times = at > 5000 && at < 5400 ? 6 : 3;
        const body = Object.entries(shares).flatMap(([word, share]) =>
          random() < share ? Array.from({ length: 1 + Math.floor(random() * times) }, () => word) : [],
        );
        const filler = Array.from({ length: at % 2 === 0 ? 4 : Math.floor(random() * 30) }, () => 'filler');
        const title = at % 61 === 0 ? ['often'] : [];
        return { fields: [title, [], [...body, ...filler]], ...(at % 99 === 0 ? { weight: 2 } : {}) };
      }),
    );
    for (const words of [['always', 'rare', 'often', 'seldom'], ['often'], ['rare', 'always', 'rare'], ['rare']])
      for (const limit of [1, 30, 500]) {
        const input = {
          plan: { concepts: words.map((word) => ({ terms: [word] })), required: [], excluded: [], excludedPhrases: [] },
          evidence: await Promise.all(words.map((word) => evidenceFor(source, word, { prefix: false, typos: false }))),
          postings: new Map(),
          statistics: source.statistics(),
          lengths: await source.lengths(),
          weights: { title: 1.5, heading: 1.5, body: 1 },
          limit,
        };
        const chosen = chooseCandidates(input);
        const all = scorePassages(input);
        if (all.length <= limit) continue;
        expect(chosen?.reduce((sum, each) => sum + each, 0)).toBe(limit);
        const scores = all.flatMap(({ passage, score }) => (chosen?.[passage] === 1 ? [score] : []));
        for (const [at, score] of scores.entries()) expect(score).toBeCloseTo(all[at]?.score ?? 0, 4);
      }
  });
});
