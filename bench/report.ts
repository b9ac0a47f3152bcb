import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { judge } from './aims.ts';
import type { Row } from './row.ts';

const ROOT = resolve(import.meta.dirname, '..');
const RESULTS = join(import.meta.dirname, 'results');
const PAGE = join(ROOT, 'docs/benchmarks.md');
const NOTES = join(import.meta.dirname, 'notes');

/** Rows measured together; they may be compared with each other. */
export interface MeasuredRun {
  /** ISO 8601, in UTC. */
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  /** Runnable processes on average while it ran (the load average); more than processors means it had to wait. */
  readonly load: number;
  readonly rows: readonly Row[];
}

export interface Results {
  readonly suite: string;
  /** Oldest first. A row is in one of those of a machine only. */
  readonly runs: readonly MeasuredRun[];
}

/** Keeps a run's rows in place of older ones of the same names. */
export function saveResults(suite: string, rows: readonly Row[]): void {
  mkdirSync(RESULTS, { recursive: true });
  const path = join(RESULTS, `${suite}.json`);
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Results).runs : [];
  const load = Number((loadavg()[1] ?? 0).toFixed(1));
  const run = { date: new Date().toISOString(), commit: commit(), machine: machine(), load, rows };
  const results: Results = { suite, runs: withRun(before, run) };
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  writeReport();
}

/** Rows of the same machine and name give way. */
export function withRun(before: readonly MeasuredRun[], run: MeasuredRun): readonly MeasuredRun[] {
  const names = new Set(run.rows.map(({ name }) => name));
  // What another processor gave says something of its own.
  const kept = before.map((each) =>
    each.machine === run.machine ? { ...each, rows: each.rows.filter(({ name }) => !names.has(name)) } : each,
  );
  return [...kept, run].filter(({ rows }) => rows.length > 0);
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

function machine(): string {
  const all = cpus();
  const name = `${all[0]?.model.trim() ?? 'unknown processor'}${generation()}`;
  return `${all.length} × ${name}, Node ${process.versions.node}, ${process.platform}`;
}

/** ` family 25 model 17` (Zen 4): virtual machines call processors of several generations by one name. */
function generation(): string {
  if (!existsSync('/proc/cpuinfo')) return '';
  const about = readFileSync('/proc/cpuinfo', 'utf8');
  const [family, model] = [/^cpu family\s*: (\d+)$/m, /^model\s*: (\d+)$/m].map((line) => line.exec(about)?.[1]);
  return family === undefined || model === undefined ? '' : ` family ${family} model ${model}`;
}

/** Writes docs/benchmarks.md from bench/results/*.json and bench/notes/*.md. */
export function writeReport(): void {
  const files = existsSync(RESULTS) ? readdirSync(RESULTS).filter((name) => name.endsWith('.json')) : [];
  const all = files.sort().map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as Results);
  writeFileSync(PAGE, report(all, noteOf));
}

function noteOf(suite: string): string {
  const path = join(NOTES, `${suite}.md`);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
}

export function report(results: readonly Results[], note: (suite: string) => string): string {
  const head = `# Benchmarks

Written by \`npm run bench -- report\` from \`bench/results/\`; \`npm run bench -- SUITE --save\` measures anew.
A ratio says how many times better than the peer, in the same run; it is what to compare, for the machine is shared and noisy.
`;
  return `${[head, ...results.map((each) => section(each, note(each.suite)))].join('\n')}`;
}

/** `2 × AMD EPYC, Node 20.20.2, linux` → `AMD EPYC`. */
function processor(machine: string): string {
  return (machine.split(',')[0] ?? machine).replace(/^\d+ × /, '');
}

function section({ suite, runs }: Results, note: string): string {
  const several = new Set(runs.map(({ machine }) => machine)).size > 1;
  const missed = runs.flatMap(({ machine, rows }) =>
    rows
      .filter((row) => judge(row)?.met === false)
      .map(({ name }) => (several ? `${name} (${processor(machine)})` : name)),
  );
  return [
    `## ${suite}`,
    '',
    ...(note === '' ? [] : [note, '']),
    missed.length === 0 ? 'No aim is missed.' : `Missed: ${missed.join(', ')}.`,
    '',
    ...runs.flatMap(runTable),
  ].join('\n');
}

function runTable({ date, commit, machine, load, rows }: MeasuredRun): readonly string[] {
  const lines = rows.map((row) => {
    const judged = judge(row);
    const aim = judged === undefined ? '' : `${judged.aim} ${judged.met ? '✓' : '**missed**'}`;
    const peer = row.peerValue === null ? '' : `${row.peerValue} (${row.peer})`;
    const ratio = row.ratio === null ? '' : `${row.ratio} ×`;
    return `| ${row.name} | ${row.value} ${row.unit} | ${peer} | ${ratio} | ${aim} |`;
  });
  return [
    `${date.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}, ${machine}, load ${load}:`,
    '',
    '| | ours | peer | ratio | aim |',
    '|---|---:|---:|---:|---|',
    ...lines,
    '',
  ];
}
