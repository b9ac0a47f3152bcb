import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery, unquoted } from './query.ts';
import { signTerm } from './signs.ts';

describe('parseQuery', () => {
  it('reads phrases, exclusions and fields', () => {
    expect(parseQuery('fast "exact match" -slow title:Intro heading:"two words" tail ')).toEqual({
      text: 'fast "exact match" -slow title:Intro heading:"two words" tail ',
      plain: 'fast exact match Intro two words tail',
      words: ['fast', 'tail'],
      phrases: ['exact match'],
      excluded: ['slow'],
      fielded: [
        { field: 'title', word: 'Intro' },
        { field: 'heading', word: 'two' },
        { field: 'heading', word: 'words' },
      ],
      typing: false,
      endsFielded: false,
    });
  });

  it.each([
    ['git commit --no-verify', ['git', 'commit', '--no-verify']],
    ['git commit -m', ['git', 'commit', '-m']],
    ['a - b', ['a', 'b']],
    ['state-of-the-art', ['state-of-the-art']],
    ['http://x.com/a:b', ['http://x.com/a:b']],
    ['foo:bar node:fs', ['foo:bar', 'node:fs']],
    ['title:', ['title:']],
    ['say "unbalanced quote', ['say', 'unbalanced', 'quote']],
    ['-only', ['only']],
    ['C++ ?', ['C++']],
    ['what does ->> do', ['what', 'does', '->>', 'do']],
    ['":="', [':=']],
    ['""', []],
    ['', []],
  ])('takes %j for words', (text, words) => {
    expect(parseQuery(text)).toMatchObject({ words, phrases: [], excluded: [], fielded: [] });
  });

  it('takes numbers with a dash for numbers, as messages have them, and leaves out what has letters', () => {
    expect(parseQuery('npm errno -4058')).toMatchObject({ words: ['npm', 'errno', '-4058'], excluded: [] });
    expect(parseQuery('a -1.5 -12:30 -3d -bc')).toMatchObject({
      words: ['a', '-1.5', '-12:30'],
      excluded: ['3d', 'bc'],
    });
    expect(parseQuery('errno -"4058"')).toMatchObject({ words: ['errno'], excluded: ['4058'] });
  });

  it('reads typographic quotation marks and an excluded phrase', () => {
    expect(parseQuery('a “b c” -"d e"')).toMatchObject({ words: ['a'], phrases: ['b c'], excluded: ['d e'] });
  });

  it('reads phrases as words where it is told to, and nothing else anew', () => {
    const query = parseQuery('key "users_pkey of" -slow title:x "b c" viol');
    const words = ['users_pkey', 'of', 'b', 'c', 'key', 'viol'];
    expect(unquoted(query)).toEqual({ ...query, phrases: [], words });
    expect(query.typing).toBe(true);
  });

  it.each([
    ['24" vs 27" monitor', ['24', 'vs', '27', 'monitor'], []],
    ['27” monitor “4k display”', ['27', 'monitor'], ['4k display']],
    ['24" monitor "4k display"', ['24', 'monitor'], ['4k display']],
    ['rock"n"roll', ['rock', 'n', 'roll'], []],
    ['צה"ל ארה"ב', ['צה', 'ל', 'ארה', 'ב'], []],
    ['検索"東京大学"', ['検索'], ['東京大学']],
    ['用React“精确短语”', ['用React'], ['精确短语']],
    ['("a b")', [], ['a b']],
  ])('opens no phrase after a figure or inside a word: %j', (text, words, phrases) => {
    expect(parseQuery(text)).toMatchObject({ words, phrases });
  });

  it('knows when the last word is still being typed', () => {
    const typing = (text: string) => parseQuery(text).typing;
    expect([typing('conf'), typing('title:conf'), typing('日本')]).toEqual([true, true, true]);
    expect([typing('conf '), typing('why?'), typing('"a b"'), typing('a -conf'), typing('C++'), typing('')]).toEqual(
      Array(6).fill(false),
    );
    expect(parseQuery('conf', { typing: false }).typing).toBe(false);
    expect(parseQuery('conf ', { typing: true }).typing).toBe(true);
    expect(parseQuery('"a b"', { typing: true }).typing).toBe(false);
  });

  it('knows whether the last word is a fielded one, however it ends', () => {
    const typed = ({ typing, endsFielded }: ReturnType<typeof parseQuery>) => [typing, endsFielded];
    expect(typed(parseQuery('title:port import'))).toEqual([true, false]);
    expect(typed(parseQuery('import title:port'))).toEqual([true, true]);
  });

  it('gives models the question without operators', () => {
    expect(parseQuery('How do I "undo" a commit, -svn please?').plain).toBe('How do I undo a commit, please?');
  });

  it('never throws, and reads no more than it must', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab -":“”é中 title'.split('')), maxLength: 60 }), (text) => {
        const query = parseQuery(text);
        expect(query.text).toBe(text);
        for (const word of [...query.phrases, ...query.excluded]) expect(word).toMatch(/[\p{L}\p{N}]/u);
        for (const word of query.words) expect(signTerm(word) ?? word).toMatch(/[\p{L}\p{N}]|^= ./u);
      }),
    );
    expect(parseQuery('word '.repeat(1e6)).words.length).toBe(256);
  });
});
