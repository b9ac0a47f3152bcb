import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blendRows } from './eval-blend.ts';
import { openEngineEvaluable } from './eval-engine.ts';
import { type Evaluable, parsePipeline } from './eval-port.ts';

const fixtures = resolve(import.meta.dirname, '../models/fixtures');
const shipped = resolve(import.meta.dirname, '../../models');
const documents = [
  { id: 'a', title: 'Cookies', text: 'Bake the dough for ten minutes in a hot oven.' },
  { id: 'b', title: 'Ovens', text: `An oven is hot. ${'Dough is baked in it for some minutes. '.repeat(60)}` },
  { id: 'c', title: 'Weather', text: 'Rain falls from clouds.' },
];

let models = '';
let evaluable: Evaluable;
let spec = parsePipeline('reranked');

beforeAll(async () => {
  models = mkdtempSync(join(tmpdir(), 'findling-models-'));
  const catalogs = [shipped, fixtures].map(
    (folder) => JSON.parse(readFileSync(join(folder, 'catalog.json'), 'utf8')).models,
  );
  const embedder = catalogs[0].find(({ kind }: { kind: string }) => kind === 'static-embedder');
  const reranker = catalogs[1].find(({ kind }: { kind: string }) => kind === 'cross-encoder');
  writeFileSync(join(models, 'catalog.json'), JSON.stringify({ version: 1, models: [embedder, reranker] }));
  for (const name of ['findling-static', 'wordpiece']) symlinkSync(join(shipped, name), join(models, name));
  symlinkSync(join(fixtures, 'tiny'), join(models, 'tiny'));
  spec = parsePipeline(`reranked:model=${reranker.id}`);
  evaluable = await openEngineEvaluable({ kind: 'beir', documents }, { models });
}, 60_000);

afterAll(async () => {
  await evaluable.close();
  rmSync(models, { recursive: true });
});

describe('reranking in evaluation, with random weights', () => {
  it('takes part in the pipeline, and costs bytes', async () => {
    const { rows, skipped } = await evaluable.search('bake dough in the oven', spec, 10);
    expect(skipped).toEqual([]);
    expect(rows.map(({ document }) => document).sort()).toEqual(['a', 'b', 'c']);
    expect(await evaluable.bytes(spec)).toBeGreaterThan((await evaluable.bytes(parsePipeline('hybrid'))) ?? 0);
  });

  it('gives each document the logit of its best passage, whatever stands beside it', async () => {
    const together = await evaluable.logits('oven', ['a', 'b', 'none', 'c'], spec);
    expect(together[2]).toBe(Number.NEGATIVE_INFINITY);
    for (const [at, id] of [
      [0, 'a'],
      [1, 'b'],
      [3, 'c'],
    ] as const)
      expect(await evaluable.logits('oven', [id], spec)).toEqual([together[at]]);
  });

  it('reranks a given run by the blend that the spec asks for', async () => {
    const given = [
      { document: 'c', score: 3 },
      { document: 'a', score: 2 },
      { document: 'b', score: 1 },
    ];
    const logits = await evaluable.logits('oven', ['c', 'a', 'b'], spec);
    const best = ['c', 'a', 'b'][logits.indexOf(Math.max(...logits))];
    const alone = await evaluable.rerank('oven', given, { ...spec, blend: 1 });
    expect(alone.rows[0]?.document).toBe(best);
    const kept = await evaluable.rerank('oven', given, { ...spec, blend: 0 });
    expect(kept.rows.map(({ document }) => document)).toEqual(['c', 'a', 'b']);
    const headOnly = await evaluable.rerank('oven', given, { ...spec, blend: 1, candidates: 1 });
    expect(headOnly.rows.map(({ document }) => document)).toEqual(['c', 'a', 'b']);
  });
});

describe('reranking of sections', () => {
  it('scores a section by its own passages only', async () => {
    const path = join(models, 'docs');
    mkdirSync(path);
    writeFileSync(
      join(path, 'x.md'),
      `# Page\n\nSome general words about this page and its parts.\n\n## Oven\n\nAn oven is hot enough to bake dough in ten minutes.\n\n## Rain\n\nRain falls from clouds when its drops grow heavy.\n`,
    );
    const sections = await openEngineEvaluable({ kind: 'folder', path, sections: true }, { models });
    const [oven, rain, none] = await sections.logits('oven', ['x.md#oven', 'x.md#rain', 'x.md#none'], spec);
    expect(Number.isFinite(oven) && Number.isFinite(rain) && oven !== rain).toBe(true);
    expect(none).toBe(Number.NEGATIVE_INFINITY);
    await sections.close();
  });
});

describe('blending of rows', () => {
  it('puts what has no logit below, in its order', () => {
    const rows = ['x', 'y', 'z', 'w'].map((document, at) => ({ document, score: -at }));
    expect(blendRows(rows, [0, 5], 1).map(({ document }) => document)).toEqual(['y', 'x', 'z', 'w']);
    expect(blendRows(rows, [], 1).map(({ document }) => document)).toEqual(['x', 'y', 'z', 'w']);
    const { rows: scores } = { rows: blendRows(rows, [0, 5], 0.5).map(({ score }) => score) };
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });
});
