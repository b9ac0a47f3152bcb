import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { scratchFolder } from './scratch.ts';

const root = resolve(import.meta.dirname, '..');

/** What a page's program may write, with the settings of a new Vite project. */
const PROGRAM = `
import { openSearch, POOLS, SearchError, type Search } from 'findling';
import { OPEN_EVENT, type SearchDialog } from 'findling/search-dialog';
import { createSiteSearch, type Answer, type Result, type SearchOptions, type SiteSearch } from 'findling/site-search';
import { findling as vite } from 'findling/vite';
import { findling as vitepress } from 'findling/vitepress';

const box = document.querySelector('findling-search');
if (box === null) throw new SearchError('not-found', 'There is no box.');
box.search = await openSearch({ name: 'app', models: '/models/' });
const given: Search | undefined = box.search;
box.addEventListener('findling-answer', ({ detail }) => show(detail));
const dialog = document.querySelector('findling-search-dialog');
dialog?.open();
dialog?.reload();
const close = (each: SearchDialog) => each.close();
if (dialog !== null) close(dialog);
dialog?.addEventListener(OPEN_EVENT, (event) => event.detail.href.startsWith('/') && event.preventDefault());
document.createElement('findling-search').query = 'x';

const options: SearchOptions = { limit: 3 };
const site: SiteSearch = createSiteSearch({ urls: ['/findling/'] });
show(await site.search('x', options));
function show({ results }: Answer): readonly string[] {
  return results.map(({ title }: Result) => title);
}
export const used = { given, POOLS, plugins: [vite(), vitepress()] };
`;

function tsc(cwd: string, ...args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args], {
      cwd,
      encoding: 'utf8',
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

it('a page’s program compiles against the types of the package', () => {
  const app = scratchFolder('types');
  const installed = join(app, 'node_modules/findling');
  mkdirSync(installed, { recursive: true });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  // What the types name of others.
  for (const name of ['vite', 'onnxruntime-web'])
    symlinkSync(join(root, 'node_modules', name), join(app, 'node_modules', name));
  expect(tsc(root, '-p', 'tsconfig.lib.json', '--outDir', join(installed, 'dist/types'))).toBe('');
  const compilerOptions = {
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  writeFileSync(join(app, 'main.ts'), PROGRAM);
  expect(tsc(app, '-p', '.')).toBe('');
});
