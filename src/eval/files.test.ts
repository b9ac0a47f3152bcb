import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCorpus, formatQrels, formatQueries, parseCorpus, parseQrels, parseQueries } from './beir.ts';
import { checkQrels, checkRun, qrelsOf } from './collection.ts';
import { formatRun, parseRun, parseTopics } from './trec.ts';

describe('BEIR files', () => {
  it('reads documents and queries, with and without a title or segment', () => {
    expect(parseCorpus('\uFEFF{"_id":"1","text":"a"}\r\n\n{"_id":2,"title":"t","text":"b"}\n', 'c')).toEqual([
      { id: '1', title: '', text: 'a' },
      { id: '2', title: 't', text: 'b' },
    ]);
    expect(parseQueries('{"_id":"q","text":"x","segment":"s","metadata":{}}', 'q')).toEqual([
      { id: 'q', text: 'x', segment: 's' },
    ]);
  });

  it.each([
    ['', 'corpus.jsonl:1: the file is empty'],
    ['{"_id":"1","text":"a"}\n{"_id":"1","text":"b"}', 'corpus.jsonl:2: the id "1" was given before, in line 1'],
    ['{"_id":"1"}', 'corpus.jsonl:1: document "1" has no "text"'],
    ['{"text":"a"}', 'corpus.jsonl:1: the id ("_id") is missing'],
    ['{"_id":"1","text":7}', 'corpus.jsonl:1: "text" must be a string'],
    ['[1]', 'corpus.jsonl:1: a JSON object was expected'],
    ['\n{oops', 'corpus.jsonl:2: this line is not JSON'],
  ])('refuses the corpus %j with file and line', (content, message) => {
    expect(() => parseCorpus(content, 'corpus.jsonl')).toThrow(message);
  });

  it('reads qrels of three columns with a header, without, and of four', () => {
    const expected = [{ query: 'q', document: 'd', grade: 2 }];
    const rows = ['query-id\tcorpus-id\tscore\nq\td\t2', 'q d 2', 'q 0 d 2', 'q\t0\td\t2\r\n'];
    for (const content of rows) expect(parseQrels(content, 'f')).toMatchObject(expected);
  });

  it.each([
    ['q d', 'qrels.tsv:1: three columns'],
    ['q\td\t1\nq\td2\t1.5', 'qrels.tsv:2: the grade must be a whole number, and "1.5" is none'],
    ['q d 99999999999', 'qrels.tsv:1: the grade 99999999999 is too large'],
    ['q d -99999999999', 'too large'],
    ['q\t\t1', 'qrels.tsv:1: the query or the document id is empty'],
    ['query-id\tcorpus-id\tscore\n', 'only a header'],
    ['q d x', 'whole number'],
  ])('refuses the qrels %j', (content, message) => {
    expect(() => parseQrels(content, 'qrels.tsv')).toThrow(message);
  });

  it('refuses a pair judged twice', () => {
    expect(() => qrelsOf(parseQrels('q d 1\nq d 0', 'f'), 'f')).toThrow(
      'f:2: query "q" and document "d" are judged twice',
    );
  });

  it('warns of judgements that cannot be used and refuses files that do not belong together', () => {
    const judgements = parseQrels('q d 1\nq gone 1\nunknown d 1', 'f.tsv');
    const { qrels, warnings } = checkQrels(judgements, 'f.tsv', new Set(['d']), new Set(['q']));
    expect([...qrels.keys()]).toEqual(['q']);
    expect(qrels.get('q')?.get('gone')).toBe(1);
    expect(warnings[0]).toMatch(/^f\.tsv:3: query "unknown" is not in the queries/);
    expect(warnings[1]).toMatch(/^f\.tsv:2: document "gone" is not in the corpus/);
    expect(() => checkQrels(judgements, 'f.tsv', new Set(['x']), undefined)).toThrow(
      'no judgement belongs to this corpus',
    );
    expect(() => checkQrels(judgements, 'f.tsv', undefined, new Set(['x']))).toThrow(
      'no judgement belongs to these queries',
    );
  });

  it('writes what it reads', () => {
    const document = fc.record({
      id: fc.string({ minLength: 1 }).filter((id) => id.trim() !== ''),
      title: fc.string(),
      text: fc.string(),
    });
    fc.assert(
      fc.property(fc.uniqueArray(document, { selector: ({ id }) => id, minLength: 1, maxLength: 5 }), (documents) => {
        expect(parseCorpus(formatCorpus(documents), 'f')).toEqual(documents);
      }),
    );
    const queries = [
      { id: 'a', text: 'x\n"y"' },
      { id: 'b', text: 'z', segment: 's' },
    ];
    expect(parseQueries(formatQueries(queries), 'f')).toEqual(queries);
    const qrels = new Map([
      [
        'q',
        new Map([
          ['d', 3],
          ['e', -1],
        ]),
      ],
    ]);
    expect(qrelsOf(parseQrels(formatQrels(qrels), 'f'), 'f')).toEqual(qrels);
  });
});

