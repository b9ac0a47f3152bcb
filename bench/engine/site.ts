import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { build } from 'vite';
import { type StaticServer, serveFolders } from '../../src/cli/static-server.ts';
import { CHROMIUM_ARGS, ensureChromium } from '../../test/chromium.ts';
import { CACHE } from './corpus.ts';
import type { BenchJobs } from './page/main.ts';
import { PEERS } from './peers.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** A page that nobody looks at is throttled otherwise; both sides would be, but not by the same measure. */
const AWAKE = [
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
];
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** What jobs are called with and give, from outside of the page. */
export type Call = <Name extends keyof BenchJobs>(
  name: Name,
  ...args: Parameters<BenchJobs[Name]>
) => Promise<Awaited<ReturnType<BenchJobs[Name]>>>;

export interface Site {
  /** Opens the page, calls its jobs, and lets go of the page; what it stored stays for the next visit. */
  visit<T>(job: (call: Call) => Promise<T>, options?: VisitOptions): Promise<T>;
  close(): Promise<void>;
}

export interface VisitOptions {
  /** Cross-origin isolated: threads. That is another origin, with stored things of its own. */
  readonly isolated?: boolean;
  /** A browser that was just started, so that nothing is in memory but what its start puts there. */
  readonly fresh?: boolean;
}

/** The benchmark's page, built as for production, on two local hosts, in a Chromium with a profile of its own. */
export async function openSite(profile: string): Promise<Site> {
  const executablePath = ensureChromium();
  const outDir = join(CACHE, `${profile}-dist`);
  await build({
    root: resolve(import.meta.dirname, 'page'),
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 5000 },
  });
  const folders = {
    '/': outDir,
    '/data': CACHE,
    '/models': resolve(ROOT, 'models'),
    '/peers': PEERS,
    '/ort': resolve(ROOT, 'node_modules/onnxruntime-web/dist'),
  };
  const [plain, isolated] = await Promise.all([
    serveFolders({ folders, port: 0 }),
    serveFolders({ folders, port: 0, headers: ISOLATED }),
  ]);
  const userData = join(CACHE, `${profile}-profile`);
  rmSync(userData, { recursive: true, force: true });
  const launch = () =>
    chromium.launchPersistentContext(userData, {
      executablePath,
      args: [...CHROMIUM_ARGS, ...AWAKE],
      timeout: 120_000,
    });
  let browser: BrowserContext | undefined;
  const closeBrowser = async () => {
    await browser?.close();
    browser = undefined;
  };
  return {
    async visit(job, options = {}) {
      if (options.fresh === true) await closeBrowser();
      browser ??= await launch();
      const page = await openPage(browser, options.isolated === true ? isolated : plain);
      try {
        return await job(callOf(page));
      } finally {
        await page.close();
      }
    },
    async close() {
      await closeBrowser();
      await Promise.all([plain.close(), isolated.close()]);
      for (const folder of [userData, outDir]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function openPage(browser: BrowserContext, host: StaticServer): Promise<Page> {
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') process.stderr.write(`[page] ${message.text()}\n`);
  });
  page.on('pageerror', (error) => process.stderr.write(`[page] ${error.stack ?? error.message}\n`));
  await page.goto(host.url);
  await page.waitForFunction(() => 'bench' in globalThis);
  return page;
}

function callOf(page: Page): Call {
  return (name, ...args) =>
    page.evaluate(
      ([job, given]) => {
        const { bench } = globalThis as unknown as { bench: Record<string, (...all: unknown[]) => Promise<never>> };
        const found = bench[job as string];
        if (found === undefined) throw new Error(`The page has no job ${String(job)}.`);
        return found(...(given as unknown[]));
      },
      [name, args] as const,
    );
}
