import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';

// A path that is no URL as it stands, as any path of Windows is.
const folder = mkdtempSync(join(tmpdir(), 'findling bin #1 %41-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('runs the built command wherever the package lies', () => {
  for (const each of ['bin', 'dist/cli']) mkdirSync(join(folder, each), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'dist/cli/main.js'), "process.stdout.write('built');");
  copyFileSync(resolve(import.meta.dirname, '../../bin/findling.js'), join(folder, 'bin/findling.js'));
  expect(execFileSync(process.execPath, [join(folder, 'bin/findling.js')], { encoding: 'utf8' })).toBe('built');
});
