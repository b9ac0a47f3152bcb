import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { evalCommand, type OpenEvaluable } from './eval.ts';
import { parsePipeline, parsePipelines } from './eval-port.ts';

let folder = '';
let out = '';
let notes = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'findling-eval-'));
  [out, notes] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    notes += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function testSet(): void {
  file('corpus.jsonl', '{"_id":"a","title":"A","text":"x"}\n{"_id":"b","title":"","text":"y"}\n');
  file('queries.jsonl', '{"_id":"1","text":"first"}\n{"_id":"2","text":"second"}\n{"_id":"3","text":"unjudged"}\n');
  file('qrels/test.tsv', 'query-id\tcorpus-id\tscore\n1\ta\t1\n2\tb\t1\n');
}

/** Lexical finds the second query's document late; the others find it first; the reranker is missing for one. */
const open: OpenEvaluable = async () => ({
  boosts: [1, 1, 1],
  lexicalShare: 0.5,
  blendOf: async () => 0.5,
  async search(query, spec) {
    const first = query === 'first' || spec.pipeline !== 'lexical' ? query : 'first';
    const order = first === 'second' ? ['b', 'a'] : ['a', 'b'];
    const skipped = spec.pipeline === 'reranked' ? ['reranked: not-found'] : [];
    return { rows: order.map((document, index) => ({ document, score: -index })), milliseconds: 2, skipped };
  },
  async rerank(_, documents) {
    return { rows: documents.map(({ document }, index) => ({ document, score: index })), milliseconds: 1, skipped: [] };
  },
  logits: async () => [],
  bytes: async () => 1000,
  close: async () => undefined,
});

const run = (...args: readonly string[]) => evalCommand([folder, ...args], open);