describe('TREC files', () => {
  it('reads topics of both kinds', () => {
    const blocks =
      '<top>\n<num> Number: 301\n<title> Crime\n abroad\n<desc> Description: x\n</top>\n<top><num>302</num><title>Two</title></top>';
    expect(parseTopics(blocks, 't')).toEqual([
      { id: '301', text: 'Crime abroad' },
      { id: '302', text: 'Two' },
    ]);
    expect(parseTopics('1\thow to\n2\twhat', 't')).toEqual([
      { id: '1', text: 'how to' },
      { id: '2', text: 'what' },
    ]);
  });

  it.each([
    ['1 no tab', 't:1: two columns'],
    ['1\ta\n1\tb', 't:2: topic "1" was given before, in line 1'],
    ['<top>\n<title> x\n</top>', 't:1: this topic has no <num>'],
    ['\n<top>\n<num> 3\n</top>', 't:2: topic "3" has no <title>'],
  ])('refuses the topics %j', (content, message) => {
    expect(() => parseTopics(content, 't')).toThrow(message);
  });

  it.each([
    ['q Q0 d 1 0.5', 'r:1: six columns'],
    ['q Q0 d 1 x tag', 'r:1: the score must be a number'],
    ['q Q0 d 1 NaN tag', 'r:1: the score must be a number'],
    ['q Q0 d 1 1 t\nq Q0 d 2 0 t', 'r:2: document "d" stands twice under query "q" (first in line 1)'],
    ['', 'r:1: the file is empty'],
  ])('refuses the run %j', (content, message) => {
    expect(() => parseRun(content, 'r')).toThrow(message);
  });

  it('writes runs in order, and reads them back', () => {
    const run = new Map([
      [
        'q',
        [
          { document: 'a', score: 1 },
          { document: 'b', score: 2.5 },
          { document: 'c', score: 1 },
        ],
      ],
    ]);
    const text = formatRun(run, 'my run');
    expect(text).toBe('q Q0 b 1 2.5 my_run\nq Q0 c 2 1 my_run\nq Q0 a 3 1 my_run\n');
    expect(parseRun(text, 'r').get('q')).toHaveLength(3);
  });

  it('keeps ids with blanks and percent signs, and reads lines of tabs and blanks', () => {
    const found = ['My Notes.md', 'My_Notes.md', 'My%20Notes.md', 'a\u00A0b'].map((document, at) => ({
      document,
      score: 4 - at,
    }));
    const run = new Map([
      ['q', found],
      ['two words', found],
    ]);
    expect(parseRun(formatRun(run, 'my run'), 'r')).toEqual(run);
    expect(parseRun('q\tQ0 \td\t1 0.5\tt', 'r')).toEqual(new Map([['q', [{ document: 'd', score: 0.5 }]]]));
    expect(() => formatRun(new Map([['q', [{ document: 'a\tb', score: 1 }]]]), 't')).toThrow('"a\\tb"');
  });

  it('tells how much of a run belongs to the test set', () => {
    const qrels = new Map([['q', new Map([['judged', 1]])]]);
    const warnings = (run: string) => checkRun(parseRun(run, 'r'), 'r', qrels, new Set(['d']));
    expect(warnings('q Q0 d 1 2 t\nq Q0 judged 2 1 t\nother Q0 x 1 1 t')).toEqual([]);
    expect(warnings('q Q0 d 1 3 t\nq Q0 x 2 2 t\nq Q0 y 3 1 t')).toEqual([
      'r: document "x" is not in the corpus, nor are those of 1 more of the 3 results; they count as not relevant.',
    ]);
    expect(() => warnings('q Q0 x 1 1 t')).toThrow('document "x" is not in the corpus; no result belongs');
    expect(() => warnings('other Q0 d 1 1 t')).toThrow('queries like "other", the judgements like "q"');
  });
});
