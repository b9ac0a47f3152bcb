import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWordPiece } from './wordpiece.ts';

const path = resolve(import.meta.dirname, '../../models/wordpiece/vocab.txt');
const vocabulary = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
const small = '[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##aff\n##able\nthe\nfox\n,\n';

describe('createWordPiece', () => {
  const wordpiece = createWordPiece(small);

  it('matches the longest piece first, and says unknown for the rest', () => {
    expect([...wordpiece.encode('The unaffable, fax fox')]).toEqual([7, 4, 5, 6, 9, 1, 8]);
    expect(wordpiece.size).toBe(10);
  });
  it('puts a pair together with its types', () => {
    const { ids, types } = wordpiece.encodePair('the fox', 'unaffable', 16);
    expect([...ids]).toEqual([2, 7, 8, 3, 4, 5, 6, 3]);
    expect([...types]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });
  it('cuts the passage, and the query only where it fills more than half', () => {
    const { ids } = wordpiece.encodePair('the fox', 'fox '.repeat(40), 16);
    expect([...ids.subarray(0, 4)]).toEqual([2, 7, 8, 3]);
    expect(ids.length).toBe(16);
    expect(ids.at(-1)).toBe(3);
    const long = wordpiece.encodePair('fox '.repeat(40), 'the '.repeat(40), 16);
    expect([...long.ids].filter((id) => id === 8)).toHaveLength(6);
    expect([...long.ids].filter((id) => id === 7)).toHaveLength(7);
  });
  it('refuses what is not a BERT vocabulary', () => {
    expect(() => createWordPiece('a\nb\nc')).toThrow(/\[UNK\]/);
  });
  it('reads any text, never exceeds its limits, and forgets nothing between calls', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.integer({ min: 8, max: 40 }), (text, most) => {
        const once = wordpiece.encode(text);
        expect(wordpiece.encode(text)).toEqual(once);
        expect(wordpiece.encode(text, 3)).toEqual(once.slice(0, 3));
        expect(wordpiece.encodePair(text, text, most).ids.length).toBeLessThanOrEqual(most);
      }),
    );
  });
  it('tells more words apart than it remembers, in either case', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const spelling = createWordPiece(
      ['[UNK]', '[CLS]', '[SEP]', ...letters, ...letters.map((each) => `##${each}`)].join('\n'),
    );
    const word = (number: number) => {
      let [rest, spelt] = [number, ''];
      do {
        spelt += letters[rest % 26];
        rest = Math.floor(rest / 26);
      } while (rest > 0);
      return spelt;
    };
    const idsOf = (spelt: string) =>
      [...spelt].map((letter, at) => 3 + letters.indexOf(letter) + (at === 0 ? 0 : letters.length));
    for (const from of [0, 40_000, 20_000, 90_000, 0]) {
      const words = Array.from({ length: 20_000 }, (_, at) => word((from + at) * 7));
      const text = words.map((each, at) => (at % 3 === 0 ? each.toUpperCase() : each)).join(' ');
      expect(spelling.encode(text)).toEqual(Int32Array.from(words.flatMap(idsOf)));
    }
  });
});

describe.skipIf(vocabulary === undefined)('the shipped vocabulary (skipped where models/ has none)', () => {
  const wordpiece = createWordPiece(vocabulary ?? small);
  const cases = readFileSync(resolve(import.meta.dirname, 'fixtures/wordpiece.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): { text: string; ids: number[] } => JSON.parse(line));

  it('gives the ids of the Rust tokenizer that trained the models, on ugly texts', () => {
    expect(cases.length).toBeGreaterThan(300);
    for (const { text, ids } of cases) expect([...wordpiece.encode(text)], JSON.stringify(text)).toEqual(ids);
  });
  it('gives the same for texts side by side', () => {
    const joined = cases.filter(({ text }) => !/^\p{M}/u.test(text)).slice(0, 80);
    expect([...wordpiece.encode(joined.map(({ text }) => text).join(' \n'))]).toEqual(joined.flatMap(({ ids }) => ids));
  });
});
