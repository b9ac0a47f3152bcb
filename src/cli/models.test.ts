import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { modelsCommand, verifyModels } from './models.ts';
import { MODELS } from './node-engine.ts';

it('verifies the weights that are shipped', async () => {
  const checked = await verifyModels(MODELS);
  expect(checked.length).toBeGreaterThan(2);
  expect(checked.filter(({ problem }) => problem !== undefined)).toEqual([]);
  for (const { bytes, file } of checked) expect(bytes, file).toBeLessThan(20 * 1024 * 1024);
  expect(await modelsCommand(['verify', '--json'])).toBe(0);
});

it('finds one flipped bit and a stray file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'findling-models-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const part of ['catalog.json', 'wordpiece', 'findling-static'])
    cpSync(join(MODELS, part), join(folder, part), { recursive: true });
  const catalog = JSON.parse(readFileSync(join(folder, 'catalog.json'), 'utf8'));
  const models = catalog.models.filter((entry: { id: string }) => entry.id === 'findling-static');
  writeFileSync(join(folder, 'catalog.json'), JSON.stringify({ ...catalog, models }));
  expect(await modelsCommand(['verify', '--models', folder])).toBe(0);
  const path = join(folder, 'findling-static/scales.f32');
  const bytes = readFileSync(path);
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  const wrong = (await verifyModels(folder)).filter(({ problem }) => problem !== undefined);
  expect(wrong.map(({ file }) => file)).toEqual(['findling-static/scales.f32']);
  expect(await modelsCommand(['verify', '--models', folder])).toBe(1);
  expect(existsSync(path)).toBe(true);
});
