import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ModelCatalog, parseCatalog } from '../src/models/catalog.ts';

const root = resolve(import.meta.dirname, '..');
const shipped = resolve(root, 'models');
const fixtures = resolve(root, 'src/models/fixtures');
const made = resolve(root, '.cache/e2e-models');

function catalog(folder: string): ModelCatalog {
  return parseCatalog(readFileSync(resolve(folder, 'catalog.json'), 'utf8'));
}

/** Where a file of the `/fixture-models` folder lies: the shipped static embedder beside the tiny random cross-encoder. */
export function fixtureFile(file: string): string {
  if (file === 'catalog.json') return resolve(made, file);
  return resolve(file.startsWith('tiny/') ? fixtures : shipped, file);
}

/** Writes that folder's catalog and gives its URL prefixes for a static server. */
export function fixtureFolders(): Readonly<Record<string, string>> {
  const embedders = catalog(shipped).models.filter(({ kind }) => kind === 'static-embedder');
  mkdirSync(made, { recursive: true });
  writeFileSync(
    resolve(made, 'catalog.json'),
    JSON.stringify({ version: 1, models: [...embedders, ...catalog(fixtures).models] }),
  );
  return {
    '/fixture-models': made,
    '/fixture-models/tiny': resolve(fixtures, 'tiny'),
    '/fixture-models/wordpiece': resolve(shipped, 'wordpiece'),
    '/fixture-models/findling-static': resolve(shipped, 'findling-static'),
  };
}

/** The page's parameter for the fixture's cross-encoder, which any machine runs at once, SwiftShader too. */
export const FIXTURE_MODELS = 'models=fixture-models/&reranker=tiny-fixture';

/** The same for the cross-encoder that is shipped; the fixture's where none is. */
export function shippedModels(): string {
  return catalog(shipped).models.some(({ kind }) => kind === 'cross-encoder') ? '' : FIXTURE_MODELS;
}
