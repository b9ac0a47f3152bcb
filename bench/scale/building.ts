import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ScaleCorpus } from './corpus.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const POLL_MS = 250;

export interface BuiltIndex {
  readonly folder: string;
  readonly seconds: number;
  /** The most memory the process had at a time; 0 where the system does not tell (only Linux does). */
  readonly peakBytes: number;
  readonly passages: number;
  readonly bytes: number;
  readonly files: number;
}

/** Builds with the command a user would call, cold; kept from run to run unless `FINDLING_REBUILD` is set. */
export async function builtIndex(corpus: ScaleCorpus, cache: string, name: string): Promise<BuiltIndex> {
  const folder = join(cache, `index-${name}`);
  const facts = join(cache, `index-${name}.json`);
  if (!existsSync(facts) || process.env.FINDLING_REBUILD !== undefined) {
    const pages = join(cache, `pages-${name}`);
    for (const path of [folder, pages]) rmSync(path, { recursive: true, force: true });
    const start = performance.now();
    const { report, peakBytes } = await run(['index', corpus.folder, '--out', folder, '--cache', pages, '--json']);
    const seconds = (performance.now() - start) / 1000;
    rmSync(pages, { force: true });
    const { passages } = JSON.parse(report) as { passages: number };
    writeFileSync(facts, JSON.stringify({ seconds, peakBytes, passages }));
  }
  const measured = JSON.parse(readFileSync(facts, 'utf8')) as Pick<BuiltIndex, 'seconds' | 'peakBytes' | 'passages'>;
  const files = readdirSync(folder);
  const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  return { folder, ...measured, files: files.length, bytes };
}

async function run(args: readonly string[]): Promise<{ readonly report: string; readonly peakBytes: number }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let report = '';
  child.stdout.on('data', (bytes) => {
    report += String(bytes);
  });
  let peakBytes = 0;
  const poll = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid));
  }, POLL_MS);
  const code = await new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done));
  clearInterval(poll);
  if (code !== 0) throw new Error(`findling ${args.join(' ')} ended with ${code}.`);
  return { report, peakBytes };
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
