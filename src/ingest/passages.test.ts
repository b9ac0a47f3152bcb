import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Document, documentId, type Section } from '../core/document.ts';
import { readDocument } from './document.ts';
import { splitPassages } from './passages.ts';
import { countWords } from './sentences.ts';

interface Part {
  readonly heading: readonly string[];
  readonly text: string;
  readonly weight?: number;
}

function documentOf(parts: readonly Part[], language = 'en'): Document {
  let start = 0;
  const sections: Section[] = [];
  for (const { heading, text, weight = 1 } of parts) {
    if (text === '') continue;
    sections.push({ start, end: start + text.length, heading, anchor: heading.join('-'), weight });
    start += text.length;
  }
  return {
    id: documentId('d'),
    url: 'd',
    title: 'T',
    language,
    text: parts.map((part) => part.text).join(''),
    sections,
  };
}

const split = (parts: readonly Part[], maxWords?: number) =>
  splitPassages(documentOf(parts), maxWords === undefined ? {} : { maxWords }).map(({ heading, text }) => [
    heading.join(' › '),
    text,
  ]);

const sentence = (words: number, end = '. ') =>
  `${Array.from({ length: words }, (_, index) => `W${index}`).join(' ')}${end}`;

afterEach(() => vi.unstubAllGlobals());

describe('splitting a document', () => {
  it('makes one passage of a section that is short enough', () => {
    expect(split([{ heading: ['A'], text: sentence(180) }])).toHaveLength(1);
    expect(split([{ heading: ['A'], text: sentence(90) + sentence(91) }])).toHaveLength(2);
  });
  it('cuts longer sections at sentences, to about equal lengths', () => {
    const text = sentence(20).repeat(20);
    const passages = split([{ heading: ['A'], text }]);
    expect(passages.map(([, each]) => countWords(each ?? ''))).toEqual([140, 140, 120]);
    expect(passages.every(([, each]) => each?.trim().endsWith('.'))).toBe(true);
  });
  it('prefers to cut where a paragraph ends', () => {
    const text = `${sentence(80, '.\n')}${sentence(40)}${sentence(80)}`;
    expect(split([{ heading: ['A'], text }]).map(([, each]) => countWords(each ?? ''))).toEqual([80, 120]);
  });
  it('cuts a sentence that is too long at words, and a word that is too long anywhere', () => {
    const passages = split([{ heading: ['A'], text: `${sentence(400)}${'x'.repeat(10_000)}` }]);
    expect(Math.max(...passages.map(([, each]) => countWords(each ?? '')))).toBeLessThanOrEqual(180);
    expect(passages.slice(0, 2).every(([, each]) => /^W\d+ .* W\d+\.? $/.test(each ?? ''))).toBe(true);
  });
  it('cuts Chinese at its full stops', () => {
    const text = '敏捷的棕色狐狸跳过了懒狗。'.repeat(60);
    const passages = splitPassages(documentOf([{ heading: [], text }], 'zh'));
    expect(passages.length).toBe(3);
    expect(passages.every((passage) => passage.text.endsWith('。'))).toBe(true);
  });
  it('joins a heading that stands alone to the section under it, and leads there', () => {
    expect(
      split([
        { heading: [], text: 'T\n' },
        { heading: ['A'], text: 'A\n' },
        { heading: ['A', 'B'], text: `B\n${sentence(20)}` },
        { heading: ['C'], text: 'C' },
      ]),
    ).toEqual([
      ['A › B', `T\nA\nB\n${sentence(20)}`],
      ['C', 'C'],
    ]);
  });
  it('joins neighbours of a few words under the first, but not to longer ones', () => {
    expect(
      split([
        { heading: ['A', 'x'], text: 'x\nOne.\n' },
        { heading: ['A', 'y'], text: 'y\nTwo.\n' },
        { heading: ['A', 'z'], text: `z\n${sentence(30)}` },
        { heading: ['B', 'x'], text: 'x\nOne.' },
      ]).map(([heading]) => heading),
    ).toEqual(['A › x', 'A › z', 'B › x']);
  });
  it('leaves out sections of weight 0', () => {
    const given = documentOf([
      { heading: ['A'], text: 'One.\n' },
      { heading: ['A'], text: 'Two.\n', weight: 0 },
      { heading: ['A'], text: 'Three.\n' },
    ]);
    expect(splitPassages(given).map(({ id, text }) => [id, text])).toEqual([
      [`${given.id}#0`, 'One.\n'],
      [`${given.id}#1`, 'Three.\n'],
    ]);
  });
  it('does not join across a change of weight', () => {
    expect(
      split([
        { heading: ['A'], text: 'A\n' },
        { heading: ['A', 'B'], text: 'B\nOne.\n', weight: 2 },
        { heading: ['A', 'C'], text: 'C\nTwo.' },
      ]).map(([heading]) => heading),
    ).toEqual(['A', 'A › B', 'A › C']);
  });
  it('has no passages for an empty document', () => {
    expect(split([])).toEqual([]);
  });
  it('refuses a limit below one word', () => {
    expect(() => split([{ heading: [], text: 'x' }], 0)).toThrowError(/maxWords/);
  });
  it('cuts by punctuation where the platform has no segmenter', () => {
    vi.stubGlobal('Intl', { ...Intl, Segmenter: undefined });
    const passages = split([{ heading: [], text: sentence(20).repeat(20) }]);
    expect(passages.map(([, each]) => countWords(each ?? ''))).toEqual([140, 140, 120]);
    expect(
      split([{ heading: [], text: '私は猫です'.repeat(200) }])
        .map(([, each]) => each)
        .join(''),
    ).toBe('私は猫です'.repeat(200));
  });
});

