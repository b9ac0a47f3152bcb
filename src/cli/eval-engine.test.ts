import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileStore } from '../store/files.ts';
import { openEngineEvaluable } from './eval-engine.ts';
import type { Evaluable } from './eval-port.ts';
import { parsePipeline } from './eval-port.ts';
import { folderSources } from './eval-sources.ts';
import { indexSite } from './index-site.ts';
import { indexedDocuments } from './judge-index.ts';
import { nodeCorpus, nodeSemantic } from './node-engine.ts';

const documents = [
  { id: 'https://x.test/a#one', title: 'Cookies', text: 'Bake the dough for ten minutes in a hot oven.' },
  {
    id: 'two',
    title: 'Engines',
    text: `A motor turns fuel into motion. ${'It has pistons and valves. '.repeat(80)} The turbocharger compresses air.`,
  },
  { id: 'three', title: 'Weather', text: 'Rain falls from clouds when drops grow heavy.' },
];

let folder = '';
let beir: Evaluable;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'findling-engine-'));
  mkdirSync(join(folder, 'docs/sub'), { recursive: true });
  writeFileSync(
    join(folder, 'docs/guide.md'),
    '# Guide\n\nAbout the whole and its several parts, in general words.\n\n## Baking\n\nBake the dough for ten minutes in a hot oven, then let it cool.\n',
  );
  writeFileSync(join(folder, 'docs/sub/other.txt'), 'Rain falls from clouds when drops grow heavy.');
  writeFileSync(join(folder, 'docs/picture.png'), 'no document');
  beir = await openEngineEvaluable({ kind: 'beir', documents });
}, 60_000);

afterAll(async () => {
  await beir.close();
  rmSync(folder, { recursive: true });
});

describe('the engine under a test set', () => {
  it.each(['lexical', 'dense', 'hybrid', 'hybrid:rrf'])(
    '%s answers with the ids of the set, each once',
    async (label) => {
      const { rows, skipped, milliseconds } = await beir.search('baking dough in the oven', parsePipeline(label), 10);
      expect(rows[0]?.document).toBe('https://x.test/a#one');
      expect(new Set(rows.map(({ document }) => document)).size).toBe(rows.length);
      expect(skipped).toEqual([]);
      expect(milliseconds).toBeGreaterThan(0);
    },
  );

  it('judges a long document by its best passage', async () => {
    const { rows } = await beir.search('turbocharger compresses air', parsePipeline('lexical'), 10);
    expect(rows.map(({ document }) => document)).toEqual(['two']);
  });

  it('names a reranker that is not there as a skipped stage', async () => {
    const { rows, skipped } = await beir.search('baking dough', parsePipeline('reranked:model=none-such'), 10);
    expect(rows[0]?.document).toBe('https://x.test/a#one');
    expect(skipped.join()).toContain('none-such');
    await expect(beir.logits('x', ['two'], parsePipeline('reranked:model=none-such'))).rejects.toThrow('none-such');
  });

  it('counts the bytes a stage needs', async () => {
    const [lexical = 0, dense = 0] = await Promise.all(
      ['lexical', 'dense'].map((label) => beir.bytes(parsePipeline(label))),
    );
    expect(lexical).toBeGreaterThan(100);
    expect(dense).toBeGreaterThan(lexical);
  });

  it('takes other field weights for tuning', async () => {
    const spec = { ...parsePipeline('lexical'), boosts: [0, 0, 1] as const };
    expect((await beir.search('cookies', spec, 10)).rows).toEqual([]);
    expect((await beir.search('cookies', parsePipeline('lexical'), 10)).rows).toHaveLength(1);
  });
});

describe('documents and indexes', () => {
  it('judges sections of a folder, or whole documents', async () => {
    const path = join(folder, 'docs');
    expect(folderSources(path).map(({ id }) => id)).toEqual(['guide.md', 'sub/other.txt']);
    for (const [sections, expected] of [
      [true, 'guide.md#baking'],
      [false, 'guide.md'],
    ] as const) {
      const evaluable = await openEngineEvaluable({ kind: 'folder', path, sections });
      expect((await evaluable.search('bake dough', parsePipeline('lexical'), 5)).rows[0]?.document).toBe(expected);
    }
  });

  it('asks a published index', async () => {
    const location = join(folder, 'index');
    const corpus = await nodeCorpus(fileStore(location), await nodeSemantic());
    await corpus.add(folderSources(join(folder, 'docs')), new AbortController().signal, () => undefined);
    const evaluable = await openEngineEvaluable({ kind: 'index', location, sections: false });
    const { rows } = await evaluable.search('rain from clouds', parsePipeline('hybrid'), 5);
    expect(rows[0]?.document).toBe('sub/other.txt');
  });

  it('asks what findling index has written', async () => {
    const location = join(folder, 'site');
    const site = {
      folder: join(folder, 'docs'),
      out: location,
      cache: join(folder, 'cache'),
      exclude: [],
      weights: [],
      baseUrl: '',
    };
    await indexSite(site);
    const evaluable = await openEngineEvaluable({ kind: 'index', location, sections: true });
    const { rows } = await evaluable.search('dough in the oven', parsePipeline('hybrid'), 5);
    expect(rows[0]?.document).toBe('guide#baking');
    const whole = await openEngineEvaluable({ kind: 'index', location, sections: false });
    const { rows: documents } = await whole.search('dough in the oven', parsePipeline('hybrid'), 5);
    expect(documents.map(({ document }) => document)).toEqual(['guide']);
    await expect(whole.logits('dough', ['guide'], parsePipeline('reranked:tiny'))).rejects.toThrow(
      /folder of documents/,
    );
    expect(await evaluable.bytes(parsePipeline('lexical'))).toBeGreaterThan(100);
    const [document] = await indexedDocuments(fileStore(location), location);
    expect(document?.sections.map(({ anchor }) => anchor)).toContain('baking');
  });
});
