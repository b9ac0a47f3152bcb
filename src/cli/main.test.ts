import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const findling = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], { cwd: ROOT });

it('says its version', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const flag of ['--version', '-v']) expect((await findling(flag)).stdout).toBe(`${version}\n`);
}, 30_000);

it('ends as if all had been read where its reader goes away', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', '--help'], { cwd: ROOT });
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (bytes) => (said += String(bytes)));
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  expect(said).toBe('');
}, 30_000);

it('says what the system refuses without a trace of the code', async () => {
  const refused = findling('index', 'docs', '--cache', 'package.json/no.cache');
  await expect(refused).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/^findling: E[A-Z]+: .*\n$/) });
}, 30_000);
