import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { run, step } from './project.ts';

interface Job {
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
}

const WORKFLOW = resolve(import.meta.dirname, '../../docs/examples/github-pages.yml');

/**
 * Runs each `run:` of the example workflow, word for word, in a fresh checkout of the VitePress site whose package.json names
 * the packed findling. Steps that use GitHub's own actions are said, not run: they exist there only.
 */
export async function checkWorkflow(site: string, packed: string): Promise<void> {
  const folder = join(site, '../workflow');
  checkOut(site, folder, packed);
  const workflow: { readonly jobs: Readonly<Record<string, Job>> } = parse(readFileSync(WORKFLOW, 'utf8'));
  for (const [name, { env = {}, steps }] of Object.entries(workflow.jobs)) {
    for (const { run: script, uses } of steps) {
      if (script === undefined) process.stdout.write(`  ${name}: ${uses} is GitHub's, not run\n`);
      // As GitHub's runner calls it.
      else
        await step(`${name}: ${script}`, () =>
          show(run(folder, ['bash', '-e', '-c', script], { ...process.env, ...env })),
        );
    }
  }
}

function show(said: string): void {
  const lines = said.trim().split('\n').slice(-4);
  process.stdout.write(lines.map((line) => `    | ${line}\n`).join(''));
}

/** What a repository of the site would hold: its sources, and a lock that has findling in it. */
function checkOut(site: string, folder: string, packed: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const left = /(^|\/)(node_modules|\.cache|dist|cache)$/;
  cpSync(site, folder, { recursive: true, filter: (path) => path === site || !left.test(path) });
  cpSync(packed, join(folder, basename(packed)));
  const file = join(folder, 'package.json');
  const project = JSON.parse(readFileSync(file, 'utf8'));
  project.dependencies.findling = `file:${basename(packed)}`;
  writeFileSync(file, JSON.stringify(project, null, 2));
  run(folder, ['npm', 'install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund']);
  run(folder, ['git', 'init', '--quiet']);
}
