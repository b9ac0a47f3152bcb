import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** Flags every Chromium of ours starts with: root needs --no-sandbox; the rest keeps it from calling home. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function playwrightOwn(): string | undefined {
  const path = chromium.executablePath();
  return path !== '' && existsSync(path) ? path : undefined;
}

/** A Chromium on this machine: $FINDLING_CHROMIUM, Playwright's own, Debian's, or Chrome. */
export function findChromium(): string | undefined {
  const named = process.env.FINDLING_CHROMIUM;
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`FINDLING_CHROMIUM names ${named}, which does not exist.`);
    return named;
  }
  return playwrightOwn() ?? CANDIDATES.find((path) => existsSync(path));
}

function attempt(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'ignore'], timeout: 600_000 });
    return true;
  } catch {
    return false;
  }
}

/** As findChromium, and where there is none installs one: Playwright's download, else Debian's package. */
export function ensureChromium(): string {
  const found = findChromium();
  if (found !== undefined) return found;
  process.stderr.write('No Chromium found; installing one…\n');
  if (attempt('npx', ['playwright', 'install', '--with-deps', 'chromium'])) {
    const own = playwrightOwn();
    if (own !== undefined) return own;
  }
  attempt('apt-get', ['update']);
  attempt('apt-get', ['install', '-y', 'chromium']);
  const installed = findChromium();
  if (installed === undefined)
    throw new Error('No Chromium could be installed. Install one and name it in FINDLING_CHROMIUM.');
  return installed;
}
