import { type Dirent, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { documentsBelow, filesBelow } from './folder-files.ts';

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  return { ...real, readdirSync: vi.fn(real.readdirSync) };
});

let root = '';
let folder = '';
const put = (path: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), path);
};
const link = (target: string, path: string) => symlinkSync(target, join(root, path));
const walk = (isExcluded?: (path: string) => boolean) =>
  filesBelow(folder, { skips: (name) => name === 'skipped', ...(isExcluded && { isExcluded }) });
const paths = (isExcluded?: (path: string) => boolean) => walk(isExcluded).files.map(({ path }) => path);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'findling-files-'));
  folder = join(root, 'site');
  for (const path of ['site/v2/a.html', 'elsewhere/sub/b.html', 'elsewhere/c.html']) put(path);
});
afterEach(() => {
  vi.mocked(readdirSync).mockReset();
  rmSync(root, { recursive: true, force: true });
});

it('follows links to folders and files, inside and outside', () => {
  link('../elsewhere', 'site/out');
  link('../elsewhere/c.html', 'site/copy.html');
  link('../../site/v2', 'elsewhere/sub/back');
  const { files, linked } = walk();
  expect(files.map(({ path }) => path).slice(0, 2)).toEqual(['v2/a.html', 'copy.html']);
  expect(files).toHaveLength(4);
  expect(linked).toEqual([join(root, 'elsewhere/c.html'), join(root, 'elsewhere')]);
  expect(documentsBelow(folder, { skips: () => false }).map(({ path }) => path)).toEqual([
    'copy.html',
    'out/sub/b.html',
    'v2/a.html',
  ]);
});

it('passes over what macOS writes beside files', () => {
  put('site/v2/._a.html');
  put('site/.well-known.html');
  expect(paths()).toEqual(['.well-known.html', 'v2/a.html']);
});

it('ends where links go in a circle, and takes in nothing around the folder', () => {
  link('.', 'site/self');
  link('..', 'site/v2/up');
  link('..', 'site/around');
  link('/', 'site/all');
  link('b', 'site/a');
  link('a', 'site/b');
  expect(paths()).toEqual(['v2/a.html']);
  expect(walk().unreadable.map(({ path }) => path)).toEqual(['a', 'b']);
});

it('enters what links lead to once, at its own place, and elsewhere where that is left out', () => {
  link('v2', 'site/latest');
  link('v2', 'site/stable');
  expect(paths()).toEqual(['v2/a.html']);
  expect(paths((path) => path === 'v2')).toEqual(['v2/a.html', 'latest/a.html']);
  expect(walk((path) => path !== 'v2').passedOver).toEqual(['latest', 'stable']);
});

it('skips folders by their names, links of such names too', () => {
  put('site/skipped/d.html');
  put('site/.hidden/e.html');
  link('../elsewhere', 'site/.also');
  link('../../elsewhere', 'site/v2/skipped');
  expect(paths()).toEqual(['v2/a.html']);
  expect(walk().passedOver).toEqual(['skipped', 'v2/skipped']);
});

it('names what cannot be read', () => {
  link('nowhere', 'site/gone');
  vi.mocked(readdirSync).mockImplementationOnce(() => [entry('v2', true), entry('locked', true)]);
  expect(walk().unreadable).toEqual([{ path: 'locked', reason: expect.stringContaining('no such file') }]);
  expect(walk().unreadable).toEqual([{ path: 'gone', reason: 'This link leads nowhere.' }]);
});

it('walks a folder of more files than a call takes arguments', () => {
  vi.mocked(readdirSync)
    .mockReturnValueOnce([entry('big', true), entry('last.html', false)])
    .mockReturnValueOnce(Array.from({ length: 150_000 }, (_, at) => entry(`${at}.css`, false)));
  expect(walk().files).toHaveLength(150_001);
});

function entry(name: string, isFolder: boolean): Dirent<Buffer<ArrayBuffer>> {
  const kinds = { isDirectory: () => isFolder, isFile: () => !isFolder, isSymbolicLink: () => false };
  return { name, ...kinds } as unknown as Dirent<Buffer<ArrayBuffer>>;
}
