import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import { build } from 'vite';
import { CHROMIUM_ARGS, ensureChromium } from '../test/chromium.ts';
import { ensurePagefind } from './payload/pagefind.ts';
import { measureQuality } from './payload/quality.ts';
import { FAST_4G, type Link, type MeasuredServer, measuredServer } from './payload/server.ts';
import { missingSources, type Site, siteOf } from './payload/sites.ts';
import { type BenchOptions, median, type Row, row } from './row.ts';

const ROOT = resolve(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache/payload');
const PAGE = join(CACHE, 'page');
const PEER = 'Pagefind 1.6';

/** Words that the manuals hold, as people type them, for both. */
const KEYWORDS = [
  'create index concurrently',
  'asyncio event loop',
  'backup restore',
  'package repository',
  'regular expression groups',
  'foreign key constraint',
  'logging handlers',
  'firewall configuration',
  'window functions',
  'unit test mock',
] as const;
/** Questions, for search by meaning; Pagefind joins all words with AND and finds nothing for most. */
const QUESTIONS = [
  'how do I delete duplicate rows from a table',
  'what happens when two transactions change the same row',
  'read a file line by line',
  'why is my query slow',
  'run several tasks at the same time',
  'how can I undo an upgrade of a package',
  'make a copy of a dictionary',
  'give a user permission to read a table',
  'wait until a child process has ended',
  'set up a mail server',
] as const;

interface Found {
  readonly ms: number;
  readonly titles: readonly string[];
  readonly stage: string;
  readonly skipped: readonly { readonly stage: string; readonly reason: string }[];
}

interface Visit {
  readonly first: Cost;
  readonly next: readonly Cost[];
}

interface Cost {
  readonly kilobytes: number;
  readonly requests: number;
  readonly ms: number;
  readonly results: number;
}

/** Bytes on the wire for a search of a built site, in real Chromium from a cold cache, beside Pagefind on the same pages. */
export async function run(options: BenchOptions): Promise<readonly Row[]> {
  const missing = missingSources();
  if (missing.length > 0) {
    options.say(
      `left out: ${missing.join(', ')} are not there (apt-get install python3-doc postgresql-doc-15 debian-handbook)`,
    );
    return [];
  }
  const names = options.sizes ?? (options.quick === true ? [] : [10_000]);
  const sites = [siteOf('python'), siteOf('postgres'), ...names.map((size) => siteOf(size))];
  await buildPage();
  const wanted = (...names: readonly string[]) =>
    options.only === undefined || options.only.some((each) => names.some((name) => each.startsWith(name)));
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: [...CHROMIUM_ARGS] });
  try {
    const rows: Row[] = wanted('ndcg') ? [...(await measureQuality(options))] : [];
    for (const site of wanted('first', 'next', 'index', 'files', 'build') ? sites : [])
      rows.push(...(await measureSite(browser, site, options)));
    return rows.filter(({ name }) => options.only === undefined || options.only.some((each) => name.startsWith(each)));
  } finally {
    await browser.close();
  }
}

async function buildPage(): Promise<void> {
  const root = resolve(import.meta.dirname, 'payload/page');
  await build({
    root,
    base: './',
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: PAGE,
      emptyOutDir: true,
      target: 'es2022',
      rollupOptions: { input: [join(root, 'findling.html'), join(root, 'pagefind.html')] },
    },
  });
}

async function measureSite(browser: Browser, site: Site, options: BenchOptions): Promise<readonly Row[]> {
  const built = buildIndexes(site, options);
  const server = await measuredServer({ '/index/': built.findling, '/pagefind/': built.pagefind, '/': PAGE });
  try {
    const visit = (page: string, pipeline: string, queries: readonly string[], link?: Link) =>
      measureVisits(browser, server, { page, pipeline, queries, link });
    const [lexical, peer] = [await visit('findling', 'lexical', KEYWORDS), await visit('pagefind', '', KEYWORDS)];
    const semantic = await visit('findling', 'hybrid', QUESTIONS);
    const rotate = (queries: readonly string[]) => queries.slice(0, 3);
    const slow = await visit('findling', 'lexical', rotate(KEYWORDS), FAST_4G);
    const slowSemantic = await visit('findling', 'hybrid', rotate(QUESTIONS), FAST_4G);
    const slowPeer = await visit('pagefind', '', rotate(KEYWORDS), FAST_4G);
    const label = (name: string) => `${name}.${site.name}`;
    const against = (value: number) => ({ name: PEER, value });
    const rows: Row[] = [
      row('payload', label('first-lexical'), lexical.first.kilobytes, 'kB', against(peer.first.kilobytes)),
      row('payload', label('first-lexical.requests'), lexical.first.requests, 'requests', against(peer.first.requests)),
      row('payload', label('first-lexical.4g'), slow.first.ms, 'ms', against(slowPeer.first.ms)),
      row('payload', label('first-semantic'), semantic.first.kilobytes, 'kB'),
      row('payload', label('first-semantic.requests'), semantic.first.requests, 'requests'),
      row('payload', label('first-semantic.4g'), slowSemantic.first.ms, 'ms'),
      row(
        'payload',
        label('next-query.lexical'),
        middle(lexical.next).kilobytes,
        'kB',
        against(middle(peer.next).kilobytes),
      ),
      row('payload', label('next-query'), middle(semantic.next).kilobytes, 'kB'),
      row('payload', label('next-query.most'), Math.max(...semantic.next.map(({ kilobytes }) => kilobytes)), 'kB'),
      row('payload', label('next-query.requests'), middle(semantic.next).requests, 'requests'),
      row('payload', label('next-query.4g'), middle(slowSemantic.next).ms, 'ms'),
      row('payload', label('index'), built.findlingSize.bytes / 1e6, 'MB', against(built.pagefindSize.bytes / 1e6)),
      row('payload', label('files'), built.findlingSize.files, 'files', against(built.pagefindSize.files)),
      row('payload', label('build'), built.findlingSeconds, 's', against(built.pagefindSeconds)),
    ];
    return rows;
  } finally {
    await server.close();
  }
}

