import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const PAGEFIND = '1.6.0';

/**
 * The peer's command, installed into .cache at its first use. It is no dependency of the project: not every registry
 * holds its binaries for every platform, and then `npm ci` would fail for everybody who never runs this benchmark.
 */
export function ensurePagefind(): string {
  const folder = resolve(import.meta.dirname, '../../.cache/pagefind', PAGEFIND);
  const command = resolve(folder, 'node_modules/.bin/pagefind');
  if (!existsSync(command))
    execFileSync('npm', ['install', '--no-save', '--prefix', folder, `pagefind@${PAGEFIND}`], { stdio: 'ignore' });
  return command;
}
