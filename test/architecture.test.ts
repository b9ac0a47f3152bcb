import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const modules = ['core'];
const store = ['core'];

/** room → rooms it may import. The drawing is in ARCHITECTURE.md. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ingest: ['core'],
  index: ['core'],
  store,
  models: modules,
  fuse: ['core'],
  eval: ['core'],
  retrieve: ['core', 'index', 'models', 'store'],
  rerank: ['core', 'index', 'models', 'store'],
  engine: ['core', 'ingest', 'index', 'store', 'models', 'retrieve', 'fuse', 'rerank'],
  client: ['core', 'ingest', 'index', 'store', 'models', 'retrieve', 'fuse', 'rerank', 'engine'],
  element: ['core', 'client', 'engine'],
  page: ['core', 'client', 'element', 'engine', 'ingest'],
  cli: ['core', 'ingest', 'index', 'store', 'models', 'retrieve', 'fuse', 'rerank', 'engine', 'eval', 'client'],
  plugins: [
    'core',
    'ingest',
    'index',
    'store',
    'models',
    'retrieve',
    'fuse',
    'rerank',
    'engine',
    'client',
    'element',
    'cli',
  ],
  workers: ['core', 'store', 'models', 'index', 'engine', 'client'],
};

interface Import {
  readonly from: string;
  readonly specifier: string;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sources(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.as.ts') ? [path] : [];
  });
}

function isTest(path: string): boolean {
  return /\.(test|contract)\.ts$|\/fixtures\//.test(path);
}

const files = [...sources(join(root, 'src')), ...sources(join(root, 'workers'))].filter((path) => !isTest(path));
const imports: readonly Import[] = files.flatMap((from) =>
  [...readFileSync(from, 'utf8').matchAll(/(?:from\s+|import\s*\(\s*|import\s+|new URL\(\s*)'([^']+)'/g)].map(
    (match) => ({
      from,
      specifier: match[1] ?? '',
    }),
  ),
);

function room(path: string): string {
  const [top, second] = relative(root, path).split('/');
  return top === 'src' ? (second?.endsWith('.ts') ? 'barrel' : (second ?? '')) : (top ?? '');
}

const local = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ from, specifier }) => ({ from, to: resolve(dirname(from), specifier) }));

describe('architecture', () => {
  it('reads a tree worth judging', () => {
    expect(files.length).toBeGreaterThan(5);
    expect(imports.length).toBeGreaterThan(5);
  });

  it('imports point one way', () => {
    const wrong = local
      .filter(({ from, to }) => {
        const [a, b] = [room(from), room(to)];
        return a !== b && a !== 'barrel' && arrows[a] !== undefined && !arrows[a].includes(b) && b !== 'node_modules';
      })
      // Composition roots name worker files by URL only; nothing of them is linked in.
      .filter(({ to }) => !/workers\/[a-z-]+\.worker\.ts$/.test(to))
      .map(({ from, to }) => `${relative(root, from)} → ${relative(root, to)}`);
    expect(wrong).toEqual([]);
  });

  it('has no cycle between files', () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of local) graph.set(from, [...(graph.get(from) ?? []), to]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].map((each) => relative(root, each)).join(' → '));
        return;
      }
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) if (!next.endsWith('.worker.ts')) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  const only = (pattern: RegExp, allowed: (path: string) => boolean) =>
    imports
      .filter(({ from, specifier }) => pattern.test(specifier) && !allowed(relative(root, from)))
      .map(({ from, specifier }) => `${relative(root, from)} imports ${specifier}`);

  it('only models/ imports onnxruntime or transformers.js', () => {
    expect(only(/^(onnxruntime|@huggingface\/transformers)/, (path) => path.startsWith('src/models/'))).toEqual([]);
  });
  it('models see texts and numbers, never documents', () => {
    const seeing = only(/(core\/document|\/ingest\/.*)\.ts$/, (path) => !path.startsWith('src/models/'));
    expect(seeing).toEqual([]);
  });
  it('only index/lexical knows MiniSearch', () => {
    expect(only(/^minisearch/, (path) => path.startsWith('src/index/lexical/'))).toEqual([]);
  });
  it('only workers/ and client/ know Comlink', () => {
    expect(only(/^comlink/, (path) => /^(workers|src\/client)\//.test(path))).toEqual([]);
  });
  it('only store/, cli/ and plugins/ touch Node files; only store/ knows idb', () => {
    expect(only(/^node:(fs|http)/, (path) => /^src\/(store|cli|plugins)\//.test(path))).toEqual([]);
    expect(only(/^idb/, (path) => path.startsWith('src/store/'))).toEqual([]);
  });
  it('only store/ fetches and opens IndexedDB or private files', () => {
    const calls = files
      .filter((path) => !/src\/(store|cli)\//.test(path))
      .filter((path) =>
        /(^|[^\w.])fetch\(|indexedDB\.|caches\.open|storage\.getDirectory/m.test(readFileSync(path, 'utf8')),
      )
      .map((path) => relative(root, path));
    expect(calls).toEqual([]);
  });
  it('core, ingest, fuse and eval do no I/O', () => {
    const pure = files.filter((path) => ['core', 'ingest', 'fuse', 'eval'].includes(room(path)));
    const wrong = pure
      .filter((path) =>
        /from 'node:|fetch\(|indexedDB|localStorage|Deno\.|process\.(stdout|stdin)/.test(readFileSync(path, 'utf8')),
      )
      .map((path) => relative(root, path));
    expect(wrong).toEqual([]);
  });
  it('parses nothing from a document as HTML in the page', () => {
    const wrong = files
      .filter((path) =>
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(/.test(
          readFileSync(path, 'utf8'),
        ),
      )
      .map((path) => relative(root, path));
    expect(wrong).toEqual([]);
  });
});
