import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const SLOW = { timeout: 60_000, interval: 100 };

let folder = '';
let child: ChildProcess | undefined;
let said = '';

const put = (path: string, text: string) =>
  writeFileSync(join(folder, path), `<!doctype html><html lang="en"><title>${path}</title><main><p>${text}</p></main>`);
const reports = () =>
  said
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'findling-watch-'));
  said = '';
  put('one.html', 'A harbour with ships.');
  put('two.html', 'A crane lifts containers.');
  mkdirSync(join(folder, 'findling'));
  const args = ['index', folder, '--watch', '--json', '--cache', join(folder, '.cache/pages')];
  child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], { cwd: ROOT });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => (said += String(bytes)));
});

afterEach(() => {
  child?.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('findling index --watch', () => {
  it('indexes a page again when it changes, and only then', async () => {
    await vi.waitFor(() => expect(said).toContain('watching'), SLOW);
    expect(reports()).toMatchObject([{ pages: 2, embedded: 2 }]);
    const before = readFileSync(join(folder, 'findling/findling.bin'));

    put('two.html', 'A lighthouse stands on the pier.');
    await vi.waitFor(() => expect(reports()).toHaveLength(2), SLOW);
    expect(reports()[1]).toMatchObject({ pages: 2, embedded: 1 });
    expect(readFileSync(join(folder, 'findling/findling.bin')).equals(before)).toBe(false);

    // Neither its own files nor others' start a run: the next one is that of a page that is new.
    writeFileSync(join(folder, 'findling/other.html'), 'no page');
    writeFileSync(join(folder, 'style.css'), 'p {}');
    await new Promise((done) => setTimeout(done, 800));
    expect(reports()).toHaveLength(2);
    put('findling-news.html', 'Nets dry in the sun.');
    await vi.waitFor(() => expect(reports()).toHaveLength(3), SLOW);
    expect(reports()[2]).toMatchObject({ pages: 3, embedded: 1 });
  }, 120_000);

  it('indexes again what changes while it makes its first index', async () => {
    for (let tide = 0; !existsSync(join(folder, 'findling/findling.bin')); tide += 1) {
      put('two.html', `The tide is ${tide}.`);
      await new Promise((done) => setTimeout(done, 10));
    }
    await vi.waitFor(() => expect(reports().length).toBeGreaterThan(1), SLOW);
    expect(reports()[1]).toMatchObject({ pages: 2, failed: [] });
  }, 120_000);

  it('forgets the pages of a folder that is moved away, and stays quiet after it', async () => {
    mkdirSync(join(folder, 'guide'));
    writeFileSync(join(folder, 'guide/three.html'), '<!doctype html><html lang="en"><main><p>Ropes.');
    await vi.waitFor(() => expect(said).toContain('watching'), SLOW);
    const away = mkdtempSync(join(tmpdir(), 'findling-away-'));
    renameSync(join(folder, 'guide'), join(away, 'guide'));
    await vi.waitFor(() => expect(reports().at(-1)).toMatchObject({ pages: 2 }), SLOW);
    const runs = reports().length;
    await new Promise((done) => setTimeout(done, 1000));
    expect(reports()).toHaveLength(runs);
    rmSync(away, { recursive: true });
  }, 120_000);

  it('goes on with a folder that a generator removes and makes anew', async () => {
    await vi.waitFor(() => expect(said).toContain('watching'), SLOW);
    rmSync(folder, { recursive: true });
    await new Promise((done) => setTimeout(done, 800));
    mkdirSync(folder);
    put('one.html', 'A harbour without ships.');
    await vi.waitFor(() => expect(reports().at(-1)).toMatchObject({ pages: 1 }), SLOW);
    put('two.html', 'A crane.');
    await vi.waitFor(() => expect(reports().at(-1)).toMatchObject({ pages: 2 }), SLOW);
  }, 120_000);

  it('sees changes where links lead', async () => {
    const far = mkdtempSync(join(tmpdir(), 'findling-far-'));
    const word = (text: string) => writeFileSync(join(far, 'one.jsonl'), JSON.stringify({ url: '/one', text }));
    word('Nets');
    mkdirSync(join(far, 'sub'));
    await vi.waitFor(() => expect(said).toContain('watching'), SLOW);
    symlinkSync(join(far, 'sub'), join(folder, 'far'));
    writeFileSync(join(far, 'sub/a.html'), '<p>Ropes</p>');
    symlinkSync(join(far, 'one.jsonl'), join(folder, 'one.jsonl'));
    await vi.waitFor(() => expect(reports().at(-1)).toMatchObject({ pages: 4 }), SLOW);
    await new Promise((done) => setTimeout(done, 200));
    word('Ropes');
    await vi.waitFor(() => expect(reports()).toHaveLength(3), SLOW);
    writeFileSync(join(far, 'sub/b.html'), '<p>Anchors</p>');
    await vi.waitFor(() => expect(reports().at(-1)).toMatchObject({ pages: 5 }), SLOW);
    rmSync(far, { recursive: true });
  }, 120_000);

  it('says what went wrong, and goes on with the next change', async () => {
    await vi.waitFor(() => expect(said).toContain('watching'), SLOW);
    for (const path of ['one.html', 'two.html']) rmSync(join(folder, path));
    await vi.waitFor(() => expect(said).toContain('No pages found'), SLOW);
    expect(reports()).toHaveLength(1);
    writeFileSync(join(folder, 'rows.jsonl'), 'not JSON\n');
    await vi.waitFor(() => expect(said).toContain('left out rows.jsonl, line 1: this is not JSON'), SLOW);
    writeFileSync(join(folder, 'rows.jsonl'), '{"url":"/more","title":"More","text":"Words."}\n');
    await vi.waitFor(() => expect(reports()).toHaveLength(3), SLOW);
    expect(reports().slice(1)).toMatchObject([
      { pages: 0, failed: [{ id: 'rows.jsonl, line 1' }] },
      { pages: 1, failed: [] },
    ]);
  }, 120_000);
});
