import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerpt, matcher } from './highlights.ts';
import { parseQuery } from './query.ts';

async function marked(query: string, text: string, languages: readonly string[] = ['en']): Promise<string[]> {
  const match = await matcher(parseQuery(query), languages);
  return match.ranges(text).map(({ start, end }) => text.slice(start, end));
}

describe('matcher', () => {
  it('marks words by stem, across folding', async () => {
    expect(await marked('connect cafe ', 'Connections in a Café, not in the café’s cellar.')).toEqual([
      'Connections',
      'Café',
      'café’s',
    ]);
    expect(await marked('fi ', 'ﬁ and ＦＩ and fi')).toEqual(['ﬁ', 'ＦＩ', 'fi']);
    expect(await marked('cafe ', 'a cafe\u0301 here')).toEqual(['cafe\u0301']);
  });

  it('marks the word being typed by its beginning, but not one letter of it', async () => {
    expect(await marked('install conf', 'Install the configuration of confetti')).toEqual([
      'Install',
      'configuration',
      'confetti',
    ]);
    expect(await marked('install c', 'Install the configuration')).toEqual(['Install']);
    expect(await marked('title:port import', 'The portal imports importance')).toEqual(['imports', 'importance']);
  });

  it('marks nothing that a stop word at the end begins, unless nothing else is asked', async () => {
    expect(await marked('how do I connect to', 'Connect the tool together today.')).toEqual(['Connect']);
    expect(await marked('title:hooks in', 'Hooks inform', ['en'])).toEqual(['Hooks']);
    expect(await marked('install to', 'विकि the today install', ['hi'])).toEqual(['install']);
    expect(await marked('to', 'the tool')).toEqual(['tool']);
  });

  it('marks by the whole of what is being typed in a script without spaces, not by its last letter', async () => {
    for (const typed of ['データベース', 'データベ'])
      expect(await marked(typed, 'データベースのスキーマとベンチ', ['ja'])).toEqual(['データベース']);
    expect(await marked('安装包', '安装包的包含和包装', ['zh'])).toEqual(['安装', '包']);
    expect(await marked('日', '日本語', ['ja'])).toEqual(['日本語']);
  });

  it('marks Korean words with their endings', async () => {
    for (const query of ['사용자', '사용자 '])
      expect(await marked(query, '사용자의 자동으로 자료', ['ko'])).toEqual(['사용자의']);
    expect(await marked('나 ', '나는 나무', ['ko'])).toEqual([]);
  });

  it('marks capitals by small letters and the other way round', async () => {
    expect(await marked('Tokens API yes ', 'token TOKENS Token api Api API Yes no')).toEqual([
      'token',
      'TOKENS',
      'Token',
      'api',
      'Api',
      'API',
      'Yes',
    ]);
  });

  it('marks identifiers whole, and by part', async () => {
    expect(await marked('asyncio.run ', 'Call asyncio.run(), or run it')).toEqual(['asyncio.run', 'run']);
    expect(await marked('state ', 'useState and state')).toEqual(['State', 'state']);
    expect(await marked('useState ', 'use_state')).toEqual(['use_state']);
  });

  it('marks phrases with their stop words, and stop words only when nothing else is asked', async () => {
    expect(await marked('"out of the box"', 'It works out of the box, in a box.')).toEqual(['out of the box', 'box']);
    expect(await marked('the box ', 'the box')).toEqual(['box']);
    expect(await marked('to be ', 'to be or not')).toEqual(['to', 'be']);
  });

  it('marks Chinese words and words of several languages', async () => {
    expect(await marked('東京 ', '私は東京に住む', ['ja'])).toEqual(['東京']);
    expect(await marked('houses Häuser ', 'a house, ein Haus', ['en', 'de'])).toEqual(['house', 'Haus']);
    expect(await marked('-box only ', 'only a box')).toEqual(['only']);
  });

  it('marks a phrase of a script without spaces, and not the clause around it', async () => {
    const clause = '私が毎日通っている東京大学の図書館はとても静かで広い';
    expect(await marked('"東京大学"', clause, ['ja'])).toEqual(['東京大学']);
    expect(await marked('"React入門"', 'これはReact入門です', ['ja'])).toContain('React入門');
    expect(await marked('"서울 대학교"', '나는 서울 대학교에서 공부한다', ['ko'])).toEqual(['서울 대학교']);
    // A letter and its mark become one: whose place is which cannot be told, and the run is marked.
    expect(await marked('"ガス会社"', 'これはｶﾞｽ会社です', ['ja'])).toEqual(['これはｶﾞｽ会社です']);
  });

  it('leaves English stop words of a question unmarked in a text of other letters', async () => {
    const text = 'विकि the Vite और is a बिल्ड';
    expect(await marked('is the vite a बिल्ड ', text, ['hi'])).toEqual(['Vite', 'बिल्ड']);
    expect(await marked('the ', text, ['hi'])).toEqual(['the']);
  });

  it('gives ranges in order, apart and inside, for any text', async () => {
    const { ranges: match } = await matcher(parseQuery('ab "cd ef" 東京 éa'), ['en', 'ja']);
    const unit = fc.constantFrom('ab', 'cd', 'ef', ' ', '.', '東', '京', 'é', 'a', 'A', '\u0301', "'", '_', '💡', 'ﬁ');
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        let last = 0;
        for (const { start, end } of match(text)) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          last = end;
        }
      }),
    );
  });
});

