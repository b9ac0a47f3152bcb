import { describe, expect, it } from 'vitest';
import { memoryTermSource } from '../index/lexical/memory-terms.ts';
import type { TermPostings, TermSource } from '../index/terms.ts';
import { weighByRarity } from './rarity.ts';

const signal = new AbortController().signal;

/** A hundred passages: all hold `tabl`, every fourth `row`, one `vacuum`. */
function manual(): TermSource {
  return memoryTermSource(
    Array.from({ length: 100 }, (_, at) => ({
      fields: [[], [], ['tabl', ...(at % 4 === 0 ? ['row'] : []), ...(at === 7 ? ['vacuum'] : [])]],
    })),
  );
}

async function weights(text: string, terms = manual(), exponent = 0.5): Promise<ReadonlyMap<string, number>> {
  return weighByRarity(terms, { exponent })(text, signal);
}

const idf = (holding: number, of = 100) => Math.log(1 + (of - holding + 0.5) / (holding + 0.5));

describe('weighByRarity', () => {
  it('weighs words by a power of their idf, whatever their form', async () => {
    const found = await weights('How do I vacuum the rows of my tables?');
    const [rare, common, everywhere] = ['vacuum', 'rows', 'tables'].map((word) => found.get(word) ?? 0);
    expect((rare ?? 0) / (common ?? 1)).toBeCloseTo(Math.sqrt(idf(1) / idf(25)), 6);
    expect((common ?? 0) / (everywhere ?? 1)).toBeCloseTo(Math.sqrt(idf(25) / idf(100)), 6);
    // Stop words and marks are in no index: they count as they always do.
    for (const word of ['how', 'the', '?']) expect(found.has(word)).toBe(false);
  });

  it('counts a word that the corpus lacks as the others on the mean', async () => {
    const found = await weights('vacuum row zeugma', manual(), 1);
    const mean = (idf(1) + idf(25)) / 2;
    expect((found.get('zeugma') ?? 0) / (found.get('vacuum') ?? 1)).toBeCloseTo(mean / idf(1), 6);
    expect(await weights('zeugma')).toEqual(new Map());
  });

  it('does not let stop words gain where every word is common', async () => {
    const note = memoryTermSource([{ fields: [[], [], ['varnish', 'oar']] }]);
    const found = await weights('how do I varnish the oar', note, 1);
    expect(found.get('varnish')).toBeCloseTo(1, 6);
    expect(found.get('oar')).toBeCloseTo(1, 6);
  });

  it('counts a field each, totals where only some passages were read, and outlines', async () => {
    const twice = memoryTermSource(
      Array.from({ length: 100 }, (_, at) => ({ fields: at < 10 ? [['fox'], [], ['fox']] : [[], [], ['hen']] })),
    );
    const found = await weights('fox hen', twice, 1);
    expect((found.get('fox') ?? 0) / (found.get('hen') ?? 1)).toBeCloseTo(idf(20) / idf(90), 6);
    const none = { passages: new Uint32Array(), frequencies: new Uint16Array() };
    const partial: TermPostings = { term: 'fox', fields: [{ ...none, total: 50 }, none, none] };
    const outline = { passages: Uint32Array.of(1, 2), impacts: new Float32Array(2), rest: 18, restImpact: 0 };
    const coarse: TermSource = {
      ...twice,
      postings: async (terms) =>
        terms.map((term) => (term === 'fox' ? partial : { term, fields: [none, none, none], outline })),
    };
    const read = await weights('fox hen', coarse, 1);
    expect((read.get('fox') ?? 0) / (read.get('hen') ?? 1)).toBeCloseTo(idf(50) / idf(20), 6);
  });

  it('weighs all alike with a power of 0 or nothing indexed, and refuses what is no power', async () => {
    expect(await weights('vacuum', manual(), 0)).toEqual(new Map());
    expect(await weights('vacuum', memoryTermSource([]))).toEqual(new Map());
    for (const exponent of [-0.1, 1.5, Number.NaN])
      expect(() => weighByRarity(manual(), { exponent })).toThrow(/power from 0 to 1/);
  });
});
