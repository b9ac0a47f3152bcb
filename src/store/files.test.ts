import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fileStore } from './files.ts';
import { testStore } from './store.contract.ts';

const base = mkdtempSync(join(tmpdir(), 'findling-files-'));
let count = 0;
const freshFolder = () => join(base, `store-${count++}`);
const text = (value: string) => new TextEncoder().encode(value);
const entries = (all: Readonly<Record<string, string>>) =>
  new Map(Object.entries(all).map(([name, value]) => [name, text(value)]));

afterAll(() => rmSync(base, { recursive: true, force: true }));

testStore('fileStore', async () => fileStore(freshFolder()));

/** A journal as a crashed process of that id leaves it. */
function crashed(folder: string, files: Readonly<Record<string, string>>, pid: number): void {
  const journal = join(folder, '.findling-journal');
  mkdirSync(journal, { recursive: true });
  writeFileSync(join(journal, 'owner.0'), `${pid} token`);
  for (const [name, value] of Object.entries(files)) writeFileSync(join(journal, name), value);
}

function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('fileStore', () => {
  it('keeps each blob as the file of its name, and leaves nothing else behind', async () => {
    const folder = freshFolder();
    const store = fileStore(folder);
    await store.write({ put: entries({ 'a/b.bin': 'one', c: 'two' }) });
    expect(readFileSync(join(folder, 'a/b.bin'), 'utf8')).toBe('one');
    expect(existsSync(join(folder, '.findling-journal'))).toBe(false);
    await store.write({ remove: ['a/b.bin'] });
    expect(existsSync(join(folder, 'a'))).toBe(false);
    expect(await fileStore(folder).list('')).toEqual(['c']);
  });

  it('drops a batch that was not committed', async () => {
    const folder = freshFolder();
    await fileStore(folder).write({ put: entries({ a: 'old' }) });
    crashed(folder, { '0.staged': 'new', 'commit.json.new': '{"put":["a"],"remove":[]}' }, deadPid());
    const store = fileStore(folder);
    expect(await store.read('a')).toEqual(text('old'));
    expect(await store.list('')).toEqual(['a']);
    expect(existsSync(join(folder, '.findling-journal'))).toBe(false);
  });

  it('carries a committed batch out, also one that was half done', async () => {
    for (const first of ['read', 'list', 'write'] as const) {
      const folder = freshFolder();
      await fileStore(folder).write({ put: entries({ a: 'old', gone: 'x', b: 'done already' }) });
      const commit = JSON.stringify({ put: ['a', 'b', 'n/c'], remove: ['gone', 'never'] });
      mkdirSync(join(folder, 'n'));
      crashed(folder, { '0.staged': 'new', '2.staged': 'c', 'commit.json': commit }, deadPid());
      const store = fileStore(folder);
      if (first === 'write') await store.write({ put: entries({ later: '1' }), remove: ['later'] });
      else await store[first]('a');
      await store.write({ remove: ['later'] });
      expect(await store.list('')).toEqual(['a', 'b', 'n/c']);
      expect(await store.read('a')).toEqual(text('new'));
      expect(await store.read('b')).toEqual(text('done already'));
    }
  });

  it('takes a crashed namesake’s lock (containers reuse process ids)', async () => {
    const folder = freshFolder();
    crashed(folder, { '0.staged': 'half' }, process.pid);
    const store = fileStore(folder);
    await store.write({ put: entries({ a: '1' }) });
    expect(await store.list('')).toEqual(['a']);
  });

  it("says 'locked' while another process writes, and reads the last batch meanwhile", async () => {
    const folder = freshFolder();
    await fileStore(folder).write({ put: entries({ a: 'old' }) });
    crashed(folder, { '0.staged': 'new' }, process.ppid);
    const store = fileStore(folder);
    expect(await store.read('a')).toEqual(text('old'));
    await expect(store.write({ put: entries({ a: 'mine' }) })).rejects.toMatchObject({ code: 'locked' });
    expect(existsSync(join(folder, '.findling-journal', '0.staged'))).toBe(true);
    expect(await store.read('a')).toEqual(text('old'));
  });

  it('refuses names that would be both file and folder, and keeps all', async () => {
    const store = fileStore(freshFolder());
    await store.write({ put: entries({ a: '1', 'b/c': '2' }) });
    for (const batch of [{ 'a/b': 'x' }, { b: 'x' }, { x: '1', 'x/y': '2' }, { '.findling-journal/owner.0': 'x' }])
      await expect(store.write({ put: entries({ a: 'changed', ...batch }) })).rejects.toMatchObject({
        code: 'bad-input',
      });
    expect(await store.list('')).toEqual(['a', 'b/c']);
    expect(await store.read('a')).toEqual(text('1'));
    await store.write({ put: entries({ x: 'fine now' }) });
    expect(await store.read('x')).toEqual(text('fine now'));
  });

  it('reports a damaged journal instead of guessing', async () => {
    const folder = freshFolder();
    crashed(folder, { 'commit.json': '{"put":["../../outside"],"remove":[]}', '0.staged': 'x' }, deadPid());
    await expect(fileStore(folder).read('a')).rejects.toMatchObject({ code: 'bad-input' });
    expect(existsSync(join(base, 'outside'))).toBe(false);
  });
});