interface VisitPlan {
  readonly page: string;
  readonly pipeline: string;
  readonly queries: readonly string[];
  readonly link: Link | undefined;
}

/**
 * The median over queries: each is once the first of a fresh visit, with the page's own bytes and code, and is followed
 * there by the others, so that what comes "next" has the warmth of a few queries, not of ten.
 */
async function measureVisits(browser: Browser, server: MeasuredServer, plan: VisitPlan): Promise<Visit> {
  const began = performance.now();
  const firsts: Cost[] = [];
  const next: Cost[] = [];
  for (const [at, query] of plan.queries.entries()) {
    const context = await browser.newContext();
    const page = await context.newPage();
    server.throttle(plan.link);
    server.take();
    const start = performance.now();
    const search = async (text: string) => {
      const found = await page.evaluate(
        ([words, pipeline]) =>
          (globalThis as unknown as { find(text: string, pipeline: string): Promise<Found> }).find(words, pipeline),
        [text, plan.pipeline] as const,
      );
      const { skipped } = found;
      if (skipped.length > 0)
        throw new Error(`${plan.page} skipped ${skipped.map((each) => `${each.stage}: ${each.reason}`).join('; ')}`);
      return found;
    };
    await page.goto(`${server.url}/${plan.page}.html`);
    await page.waitForFunction(() => 'find' in globalThis);
    const first = await search(query);
    firsts.push(cost(server, performance.now() - start, first.titles.length));
    for (let step = 1; step <= 3; step += 1) {
      const found = await search(plan.queries[(at + step) % plan.queries.length] ?? '');
      next.push(cost(server, found.ms, found.titles.length));
    }
    await context.close();
  }
  server.throttle(undefined);
  process.stderr.write(`${plan.page} ${plan.pipeline} ${Math.round(performance.now() - began)} ms\n`);
  return { first: middle(firsts), next };
}

function cost(server: MeasuredServer, ms: number, results: number): Cost {
  const { bytes, requests } = server.take();
  return { kilobytes: bytes / 1000, requests, ms, results };
}

function middle(costs: readonly Cost[]): Cost {
  const of = (pick: (each: Cost) => number) => median(costs.map(pick));
  return {
    kilobytes: of(({ kilobytes }) => kilobytes),
    requests: of(({ requests }) => requests),
    ms: of(({ ms }) => ms),
    results: of(({ results }) => results),
  };
}

/** Builds both indexes with the commands a user would call, cold; kept from run to run unless `FINDLING_REBUILD` is set. */
function buildIndexes(site: Site, { say }: BenchOptions) {
  const findling = join(CACHE, `findling-${site.name}`);
  const pagefind = join(CACHE, `pagefind-${site.name}`);
  const times = join(CACHE, `times-${site.name}.json`);
  if (!existsSync(times) || process.env.FINDLING_REBUILD !== undefined) {
    for (const folder of [findling, pagefind]) rmSync(folder, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    say(`${site.name}: ${site.pages} pages, building both indexes`);
    const pagefindSeconds = seconds(ensurePagefind(), ['--site', site.folder, '--output-path', pagefind]);
    const cache = join(CACHE, `cache-${site.name}`);
    rmSync(cache, { recursive: true, force: true });
    const findlingSeconds = seconds('node_modules/.bin/tsx', [
      ...['src/cli/main.ts', 'index', site.folder, '--out', findling, '--cache', cache],
    ]);
    writeFileSync(times, JSON.stringify({ pagefindSeconds, findlingSeconds }));
  }
  const measured: unknown = JSON.parse(readFileSync(times, 'utf8'));
  const { pagefindSeconds, findlingSeconds } = measured as { pagefindSeconds: number; findlingSeconds: number };
  return {
    ...{ findling, pagefind, pagefindSeconds, findlingSeconds },
    findlingSize: sizeOf(findling),
    pagefindSize: sizeOf(pagefind, /-ui\.|highlight/),
  };
}

function seconds(command: string, args: readonly string[]): number {
  const start = performance.now();
  execFileSync(resolve(ROOT, command), args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  return (performance.now() - start) / 1000;
}

function sizeOf(folder: string, without?: RegExp) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && without?.test(entry.name) !== true,
  );
  const bytes = files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  return { files: files.length, bytes };
}
