import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentId } from '../core/document.ts';
import { memoryStore } from '../store/memory.ts';
import { sharedPrefix } from './codec.ts';
import { type Corpus, openCorpus } from './corpus.ts';
import { finder, type Misspelt } from './edits.ts';
import { corpusOptions, indexed } from './fixtures/corpora.ts';
import { ENGLISH_ENDINGS } from './lexical/endings.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '日', '𝒳'), minLength: 1, maxLength: 6 });

async function corpusOf(texts: readonly string[]): Promise<Corpus> {
  const corpus = await openCorpus(memoryStore(), {
    ...corpusOptions,
    analyzer: async () => ({ analyze: (text: string) => text.split(' ').filter((word) => word !== '') }),
  });
  await corpus.apply({ add: texts.map((text, index) => indexed({ id: `d${index}`, title: '', texts: [text] })) });
  return corpus;
}

function frequencies(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const term of new Set(text.split(' '))) if (term !== '') counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

/** The textbook table. */
function edits(a: string, b: string): number {
  const table: number[][] = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number) => table[i]?.[j] ?? 0;
  for (let i = 0; i <= a.length; i += 1)
    for (let j = 0; j <= b.length; j += 1) {
      let best = Math.max(i, j);
      if (i > 0 && j > 0) {
        best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
          best = Math.min(best, at(i - 2, j - 2) + 1);
      }
      (table[i] ?? [])[j] = best;
    }
  return at(a.length, b.length);
}

