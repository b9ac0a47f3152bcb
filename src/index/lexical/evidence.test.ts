import { describe, expect, it } from 'vitest';
import type { TermPostings, TermSource } from '../terms.ts';
import { gatherEvidence, termReader } from './evidence.ts';

const OPTIONS = { expansions: 24, shortExpansions: 8, expansionPostings: 20_000, typos: 4 };
const none = { passages: new Uint32Array(0), frequencies: new Uint16Array(0) };

/** What `comprehensi` is read as, where so many passages hold `comprehens`, and so many what begins as it is typed or is near. */
async function read(stem: TermPostings, begun: number, near = 0) {
  const others = (term: string): TermPostings => ({ term, fields: [none, none, none] });
  const match = (term: string, frequency: number) => (frequency > 0 ? [{ term, frequency, distance: 1 }] : []);
  const source = {
    postings: async (terms: readonly string[]) =>
      terms.map((term) => (term === 'comprehensi' ? undefined : term === stem.term ? stem : others(term))),
    expand: async (prefix: string) =>
      prefix === 'comprehensi' ? match('comprehensionif', begun) : match('comprehend', 1),
    similar: async () => match('comprehensa', near),
  } as Partial<TermSource> as TermSource;
  const concept = { terms: ['comprehensi'], typed: 'comprehensi', surface: 'comprehensi' };
  const { terms, derived } = await gatherEvidence(concept, source, termReader(source), OPTIONS);
  return [...terms.slice(1), ...derived.map(({ kind }) => kind)];
}

const held = (count: number) => ({ passages: new Uint32Array(count), frequencies: new Uint16Array(count) });

describe('gatherEvidence of a word typed past its stem', () => {
  const stem = (count: number): TermPostings => ({ term: 'comprehens', fields: [none, held(1), held(count)] });

  it('takes the stem where it is far commoner than what begins so, or is near', async () => {
    expect(await read(stem(30), 10)).toEqual(['comprehens', 'prefix']);
    expect(await read(stem(29), 10)).toEqual(['prefix']);
    expect(await read(stem(30), 0, 10)).toEqual(['comprehens']);
    expect(await read(stem(29), 0, 10)).toEqual(['typo']);
  });

  it('knows how common a stem is of which only an outline was read', async () => {
    const outline = { passages: new Uint32Array(10), impacts: new Float32Array(10), rest: 20, restImpact: 1 };
    const outlined: TermPostings = { term: 'comprehens', fields: [none, none, none], outline };
    expect(await read(outlined, 10)).toEqual(['comprehens', 'prefix']);
    expect(await read(outlined, 11)).toEqual(['prefix']);
  });
});
