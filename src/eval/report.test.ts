import { describe, expect, it } from 'vitest';
import { ceiling, flattening, recallCurve } from './curves.ts';
import { driftSince } from './drift.ts';
import { evaluate } from './evaluation.ts';
import { dropsSince, missedGates, parseGates } from './gates.ts';
import { bestPassages } from './maxp.ts';
import { parseMeasures } from './measure-syntax.ts';
import { formatDrift, formatReport } from './report.ts';
import { formatHtml } from './report-html.ts';
import { parseResults, resultsOf } from './results.ts';
import { segmentsOf } from './segments.ts';

const documents = ['a', 'b', 'c', 'd'].map((id) => ({ id, title: `<b>Title ${id}</b>`, text: `common word${id}` }));
const queries = [
  { id: 'q1', text: 'how does common work?', segment: 'x' },
  { id: 'q2', text: 'worda <script>alert(1)</script>', segment: 'y' },
  { id: 'unjudged', text: 'nothing' },
];
const qrels = new Map([
  [
    'q1',
    new Map([
      ['a', 2],
      ['b', 1],
    ]),
  ],
  ['q2', new Map([['c', 1]])],
]);
const runOf = (rows: Readonly<Record<string, readonly string[]>>) =>
  new Map(
    Object.entries(rows).map(([query, ids]) => [query, ids.map((document, index) => ({ document, score: -index }))]),
  );
const lexical = runOf({ q1: ['d', 'b', 'a'], q2: ['c'] });
const reranked = runOf({ q1: ['a', 'b', 'd'], q2: ['d', 'c'] });

const evaluation = evaluate({
  set: 'demo & co',
  queries,
  qrels,
  documents,
  measures: parseMeasures('nDCG@10 R@100 Judged@10'),
  runs: [
    { name: 'lexical', run: lexical, milliseconds: [1, 2, 30], bytes: 1234 },
    { name: 'reranked:tiny', run: reranked, milliseconds: [5], skipped: ['rerank: no model'] },
  ],
  pool: 50,
  depth: 100,
});

describe('curves', () => {
  it('recall grows with K, and advice follows where it flattens', () => {
    const curve = recallCurve(lexical, qrels, 100);
    expect(curve.find(({ k }) => k === 2)?.recall).toBe(0.75);
    expect(curve.at(-1)).toEqual({ k: 100, recall: 1 });
    expect(flattening(curve)).toMatchObject({ k: 3, advice: expect.stringContaining('rerank about 3 candidates') });
    expect(
      flattening([
        { k: 1, recall: 0.1 },
        { k: 10, recall: 0.5 },
      ]),
    ).toMatchObject({
      k: undefined,
      advice: expect.stringMatching(/still grows.*50 % of what is relevant/s),
    });
    expect(flattening([{ k: 1, recall: 0 }]).advice).toMatch(/Nothing relevant/);
  });

  it('the ceiling is what a perfect order of the pool reaches', () => {
    expect(ceiling(lexical, qrels, 3)).toBeCloseTo(1, 12);
    const onlyB = 1 / (2 + 1 / Math.log2(3));
    expect(ceiling(lexical, qrels, 2)).toBeCloseTo((onlyB + 1) / 2, 12);
  });

  it('documents take their best passage', () => {
    const passages = [
      { id: 'x#0', score: 1 },
      { id: 'y#z#3', score: 3 },
      { id: 'x#1', score: 2 },
    ];
    expect(bestPassages(passages)).toEqual([
      { document: 'x', score: 2 },
      { document: 'y#z', score: 3 },
    ]);
  });
});

describe('segments', () => {
  it('groups by length, form, rare words and the own field', () => {
    const names = segmentsOf(queries.slice(0, 2), documents).map(({ by, name }) => `${by}: ${name}`);
    expect(names).toContain('form: question');
    expect(names).toContain('segment: x');
    expect(names).toContain('terms: tail (rare)');
    expect(segmentsOf([], documents)).toEqual([]);
  });
});