describe('findling eval', () => {
  it('prints JSON and nothing else on standard output', async () => {
    testSet();
    expect(await run('--json', '--pipeline', 'lexical,hybrid:minmax,reranked')).toBe(0);
    const results = JSON.parse(out);
    expect(results.queries).toBe(2);
    expect(Object.keys(results.pipelines)).toEqual(['lexical', 'hybrid:minmax', 'reranked']);
    expect(results.pipelines.lexical).toMatchObject({
      measures: { 'RR@10': 0.75, 'Judged@10': 0.5 },
      latencyMs: { p50: 2, p95: 2, p99: 2 },
      bytes: 1000,
    });
    expect(notes).toContain('reranked: skipped reranked: not-found (2 of 2 queries)');
  });

  it('writes the table, the page, the runs and single queries', async () => {
    testSet();
    await run('--pipeline', 'lexical,dense', '--html', join(folder, 'x.html'), '--run', join(folder, 'x.trec'), '-q');
    expect(out).toMatch(/dense\s+1\.0000/);
    expect(out).toContain('2 second');
    expect(readFileSync(join(folder, 'x.html'), 'utf8')).toContain('<h1>');
    expect(readFileSync(join(folder, 'x.lexical.trec'), 'utf8')).toContain('1 Q0 a 1 0 lexical');
    expect(await run('--given-run', join(folder, 'x.dense.trec'), '--json')).toBe(0);
    expect(out).toContain('"x.dense.trec"');
  });

  it('says before it searches that it cannot write', async () => {
    testSet();
    const opened = vi.fn(open);
    for (const option of ['--run', '--html'])
      await expect(evalCommand([folder, option, join(folder, 'none/x')], opened)).rejects.toThrow('cannot be written');
    expect(opened).not.toHaveBeenCalled();
  });

  it('reads files in UTF-16, as spreadsheets and PowerShell write them', async () => {
    testSet();
    const wide = (name: string, content: string) => {
      writeFileSync(join(folder, name), `\ufeff${content}`, 'utf16le');
      return join(folder, name);
    };
    const [topics, qrels] = [wide('q.tsv', '1\tfirst\r\n2\tsecond\r\n'), wide('j.txt', '1 0 a 1\r\n2 0 b 1\r\n')];
    await run('--topics', topics, '--qrels', qrels, '--json', '--pipeline', 'dense');
    const baseline = wide('results.json', out.replaceAll('\n', '\r\n'));
    expect(await run('--pipeline', 'dense', '--baseline', baseline)).toBe(0);
  });

  it('reranks a given run beside it, and measures one without any corpus', async () => {
    testSet();
    const trec = file('bm25.trec', '1 Q0 b 1 2 t\n1 Q0 a 2 1 t\n2 Q0 b 1 1 t\n');
    await run('--rerank-run', trec, '--json', '--measures', 'RR@10');
    expect(JSON.parse(out).pipelines).toMatchObject({
      'bm25.trec': { measures: { 'RR@10': 0.75 }, latencyMs: null },
      reranked: { measures: { 'RR@10': 1 } },
    });
    out = '';
    await evalCommand([
      '--given-run',
      trec,
      '--qrels',
      join(folder, 'qrels/test.tsv'),
      '--json',
      '--measures',
      'RR@10',
    ]);
    expect(JSON.parse(out).pipelines['bm25.trec'].measures).toEqual({ 'RR@10': 0.75 });
    await expect(run('--rerank-run', trec, '--pipeline', 'lexical')).rejects.toThrow('"reranked" pipelines only');
  });

  it('measures a run that it wrote as it measured the search, blanks in ids or not', async () => {
    testSet();
    file('corpus.jsonl', '{"_id":"My Notes.md","text":"x"}\n{"_id":"b","text":"y"}\n');
    file('qrels/test.tsv', '1\tMy Notes.md\t1\n2\tb\t1\n');
    const named: OpenEvaluable = async (...given) => ({
      ...(await open(...given)),
      search: async () => ({ rows: [{ document: 'My Notes.md', score: 1 }], milliseconds: 1, skipped: [] }),
    });
    const trec = join(folder, 'x.trec');
    await evalCommand([folder, '--pipeline', 'lexical', '--run', trec], named);
    out = '';
    await run('--given-run', trec, '--json', '--measures', 'RR@10');
    expect(JSON.parse(out).pipelines['x.trec'].measures).toEqual({ 'RR@10': 0.5 });
  });

  it('says when a given run is of other documents or queries', async () => {
    testSet();
    const some = file('some.trec', '1 Q0 a 1 2 t\n1 Q0 A.md 2 1 t\n');
    await run('--given-run', some, '--json');
    expect(notes).toContain('some.trec: document "A.md" is not in the corpus; they count as not relevant.');
    const none = file('none.trec', '1 Q0 A.md 1 1 t\n');
    await expect(run('--given-run', none)).rejects.toThrow('no result belongs to this corpus');
    await expect(run('--rerank-run', none)).rejects.toThrow('no result belongs to this corpus');
    const qrels = join(folder, 'qrels/test.tsv');
    await expect(evalCommand(['--given-run', none, '--qrels', qrels])).rejects.toThrow(
      'the judgements name documents like "a", and none.trec has documents like "A.md"',
    );
    const other = file('other.trec', '7 Q0 a 1 1 t\n');
    await expect(evalCommand(['--given-run', other, '--qrels', qrels])).rejects.toThrow('queries like "7"');
  });

  it('measures a sample of a given run', async () => {
    testSet();
    const trec = file('x.trec', '1 Q0 a 1 1 t\n2 Q0 a 1 1 t\n');
    const lacking = file('lacking.trec', '2 Q0 b 1 1 t\n');
    const alone = ['--given-run', trec, '--qrels', join(folder, 'qrels/test.tsv'), '--json', '--measures', 'RR@10'];
    await evalCommand([...alone, '--sample', '1', '--topics', join(folder, 'queries.jsonl')]);
    expect(JSON.parse(out)).toMatchObject({ queries: 1, pipelines: { 'x.trec': { measures: { 'RR@10': 1 } } } });
    for (const sample of ['1', '2']) {
      out = '';
      await run('--given-run', lacking, '--sample', sample, '--json', '--measures', 'RR@10');
      expect(JSON.parse(out).pipelines['lacking.trec'].measures).toEqual({ 'RR@10': sample === '1' ? 0 : 0.5 });
    }
  });

  it('fails below a gate, and when a measure fell since the baseline', async () => {
    testSet();
    expect(await run('--pipeline', 'lexical', '--fail-below', 'RR@10=0.7')).toBe(0);
    expect(await run('--pipeline', 'lexical', '--fail-below', 'RR@10=0.8')).toBe(1);
    expect(notes).toContain('lexical: RR@10 is 0.7500, below the demanded 0.8000.');
    const baseline = file('base.json', '{"pipelines":{"lexical":{"measures":{"RR@10":0.78}}}}');
    expect(await run('--pipeline', 'lexical', '--baseline', baseline)).toBe(1);
    expect(await run('--pipeline', 'lexical', '--baseline', baseline, '--max-drop', '0.05')).toBe(0);
  });

  it('says which queries moved since the last run', async () => {
    testSet();
    await run('--pipeline', 'lexical', '--json', '-q');
    const last = file('last.json', out.replace(/"2": 0\.\d+/g, '"2": 0.1'));
    out = '';
    await run('--pipeline', 'lexical', '--against', last);
    expect(out).toMatch(/lexical: 1 queries moved in nDCG@10 \(1 up, 0 down\), 1 did not/);
    expect(out).toContain('2 second');
  });

  it('takes TREC topics and qrels beside another folder, and a sample of the queries', async () => {
    testSet();
    const topics = file('t.txt', '<top><num>1</num><title>first</title></top>');
    await run('--topics', topics, '--qrels', file('q.txt', '1 0 a 1\n2 0 a 1\n'), '--pipeline', 'lexical', '--json');
    expect(JSON.parse(out).queries).toBe(1);
    expect(notes).toContain('q.txt:2: query "2" is not in the queries; they are left out.');
    out = '';
    await run('--sample', '1', '--pipeline', 'lexical', '--json');
    expect(JSON.parse(out).queries).toBe(1);
  });

  it('refuses judgements that name documents in another way than the index', async () => {
    testSet();
    const docs = file('docs/guide.md', '# x\n\ny\n');
    const args = [join(docs, '..'), '--topics', join(folder, 'queries.jsonl'), '--pipeline', 'lexical'];
    await expect(evalCommand([...args, '--qrels', file('q.txt', '1 0 guide.html 1\n')], open)).rejects.toThrow(
      /q\.txt:1: document "guide.html" is not in the corpus/,
    );
    await expect(evalCommand([...args, '--qrels', file('q.txt', '1 0 guide.md#top 1\n')], open)).rejects.toThrow(
      'No result was ever judged: the judgements name documents like "guide.md#top", and docs has documents like "a"',
    );
  });

  it.each([
    [['--measures', 'Foo'], 'The measure "Foo" is not understood'],
    [['--pipeline', 'magic'], 'There is no pipeline "magic"'],
    [['--depth', '0'], '--depth takes a whole number'],
    [['--max-drop', 'x'], '--max-drop takes a number'],
    [['--max-drop', ''], '--max-drop takes a number'],
    [['--wrong'], "Unknown option '--wrong'"],
    [['--split', 'dev'], 'there is no such file. Expected here: the judgements'],
    [['--given-run', 'gone.trec'], 'gone.trec: there is no such file. Expected here: a TREC run'],
    [['--baseline', 'gone.json'], 'gone.json: there is no such file. Expected here: earlier results'],
    [['second'], 'One folder at a time'],
  ])('refuses %j in a sentence', async (args, message) => {
    testSet();
    await expect(run(...args)).rejects.toThrow(message);
  });

  it('names the file and line of bad input, and missing folders', async () => {
    testSet();
    file('corpus.jsonl', '{"_id":"a","text":"x"}\n{"_id":"a","text":"y"}\n');
    await expect(run()).rejects.toThrow(/corpus\.jsonl:2: the id "a" was given before, in line 1/);
    await expect(evalCommand([join(folder, 'none')], open)).rejects.toThrow('there is no such folder');
    await expect(evalCommand([], open)).rejects.toThrow('Name a folder');
    expect(await evalCommand(['--help'], open)).toBe(0);
  });
});

