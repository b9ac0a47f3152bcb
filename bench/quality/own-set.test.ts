import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { evalCommand } from '../../src/cli/eval.ts';
import { GATED, ownSetArguments } from './own-set.ts';

const root = resolve(import.meta.dirname, '../..');
const BASELINE = join(import.meta.dirname, 'own-baseline.json');
// Its own folder: `npm run quality` may be at work beside it.
const folder = join(root, `.cache/own-set-${process.pid}`);

describe('quality gate on our own set', () => {
  let notes = '';
  beforeAll(() => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      notes += String(text);
      return true;
    });
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    const { rm } = await import('node:fs/promises');
    await rm(folder, { recursive: true, force: true });
  });

  it('lexical, dense and hybrid are as good as the committed results', async () => {
    expect(existsSync(BASELINE), 'made by: npm run quality -- --baseline').toBe(true);
    const args = await ownSetArguments(folder);
    const code = await evalCommand([...args, ...GATED, '--baseline', BASELINE, '--max-drop', '0.01']);
    expect(code, notes).toBe(0);
  });

  it('would see a loss', async () => {
    const args = await ownSetArguments(folder);
    expect(await evalCommand([...args, '--pipeline', 'dense', '--fail-below', 'nDCG@10=0.99'])).toBe(1);
  });
});