describe('results and reports', () => {
  const results = resultsOf(evaluation, true);

  it('has the JSON shape of issue 4', () => {
    const plain = resultsOf(evaluation, false);
    expect(Object.keys(plain)).toEqual(['set', 'queries', 'pipelines']);
    expect(plain.queries).toBe(2);
    expect(plain.pipelines.lexical).toEqual({
      measures: { 'nDCG@10': expect.closeTo(0.81, 2), 'R@100': 1, 'Judged@10': (2 / 3 + 1) / 2 },
      latencyMs: { p50: 2, p95: 30, p99: 30 },
      bytes: 1234,
    });
    expect(parseResults(JSON.stringify(results), 'f').pipelines.lexical?.perQuery?.['nDCG@10']?.q2).toBe(1);
  });

  it.each([
    ['{', 'not JSON'],
    ['[]', 'no "pipelines"'],
    ['{"pipelines":{"a":{"measures":{"x":"1"}}}}', 'pipeline "a" has no numbers'],
  ])('refuses the results file %j', (content, message) => {
    expect(() => parseResults(content, 'old.json')).toThrow(
      `old.json: ${message === 'not JSON' ? 'this is not JSON' : ''}`,
    );
    expect(() => parseResults(content, 'old.json')).toThrow(message);
  });

  it('prints one table stage by stage, curve, ceiling, segments and what hurts', () => {
    const text = formatReport(evaluation, true);
    expect(text).toMatch(/nDCG@10\s+R@100\s+Judged@10\s+p50 ms\s+p95 ms\s+p99 ms\s+bytes/);
    expect(text).toMatch(/Δ to lexical/);
    expect(text).toMatch(/helped\/hurt\/same\s+1\/1\/0/);
    expect(text).toContain('ceiling: nDCG@10');
    expect(text).toContain('recall@');
    expect(text).toContain('segment: x');
    expect(text).toContain('reranked:tiny: rerank: no model');
    const swapped = evaluate({
      ...evaluation,
      documents,
      runs: [...evaluation.pipelines]
        .reverse()
        .map(({ name, run }) => ({ name, run: name === 'lexical' ? runOf({ q1: ['d'] }) : run, milliseconds: [] })),
    });
    expect(formatReport(swapped)).toMatch(/lexical hurts nDCG@10 against reranked:tiny: −/);
  });

  it('writes a page without scripts, all text escaped', () => {
    const page = formatHtml(evaluation, (id) => documents.find((document) => document.id === id)?.title ?? id);
    expect(page).not.toMatch(/<script|<b>Title/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain('<polyline');
    expect(page).not.toMatch(/(src|href)=/);
  });
});

describe('gates and drift', () => {
  const results = resultsOf(evaluation, true);

  it('reads gates and says which are missed', () => {
    expect(parseGates('nDCG@10=0.70, lexical/P(rel=2)@5=.1')).toEqual([
      { pipeline: undefined, measure: 'nDCG@10', least: 0.7 },
      { pipeline: 'lexical', measure: 'P(rel=2)@5', least: 0.1 },
    ]);
    expect(missedGates(results, parseGates('nDCG@10=0.5'))).toEqual([]);
    expect(missedGates(results, parseGates('lexical/nDCG@10=0.99'))).toEqual([
      expect.stringMatching(/lexical: nDCG@10 is 0\.8\d+, below/),
    ]);
    expect(() => missedGates(results, parseGates('P@3=1'))).toThrow('was not measured');
    for (const bad of ['', 'nDCG@10', 'nDCG@10=x', 'Foo=1']) expect(() => parseGates(bad)).toThrow();
  });

  it('compares with a baseline', () => {
    const worse = {
      ...results,
      pipelines: {
        ...results.pipelines,
        lexical: { measures: { 'nDCG@10': 0.5, 'R@100': 1 }, latencyMs: null, bytes: null },
      },
    };
    expect(dropsSince(results, results, 0)).toEqual([]);
    expect(dropsSince(worse, results, 0.01)).toEqual([
      expect.stringMatching(/lexical: nDCG@10 fell from 0\.8\d+ to 0\.5000/),
    ]);
    expect(dropsSince(worse, results, 0.9)).toEqual([]);
    expect(dropsSince({ ...results, pipelines: {} }, results, 1)).toHaveLength(4);
    expect(() => dropsSince(results, { ...results, pipelines: {} }, 1)).toThrow('no measure');
  });

  it('tells which queries moved', () => {
    const then = {
      set: '',
      queries: 2,
      pipelines: {
        lexical: { measures: {}, latencyMs: null, bytes: null, perQuery: { 'nDCG@10': { q1: 0.1, old: 1 } } },
      },
    };
    const [drift] = driftSince(results, then, 'nDCG@10');
    expect(drift).toMatchObject({ moved: [{ query: 'q1', before: 0.1 }], unchanged: 0, added: ['q2'], gone: ['old'] });
    expect(formatDrift(drift === undefined ? [] : [drift], new Map([['q1', 'text of it']]))).toMatch(
      /1 queries moved in nDCG@10 \(1 up, 0 down\).*1 new.*text of it/s,
    );
    expect(() => driftSince(results, then, 'AP')).toThrow('--json -q');
    expect(() => driftSince(results, { ...then, pipelines: {} }, 'AP')).toThrow('none of these pipelines');
  });
});