describe('pipeline names', () => {
  it('carry options', () => {
    expect(parsePipeline('hybrid:minmax:weights=1/2')).toMatchObject({
      fusion: { method: 'min-max', weights: [1, 2] },
    });
    expect(parsePipeline('reranked:base:rrf:pool=30:blend=0')).toMatchObject({
      reranker: 'findling-rerank-base',
      fusion: { method: 'rrf' },
      candidates: 30,
      blend: 0,
    });
    expect(parsePipeline('hybrid:feedback=0')).toMatchObject({ feedback: 0 });
    expect(parsePipeline('dense:rarity=0')).toMatchObject({ rarity: 0 });
    expect(parsePipeline('hybrid:windows=0')).toMatchObject({ windows: 0 });
    expect(parsePipeline('hybrid:weights=0/1').fusion).toEqual({ method: 'min-max', weights: [0, 1] });
    for (const bad of [
      'lexical:rrf',
      'hybrid:tiny',
      'lexical:feedback=0',
      'hybrid:feedback=-1',
      'lexical:rarity=0',
      'lexical:windows=10',
      'hybrid:rarity=2',
      'hybrid:pool=5',
      'reranked:blend=2',
      'reranked:pool=',
      'hybrid:feedback= :rrf',
      'hybrid:weights=1',
      'x',
      'lexical,lexical',
      ',',
    ])
      expect(() => parsePipelines(bad), bad).toThrow();
  });
});