describe('lexicon', () => {
  const texts = fc.array(
    fc.array(letters, { maxLength: 8 }).map((words) => words.join(' ')),
    { minLength: 1, maxLength: 10 },
  );

  it('expands a prefix to the terms that begin with it, commonest first', async () => {
    await fc.assert(
      fc.asyncProperty(texts, letters, fc.integer({ min: 1, max: 6 }), async (all, prefix, limit) => {
        // Half a pair is no prefix, and a table of one or two units keeps 24 terms: more than these texts have.
        const corpus = await corpusOf(all);
        const expected = [...frequencies(all)]
          .filter(([term]) => term.startsWith(prefix) && term !== 'Part')
          .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
          .map(([term, frequency]) => ({ term, frequency, distance: term.length - prefix.length }));
        expect(await corpus.expand(prefix, limit)).toEqual(expected.slice(0, limit));
      }),
    );
  });

  it('finds the terms of the same first letter within some edits, nearest first', async () => {
    await fc.assert(
      fc.asyncProperty(texts, letters, fc.integer({ min: 0, max: 2 }), async (all, word, most) => {
        const corpus = await corpusOf(all);
        const [first = ''] = word;
        const expected = [...frequencies(all)]
          .map(([term, frequency]) => ({ term, frequency, distance: edits(term, word) }))
          .filter(({ term, distance }) => term.startsWith(first) && distance <= most)
          .sort((a, b) => a.distance - b.distance || b.frequency - a.frequency || (a.term < b.term ? -1 : 1));
        expect(await corpus.similar({ word, edits: most }, 99)).toEqual(expected);
      }),
    );
  });

  it('counts removed passages out where postings lie in the block', async () => {
    const corpus = await corpusOf(['abc abd', 'abd', 'abe']);
    await corpus.apply({ remove: [indexed({ id: 'd1', texts: [] }).document.id] });
    expect(await corpus.expand('ab', 9)).toHaveLength(3);
    expect((await corpus.expand('abd', 9))[0]).toMatchObject({ term: 'abd', frequency: 1 });
    await corpus.apply({ remove: [indexed({ id: 'd2', texts: [] }).document.id] });
    expect(await corpus.expand('abe', 9)).toEqual([]);
    expect(await corpus.postings(['abe'])).toEqual([undefined]);
  });

  it('gives the words of living documents only, however many of removed ones were commoner or nearer', async () => {
    const words = fc.array(letters, { maxLength: 8 }).map((each) => each.join(' '));
    const documents = fc.array(fc.record({ text: words, isRemoved: fc.boolean() }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(documents, letters, fc.integer({ min: 1, max: 4 }), async (all, word, limit) => {
        const corpus = await corpusOf(all.map(({ text }) => text));
        const gone = all.flatMap(({ isRemoved }, at) => (isRemoved ? [documentId(`d${at}`)] : []));
        await corpus.apply({ remove: gone });
        const living = [...frequencies(all.flatMap(({ text, isRemoved }) => (isRemoved ? [] : [text]))).keys()];
        const begun = living.filter((term) => term.startsWith(word));
        const expanded = (await corpus.expand(word, limit)).map(({ term }) => term);
        expect(begun).toEqual(expect.arrayContaining(expanded));
        expect(expanded).toHaveLength(Math.min(limit, begun.length));
        const [first = ''] = word;
        const distances = living.filter((term) => term.startsWith(first)).map((term) => edits(term, word));
        const near = distances.filter((distance) => distance <= 2).sort();
        const similar = await corpus.similar({ word, edits: 2 }, limit);
        expect(similar.map(({ distance }) => distance)).toEqual(near.slice(0, limit));
      }),
    );
  });

  it('finds a word by its first letter when all words kept for that letter have gone', async () => {
    const dead = Array.from({ length: 40 }, (_, at) => `k${String.fromCharCode(97 + (at % 26))}${at}`).join(' ');
    const corpus = await corpusOf([...Array<string>(5).fill(dead), 'kyoto', ...Array<string>(6).fill('filler')]);
    expect((await corpus.expand('k', 8)).map(({ term }) => term)).not.toContain('kyoto');
    await corpus.apply({ remove: [0, 1, 2, 3, 4].map((at) => documentId(`d${at}`)) });
    for (const prefix of ['k', 'ky', 'kyo']) expect((await corpus.expand(prefix, 8))[0]?.term).toBe('kyoto');
    expect(await corpus.expand('ka', 8)).toEqual([]);
  });

  it('reads a bounded part of a large lexicon', async () => {
    const store = memoryStore();
    let bytes = 0;
    const counting = {
      ...store,
      read: async (...[name, range, signal]: Parameters<typeof store.read>) => {
        const found = await store.read(name, range, signal);
        bytes += found?.length ?? 0;
        return found;
      },
    };
    const text = Array.from({ length: 40_000 }, (_, number) => (number * 7919).toString(36)).join(' ');
    const { segments: _, ...options } = corpusOptions;
    await (await openCorpus(store, options)).apply({ add: [indexed({ id: 'a', texts: [text] })] });
    const corpus = await openCorpus(counting, options);
    expect(bytes).toBeLessThan(8_000);
    bytes = 0;
    await corpus.expand('a', 5);
    await corpus.expand('ab', 5);
    expect(bytes).toBeLessThan(24_000);
    await corpus.expand('abc', 5);
    await corpus.postings(['abc0']);
    expect(bytes).toBeLessThan(80_000);
  });
});

describe('finder', () => {
  const letter = fc.string({ unit: fc.constantFrom('a', 'b', 'e'), maxLength: 4 });
  const search = (texts: readonly string[], misspelt: Misspelt) => {
    const shared = texts.map((text, index) => sharedPrefix(texts[index - 1] ?? '', text));
    const found: [string | undefined, number][] = [];
    finder(misspelt)({ texts, shared }, (index, distance) => found.push([texts[index], distance]));
    return found;
  };
  it('equals the textbook on sorted terms', () => {
    fc.assert(
      fc.property(fc.uniqueArray(letters, { maxLength: 30 }), letters, fc.nat({ max: 3 }), (terms, word, most) => {
        const texts = [...terms].sort();
        expect(search(texts, { word, edits: most })).toEqual(
          texts.map((text) => [text, edits(text, word)]).filter(([, distance]) => Number(distance) <= most),
        );
      }),
    );
  });
  it('takes a term to be as near as the nearest of its forms', () => {
    const isForm = (form: string, term: string) => (form.length + term.length) % 3 > 0;
    const given = [
      fc.uniqueArray(letters, { maxLength: 20 }),
      letters,
      fc.nat({ max: 2 }),
      fc.uniqueArray(letter),
    ] as const;
    fc.assert(
      fc.property(...given, (terms, word, most, after) => {
        const texts = [...terms].sort();
        const nearest = (text: string) =>
          Math.min(
            edits(text, word),
            ...after.map((each) => text + each).flatMap((form) => (isForm(form, text) ? [edits(form, word)] : [])),
          );
        const endings = { after, instead: () => [], doubled: () => [], isForm };
        expect(search(texts, { word, edits: most, endings })).toEqual(
          texts.map((text) => [text, nearest(text)]).filter(([, distance]) => Number(distance) <= most),
        );
      }),
    );
  });
  it.each([
    ['warnng', 'warn'],
    ['mdule', 'modul'],
    ['tbale', 'tabl'],
    ['operaors', 'oper'],
    ['qeury', 'queri'],
    ['runnig', 'run'],
    ['writign', 'write'],
    ['transactino', 'transact'],
  ])('knows %s by its English ending for a form of %s', (word, term) => {
    expect(search([term], { word, edits: 1 })).toEqual([]);
    expect(search([term], { word, edits: 1, endings: ENGLISH_ENDINGS })).toEqual([[term, 1]]);
  });
  it('makes no form of a word that has another stem', () => {
    // The stem of `there` is itself.
    expect(search(['ther'], { word: 'three', edits: 1, endings: ENGLISH_ENDINGS })).toEqual([]);
  });
});
