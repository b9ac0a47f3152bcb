import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseQrels } from '../eval/beir.ts';
import { fileStore } from '../store/files.ts';
import { listen } from './arguments.ts';
import { loadSet } from './eval-files.ts';
import type { Evaluable } from './eval-port.ts';
import { folderSources } from './eval-sources.ts';
import { judgeCommand, makeTestSet, serveJudging, writeTestSet } from './judge.ts';
import { nodeCorpus, nodeSemantic } from './node-engine.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'findling-judge-'));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const prose = (topic: string) => Array.from({ length: 25 }, (_, at) => `${topic}${at}`).join(' ');

function documents(): string {
  const docs = join(folder, 'docs');
  mkdirSync(join(docs, 'sub'), { recursive: true });
  writeFileSync(
    join(docs, 'guide.md'),
    `# Guide\n\n${prose('intro')} See [limits of the cookie jar](sub/cookies#size).\n\n## Can I bake at home?\n\n${prose('bake')}\n`,
  );
  writeFileSync(join(docs, 'sub/cookies.md'), `# Cookies\n\n${prose('cookie')}\n\n## Size\n\n${prose('size')}\n`);
  return docs;
}

const evaluable: Evaluable = {
  boosts: [1, 1, 1],
  lexicalShare: 0.5,
  blendOf: async () => 0.5,
  search: async () => ({ rows: [{ document: 'sub/cookies.md#size', score: 1 }], milliseconds: 0, skipped: [] }),
  rerank: async () => ({ rows: [], milliseconds: 0, skipped: [] }),
  logits: async () => [],
  bytes: async () => undefined,
  close: async () => undefined,
};