describe('counting words', () => {
  it('counts what stands between blanks, long runs more than once, letters of unspaced scripts by half', () => {
    expect(['', ' ', 'one', ' one  two\n', 'x'.repeat(25), '私は猫', 'ab私は', '𠀀𠀁'].map(countWords)).toEqual([
      0, 0, 1, 2, 2, 1.5, 2, 1,
    ]);
  });
  it('never finds fewer words in parts than in the whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(countWords(a) + countWords(b)).toBeGreaterThanOrEqual(countWords(a + b));
      }),
    );
  });
});

/** A heading cut off from the section it leads into, as happens with limits of a few words. */
const isLone = ({ text, title }: Document, { start, end, heading }: Section): boolean =>
  text.slice(start, end).trim() === (heading.at(-1) ?? title);

const heading = fc.array(fc.constantFrom('A', 'B', 'C'), { maxLength: 3 });
const words = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('word ', 'Another one. ', 'line\n', '\n\n', 'e.g. this! ', '\t') },
      { weight: 2, arbitrary: fc.constantFrom('日本語の文章です。', 'ภาษาไทย', '😀', '𠀀', 'ação? ', '\u0301', '…') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
      { weight: 1, arbitrary: fc.constantFrom('x'.repeat(700), '漢'.repeat(300), '😀'.repeat(200)) },
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));
const parts = fc.array(fc.record({ heading, text: words, weight: fc.constantFrom(1, 1, 1, 2) }), { maxLength: 8 });

describe('passages of any document', () => {
  it('tile and slice it, keep the limit, and stay under one heading and weight', () => {
    fc.assert(
      fc.property(
        parts,
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('en', 'ja', 'th', 'x'),
        (given, maxWords, language) => {
          const document = documentOf(given, language);
          const passages = splitPassages(document, { maxWords });
          expect(passages.map((passage) => passage.text).join('')).toBe(document.text);
          let at = 0;
          for (const [ordinal, passage] of passages.entries()) {
            expect(passage.id).toBe(`d#${ordinal}`);
            expect(passage.start).toBe(at);
            expect(document.text.slice(passage.start, passage.end)).toBe(passage.text);
            expect(passage.text).not.toBe('');
            at = passage.end;
            const inside = document.sections.filter(({ start, end }) => start < passage.end && end > passage.start);
            const own = inside.some((section) => section.heading.join() === passage.heading.join());
            expect(own || inside.every((section) => isLone(document, section))).toBe(true);
            expect(inside.every((section) => section.weight === passage.weight)).toBe(true);
            if (inside.length === 1) expect(countWords(passage.text)).toBeLessThanOrEqual(maxWords);
            expect(passage.text).not.toMatch(/^[\udc00-\udfff]/);
          }
          expect(splitPassages(document, { maxWords })).toEqual(passages);
        },
      ),
      { numRuns: 200 },
    );
  });
  it('hold for any HTML and Markdown', async () => {
    const piece = fc.constantFrom(
      ...[
        '<h1>',
        '</h1>',
        '<h2 id=a>',
        '</h2>',
        '<p>',
        '</div>',
        '<div data-findling-weight=2>',
        '<dl><dt id=b>',
        '<dd>',
      ],
      ...[
        '</dl>',
        '<pre>',
        '</pre>',
        '<main>',
        '</main>',
        '<nav>',
        'words here. ',
        '\n# H\n',
        '\n- i\n',
        '```\n',
        '&amp;',
        '|',
      ],
      ...['<td>', '<table>', '\n\n', '*', '> ', '<a class=anchor>', '</a>', '<!--', '-->', '{/*', '<T a={', '---\n'],
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.constantFrom('html', 'markdown', 'text'),
        async (pieces, type) => {
          const document = await readDocument({ id: 'x', type, content: pieces.join('') });
          let at = 0;
          for (const section of document.sections) {
            expect(section.start).toBe(at);
            expect(section.end).toBeGreaterThan(at);
            at = section.end;
          }
          expect(at).toBe(document.text.length);
          expect(
            splitPassages(document, { maxWords: 5 })
              .map((passage) => passage.text)
              .join(''),
          ).toBe(document.text);
        },
      ),
      { numRuns: 300 },
    );
  });
});
