import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { manifestName } from '../index/manifest.ts';
import { MANIFEST_NAME } from '../index/published/manifest.ts';
import type { Evaluable } from './eval-port.ts';
import { tuneCommand } from './tune.ts';

let folder = '';
let out = '';
const queries = Array.from({ length: 60 }, (_, at) => `q${at}`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'findling-tune-'));
  mkdirSync(join(folder, 'qrels'));
  const documents = [...queries.map((id) => `good-${id}`), ...queries.map((id) => `bad-${id}`)];
  writeFileSync(join(folder, 'corpus.jsonl'), documents.map((id) => `{"_id":"${id}","text":"x"}\n`).join(''));
  writeFileSync(join(folder, 'queries.jsonl'), queries.map((id) => `{"_id":"${id}","text":"${id}"}\n`).join(''));
  writeFileSync(join(folder, 'qrels/test.tsv'), queries.map((id) => `${id}\tgood-${id}\t1\n`).join(''));
});

beforeEach(() => {
  out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
});

afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** The good document is first only with enough weight for dense; the reranker knows it always; fields don't matter. */
const evaluable: Evaluable = {
  boosts: [2, 1.5, 1],
  lexicalShare: 0.6,
  blendOf: async () => 0,
  async search(query, { pipeline, fusion }) {
    const good = pipeline === 'hybrid' && (fusion?.weights?.[1] ?? 0) >= 0.7;
    const order = good ? ['good', 'bad'] : ['bad', 'good'];
    return {
      rows: order.map((kind, at) => ({ document: `${kind}-${query}`, score: 1 - at })),
      milliseconds: 1,
      skipped: [],
    };
  },
  // Relevant pairs lie around logit 6, others around -6, with as much noise: far too sure of itself.
  logits: async (query, documents) =>
    documents.map((document) => 3 * ((document.startsWith('good') ? 2 : -2) + (Number(query.slice(1)) % 7) - 3)),
  rerank: async () => ({ rows: [], milliseconds: 0, skipped: [] }),
  bytes: async () => undefined,
  close: async () => undefined,
};

const run = (...args: readonly string[]) => tuneCommand([folder, ...args], async () => evaluable);

describe('findling tune', () => {
  it('proposes what holds on held-out queries, and only that', async () => {
    const file = join(folder, 'tuned.json');
    expect(await run('--json', '--out', file)).toBe(0);
    const { tuned, calibration, options } = JSON.parse(out);
    expect(options.fusion).toEqual({ method: 'min-max', weights: [0, 1] });
    // At .5 both are even, and trec_eval puts the higher id, "good", first.
    expect(options.blend).toBe(0.5);
    expect(options.fields).toBeUndefined();
    expect(tuned.fields.advice).toMatch(/no gain/);
    expect(calibration.quality.platt.logLoss).toBeLessThan(calibration.quality.raw.logLoss);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ ...options, calibration: calibration.chosen });
  });

  it('prints what was fitted, before and after', async () => {
    await run('--parts', 'fusion,calibration');
    expect(out).toMatch(/fusion: method min-max, lexical 0.6 → method min-max, lexical 0/);
    expect(out).toMatch(/30 held-out queries\s+0\.6309\s+1\.0000/);
    expect(out).toMatch(/calibration on 120 pairs/);
    expect(out).not.toContain('fields');
  });

  /** The test set's queries and judgements beside an index of another name. */
  function indexFolder(name: string, manifest: string): string {
    const index = join(folder, name);
    mkdirSync(index);
    writeFileSync(join(index, manifest), '');
    for (const file of ['queries.jsonl', 'qrels']) cpSync(join(folder, file), join(index, file), { recursive: true });
    return index;
  }

  it('tunes of a published index what it can, and refuses the rest before it is opened', async () => {
    const published = indexFolder('published', MANIFEST_NAME);
    expect(await tuneCommand([published, '--json'], async () => evaluable)).toBe(0);
    expect(Object.keys(JSON.parse(out).tuned)).toEqual(['fusion', 'fields']);
    const open = vi.fn(async () => evaluable);
    await expect(tuneCommand([published, '--parts', 'fusion,blend,calibration'], open)).rejects.toThrow(
      'which blend and calibration would read: name the folder of documents instead, or take --parts fusion,fields.',
    );
    expect(open).not.toHaveBeenCalled();
    out = '';
    await tuneCommand([indexFolder('own', manifestName('')), '--json'], open);
    expect(JSON.parse(out)).toHaveProperty('calibration');
  });

  it('gives out the parts that are done when a later one fails', async () => {
    const file = join(folder, 'partly.json');
    const logits = () => Promise.reject(new Error('no reranker'));
    const tuning = tuneCommand([folder, '--out', file], async () => ({ ...evaluable, logits }));
    await expect(tuning).rejects.toThrow('no reranker');
    expect(out).toMatch(/fusion: method min-max[\s\S]*fields: title 2/);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ fusion: { method: 'min-max', weights: [0, 1] } });
  });

  it('says before the work that --out cannot be written, and leaves nothing there otherwise', async () => {
    const open = vi.fn(async () => evaluable);
    await expect(tuneCommand([folder, '--out', join(folder, 'none/tuned.json')], open)).rejects.toThrow(
      'cannot be written',
    );
    expect(open).not.toHaveBeenCalled();
    const file = join(folder, 'never.json');
    await expect(tuneCommand([join(folder, 'none'), '--out', file], open)).rejects.toThrow('no such folder');
    expect(existsSync(file)).toBe(false);
  });

  it('refuses judgements of documents that are never found', async () => {
    const index = indexFolder('strange', MANIFEST_NAME);
    const judged = queries.map((id) => `${id}\telsewhere-${id}\t1\n`).join('');
    writeFileSync(join(index, 'qrels/test.tsv'), judged);
    await expect(tuneCommand([index], async () => evaluable)).rejects.toThrow(
      'documents like "elsewhere-q0", and strange has documents like "bad-q0"',
    );
    expect(out).toBe('');
  });

  it('refuses what it cannot tune', async () => {
    await expect(run('--parts', 'magic')).rejects.toThrow('--parts knows fusion, fields, blend, calibration');
    await expect(run('--sample', '4')).rejects.toThrow('at least 10 judged queries');
    await expect(run('--wrong')).rejects.toThrow('findling tune --help');
    const broken: Evaluable = {
      ...evaluable,
      search: async () => ({ rows: [], milliseconds: 0, skipped: ['dense: no model'] }),
    };
    await expect(tuneCommand([folder, '--parts', 'fusion'], async () => broken)).rejects.toThrow(
      'a stage fails: dense: no model',
    );
    expect(await tuneCommand([])).toBe(2);
  });
});
