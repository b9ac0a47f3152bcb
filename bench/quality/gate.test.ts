import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { evalCommand } from '../../src/cli/eval.ts';
import { GATED, ownSetArguments, WITHOUT_RERANKER } from './own-set.ts';
import type { Results } from './record.ts';

const root = resolve(import.meta.dirname, '../..');
// Whole sets are searched, on whatever machine CI has.
vi.setConfig({ testTimeout: 180_000 });

const BASELINE = join(import.meta.dirname, 'own-baseline.json');
// Its own folder: `npm run quality` may be at work beside it.
const folder = join(root, `.cache/own-set-${process.pid}`);

/** Keeps standard output and error quiet; gives what was said on the latter. */
function silence(): () => string {
  let said = '';
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  return () => said;
}

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const shared = resolve(root, '../shared/eval');
const absent = existsSync(shared) ? '' : ' (skipped: ../shared/eval is not here)';

/** The kept figures of a set, as `--baseline` reads them. */
function keptBaseline(set: string): string {
  const { sets }: Results = JSON.parse(readFileSync(join(import.meta.dirname, 'results.json'), 'utf8'));
  const pipelines =
    sets.find((each) => each.set === set)?.pipelines.filter(({ name }) => WITHOUT_RERANKER.includes(name)) ?? [];
  const gated = pipelines.map(({ name, measures }) => {
    const { 'nDCG@10': ndcg, 'R@100': recall } = measures;
    return [name, { measures: { 'nDCG@10': ndcg, 'R@100': recall } }];
  });
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${set}.json`);
  writeFileSync(path, JSON.stringify({ set, pipelines: Object.fromEntries(gated) }));
  return path;
}

describe.skipIf(absent !== '')(`quality gate on shared sets${absent}`, () => {
  it.each(['docs-anthropic', 'cisi'])('%s is as good as docs/quality.md says', async (set) => {
    const notes = silence();
    const args = [join(shared, set), '--pipeline', WITHOUT_RERANKER.join(','), '--measures', 'nDCG@10 R@100'];
    expect(await evalCommand([...args, '--baseline', keptBaseline(set), '--max-drop', '0.01']), notes()).toBe(0);
  });
});

describe('quality gate on our own set', () => {
  it('lexical, dense and hybrid are as good as the committed results', async () => {
    expect(existsSync(BASELINE), 'made by: npm run quality -- --baseline').toBe(true);
    const notes = silence();
    const args = await ownSetArguments(folder);
    const code = await evalCommand([...args, ...GATED, '--baseline', BASELINE, '--max-drop', '0.01']);
    expect(code, notes()).toBe(0);
  });

  it('would see a loss', async () => {
    silence();
    const args = await ownSetArguments(folder);
    expect(await evalCommand([...args, '--pipeline', 'dense', '--fail-below', 'nDCG@10=0.99'])).toBe(1);
  });
});