describe('excerpt', () => {
  const filler = 'Nothing of note stands in this sentence. '.repeat(10);
  const text = `${filler}One alpha here. ${filler}The alpha and beta meet in this place. ${filler}`;

  it('chooses the densest window and begins with its sentence', async () => {
    const match = await matcher(parseQuery('alpha beta '), ['en']);
    const { text: shown, ranges } = excerpt(text, match.ranges(text), 120, match.asked);
    expect(shown).toMatch(/^…/);
    expect(shown).toContain('The alpha and beta meet');
    expect(ranges.map(({ start, end }) => shown.slice(start, end))).toEqual(['alpha', 'beta']);
  });

  it('shows the name that was asked for rather than forms of its parts, and two words rather than forms of one', async () => {
    const shownFor = async (question: string, ...sentences: readonly string[]) => {
      const { ranges, asked } = await matcher(parseQuery(question), ['en']);
      const long = sentences.map((each) => `${filler}${each} `).join('') + filler;
      return excerpt(long, ranges(long), 120, asked).text;
    };
    const series = 'Call generate_series at once.';
    const forms = 'Generating is what it does: generate and generated.';
    for (const order of [
      [series, forms],
      [forms, series],
    ])
      expect(await shownFor('generate_series', ...order)).toContain(series);
    expect(await shownFor('reading files ', 'Read, reads, reading.', 'Files are read.')).toContain('Files are read.');
  });

  it('gives the beginning where nothing is marked, and a short text whole', () => {
    expect(excerpt(text, [], 60).text).toMatch(/^Nothing of note.*\S…$/);
    expect(excerpt('short', [{ start: 0, end: 5 }], 60)).toEqual({ text: 'short', ranges: [{ start: 0, end: 5 }] });
  });

  const markedIn = (given: string, words: RegExp, most: number) =>
    excerpt(
      given,
      [...given.matchAll(words)].map(({ index, 0: word }) => ({ start: index, end: index + word.length })),
      most,
    );

  it('begins with a word where the first mark begins the only one in reach', () => {
    const given = `${'filler '.repeat(20)}inversely_the datetime class ${'filler '.repeat(20)}`;
    for (let most = 12; most < 120; most++)
      expect(markedIn(given, /datetime/g, most).text).toMatch(/^…(filler|inversely_the|datetime)\b/);
  });

  it('shows the whole word of which a part is marked, at either end', () => {
    const given = `${'x1 '.repeat(60)}set_event_loop ${'x2 '.repeat(9)}autovacuum_max_workers ${'x3 '.repeat(60)}`;
    for (let most = 54; most < 150; most++) {
      const { text: shown, ranges } = markedIn(given, /event|max/g, most);
      const words = shown.replaceAll('…', '').trim().split(/\s+/);
      expect(new Set([...words, 'x1', 'x2', 'x3', 'set_event_loop', 'autovacuum_max_workers']).size).toBe(5);
      expect(ranges.length).toBe(words.filter((word) => word.includes('_')).length);
    }
    // Where there is no room for the word, for its part.
    expect(markedIn(`${'x'.repeat(30)}_max_${'x'.repeat(30)}`, /max/g, 20).ranges).toHaveLength(1);
  });

  it('does not cut off a mark at its end to end with a word', () => {
    const given = `${'a bc '.repeat(30)}alpha ${'defg '.repeat(8)}(beta). ${'hi '.repeat(60)}`;
    for (let most = 56; most < 120; most++) expect(markedIn(given, /alpha|beta/g, most).ranges).toHaveLength(2);
  });

  it('begins and ends with a part of an address, which has no blanks', () => {
    const given = `${'https://example.org/guide/chapter-one/'.repeat(8)}beta/${'https://example.org/guide/chapter-two/'.repeat(8)}`;
    for (let most = 30; most < 150; most++) {
      const { text: shown } = markedIn(given, /beta/g, most);
      const parts = shown.match(/\w+/g) ?? [];
      expect(parts.filter((part) => !/^(https|example|org|guide|chapter|one|two|beta)$/.test(part))).toEqual([]);
    }
  });

  it('keeps what stands before a mark in a script without blanks, and no mark without its letter', () => {
    const japanese = '東京のサーバーはか\u3099くせいに使われる'.repeat(30);
    const thai = 'การค้นหาที่เข้าใจความหมายของคำ'.repeat(30);
    const devanagari = 'कि'.repeat(300);
    const family = '👩\u200d👩\u200d👧🏽'.repeat(60);
    for (const given of [japanese, thai, devanagari, family])
      for (let most = 30; most < 80; most++) {
        const at = 4 * most;
        const { text: shown, ranges } = excerpt(given, given === family ? [] : [{ start: at, end: at + 2 }], most);
        const inner = shown.replaceAll('…', '');
        expect(inner).not.toMatch(/^[\p{M}\u30fc]/u);
        const end = given.indexOf(inner) + inner.length;
        expect(given.slice(end)).not.toMatch(/^[\p{M}\p{Emoji_Modifier}\u200d]/u);
        if (given === japanese || given === thai) expect(ranges[0]?.start).toBeGreaterThan(1);
      }
    // A text that is nothing but marks is cut all the same.
    expect(excerpt(`a${'\u0301'.repeat(300)}`, [], 40).text.length).toBeGreaterThan(20);
  });

  it('keeps its length, its marks and its surrogate pairs', () => {
    const words = fc.array(fc.constantFrom('alpha', 'beta', 'x', '.', '💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡', '東京'), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(words, fc.constantFrom(' ', ''), fc.integer({ min: 8, max: 90 }), (parts, space, most) => {
        const given = parts.join(space);
        const ranges = [...given.matchAll(/alpha|beta/g)].map(({ index, 0: word }) => ({
          start: index,
          end: index + word.length,
        }));
        const { text: shown, ranges: kept } = excerpt(given, ranges, most);
        expect(shown.length).toBeLessThanOrEqual(Math.max(most, 8));
        expect(() => encodeURIComponent(shown)).not.toThrow();
        for (const { start, end } of kept) expect(['alpha', 'beta']).toContain(shown.slice(start, end));
        if (ranges.length > 0 && most >= 20) expect(kept.length).toBeGreaterThan(0);
      }),
    );
  });
});