describe('findling judge', () => {
  it('makes a BEIR folder that findling eval reads', async () => {
    const out = join(folder, 'set');
    expect(await judgeCommand([documents(), '--out', out, '--make-only'])).toBe(0);
    const set = loadSet(out, { split: 'test', topics: undefined, qrels: undefined });
    expect(set.warnings).toEqual([]);
    expect(set.queries.map(({ text, segment }) => `${segment}: ${text}`).sort()).toEqual([
      'anchor: limits of the cookie jar',
      'faq: Can I bake at home?',
    ]);
    const anchor = set.queries.find(({ segment }) => segment === 'anchor');
    expect([...(set.qrels.get(anchor?.id ?? '')?.keys() ?? [])]).toEqual(['sub/cookies.md#size']);
    // A second call goes on with what is there.
    writeFileSync(join(out, 'queries.jsonl'), '{"_id":"mine","text":"x"}\n');
    await judgeCommand([documents(), '--out', out, '--make-only']);
    expect(readFileSync(join(out, 'queries.jsonl'), 'utf8')).toContain('mine');
  });

  it('reads the documents of a published index as well', async () => {
    const index = join(folder, 'index');
    const corpus = await nodeCorpus(fileStore(index), await nodeSemantic());
    await corpus.add(folderSources(documents()), new AbortController().signal, () => undefined);
    const set = await makeTestSet(index, { name: 'x', limit: 9, seed: 1 });
    expect(set.queries.map(({ text }) => text)).toEqual(['Can I bake at home?']);
    const direct = await makeTestSet(documents(), { name: 'x', limit: 9, seed: 1 });
    expect(set.documents.map(({ id }) => id)).toEqual(direct.documents.map(({ id }) => id));
  });

  it('says what is wrong with a folder', async () => {
    await expect(judgeCommand([join(folder, 'none')])).rejects.toThrow('there is no such folder');
    await expect(makeTestSet(folder, { name: 'x', limit: 1, seed: 1 })).rejects.toThrow('no document was found');
    await expect(judgeCommand([folder, '--wrong'])).rejects.toThrow('findling judge --help');
    await expect(judgeCommand([folder, '--port', 'abc'])).rejects.toMatchObject({ code: 'bad-input' });
    expect(await judgeCommand([])).toBe(2);
  });

  it('says that a port is taken', async () => {
    const out = join(folder, 'set');
    await judgeCommand([documents(), '--out', out, '--make-only']);
    const other = createServer();
    const port = await listen(other, 0);
    const options = { pipelines: 'lexical', depth: 5, port };
    await expect(serveJudging(out, evaluable, options)).rejects.toThrow(`Port ${port} is in use.`);
    other.close();
  });

  it('serves a page that grades and saves, to this machine only', async () => {
    const out = join(folder, 'set');
    await judgeCommand([documents(), '--out', out, '--make-only']);
    const graded = () =>
      parseQrels(readFileSync(join(out, 'qrels/test.tsv'), 'utf8'), 'test.tsv').map(({ query, document, grade }) => [
        query,
        document,
        grade,
      ]);
    let done: Promise<void> | undefined;
    await serveJudging(out, evaluable, { pipelines: 'lexical', depth: 5, port: 0 }, (url, close) => {
      done = grading(url, graded).finally(close);
    });
    await done;
    expect(graded()).toContainEqual(['own3', 'sub/cookies.md#size', 3]);
    expect(readFileSync(join(out, 'queries.jsonl'), 'utf8')).toContain('"text":"my question"');
  });

  it('goes on with a copy of a BEIR folder', async () => {
    const [set, out] = [join(folder, 'set'), join(folder, 'copy')];
    await judgeCommand([documents(), '--out', set, '--make-only']);
    const query = '{"_id":"a","text":"first","metadata":{"url":"u"}}\n';
    writeFileSync(join(set, 'queries.jsonl'), query);
    writeFileSync(join(set, 'qrels/test.tsv'), 'a\tguide.md\t1\n');
    await expect(judgeCommand([set, '--out', out, '--make-only'])).rejects.toThrow('is not in the corpus');
    writeFileSync(join(set, 'qrels/test.tsv'), 'a\tsub/cookies.md#size\t1\n');
    expect(await judgeCommand([set, '--out', out, '--make-only'])).toBe(0);
    for (const name of ['corpus.jsonl', 'queries.jsonl', 'qrels/test.tsv', 'qrels/weak.tsv'])
      expect(readFileSync(join(out, name), 'utf8')).toBe(readFileSync(join(set, name), 'utf8'));
  });

  it('keeps what a BEIR folder of others holds, and goes on where the only grade was taken back', async () => {
    const set = { documents: [{ id: 'sub/cookies.md#size', title: '', text: 'x' }], queries: [], qrels: new Map() };
    writeTestSet(folder, { name: 'x', ...set });
    const query = '{"_id":"a","text":"first","metadata":{"url":"u"}}';
    writeFileSync(join(folder, 'queries.jsonl'), query);
    writeFileSync(join(folder, 'qrels/test.tsv'), 'a\tsub/cookies.md#size\t1\nown2\tgone\t2\n');
    const serve = async (act: (post: (path: string, body: unknown) => Promise<unknown>) => Promise<unknown>) => {
      let done: Promise<unknown> | undefined;
      await serveJudging(folder, evaluable, { pipelines: 'lexical', depth: 5, port: 0 }, (url, close) => {
        const headers = { 'content-type': 'application/json' };
        const post = (path: string, body: unknown) =>
          fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
        done = act(post).finally(close);
      });
      await done;
    };
    const judgements = () => readFileSync(join(folder, 'qrels/test.tsv'), 'utf8');
    await serve(async (post) => {
      await post('ask', { text: 'second' });
      await post('grade', { query: 'a', document: 'sub/cookies.md#size', grade: null });
    });
    const added = '{"_id":"own3","text":"second","segment":"own"}';
    expect(readFileSync(join(folder, 'queries.jsonl'), 'utf8')).toBe(`${query}\n${added}\n`);
    expect(judgements()).toBe('query-id\tcorpus-id\tscore\nown2\tgone\t2\n');
    writeFileSync(join(folder, 'qrels/test.tsv'), 'query-id\tcorpus-id\tscore\n');
    await serve((post) => post('grade', { query: 'own3', document: 'sub/cookies.md#size', grade: 2 }));
    expect(judgements()).toContain('own3\tsub/cookies.md#size\t2');
  });

  async function grading(url: string, graded: () => unknown): Promise<void> {
    const call = async (
      path: string,
      body?: unknown,
      headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
    ) => {
      const answer = await fetch(
        url + path,
        body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) },
      );
      return { status: answer.status, value: path === '' ? await answer.text() : await answer.json() };
    };
    expect((await call('')).value).toContain('findling judge');
    expect((await call('queries')).value).toHaveLength(2);
    const document = 'sub/cookies.md#size';
    const { value: asked } = await call('ask', { text: '  my question ' });
    expect(asked).toMatchObject({ id: 'own3', graded: 0 });
    expect((await call('results?query=own3')).value).toMatchObject([{ id: document, grade: null }]);
    await Promise.all([
      call('grade', { query: 'own3', document, grade: 1 }),
      call('grade', { query: 'own3', document: 'guide.md', grade: 2 }),
    ]);
    await call('grade', { query: 'own3', document, grade: 3 });
    await call('grade', { query: 'own3', document: 'guide.md', grade: null });
    expect(graded()).not.toContainEqual(['own3', 'guide.md', 2]);
    for (const bad of [
      { query: 'own3', document, grade: 7 },
      { query: 'x', document, grade: 1 },
      { query: 'own3', document: 'x', grade: 1 },
      {},
    ])
      expect((await call('grade', bad)).status).toBe(400);
    expect((await call('ask', { text: ' ' })).status).toBe(400);
    // A form of another site's page cannot send JSON without asking first.
    expect((await call('ask', { text: 'x' }, { 'content-type': 'text/plain' })).status).toBe(400);
    expect((await call('nothing')).status).toBe(404);
  }
});
