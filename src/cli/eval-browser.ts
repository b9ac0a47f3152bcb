import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import type { createSearch, Search } from '../client/search.ts';
import type { Source } from '../core/document.ts';
import { SearchError, toSearchError } from '../core/errors.ts';
import type { BackendName, SearchOptions } from '../engine/types.ts';
import { bestPassages } from '../eval/maxp.ts';
import { decodeContent } from '../ingest/decoding.ts';
import { optionsOf } from './eval-engine.ts';
import { type Corpus, isUrl, type LoadedSet } from './eval-files.ts';
import type { Evaluable, Found, PipelineSpec } from './eval-port.ts';
import { DEFAULT_RERANKER } from './eval-reranker.ts';
import { folderSources, judgedSourceId, judgedSources } from './eval-sources.ts';
import { IS_CHECKOUT, ROOT } from './installation.ts';
import { MODELS } from './node-engine.ts';
import { STRICT_CSP, serveFolders } from './static-server.ts';

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];
/** Documents handed over at a time: a message of some hundred kilobytes. */
const BATCH = 200;

export interface BrowserOptions {
  /** A built page; by default one is built from the sources as they are, so that no stale page is measured. */
  readonly page?: string | undefined;
  readonly backend?: BackendName;
  /** Folder with catalog.json and the weights; the package's own by default. */
  readonly models?: string | undefined;
  /** Lets WebGPU run on a software adapter: right for agreement, far too slow for times. */
  readonly softwareGpu?: boolean;
}

/** What the page leaves for the console (src/page/main.ts), and what we leave beside it. */
interface Exposed {
  readonly findling: { readonly createSearch: typeof createSearch; readonly startEngine: () => Worker };
  evaluated: Map<string, Search>;
}

/** The same questions, asked of the built page's own workers in Chromium. */
export async function openBrowserEvaluable(
  { corpus }: Pick<LoadedSet, 'corpus'>,
  options: BrowserOptions = {},
): Promise<Evaluable> {
  const dist = options.page ?? (await freshPage());
  const remote = corpus.kind === 'index' && isUrl(corpus.location);
  const folders = {
    '/': dist,
    '/models': resolve(options.models ?? MODELS),
    ...(corpus.kind === 'index' && !remote ? { '/evaluated': corpus.location } : {}),
  };
  const policy = remote ? alsoFrom(new URL(corpus.location).origin) : STRICT_CSP;
  const server = await serveFolders({ folders, port: 0, headers: { 'content-security-policy': policy } });
  const browser = await launch(options).catch(async (error: unknown) => {
    await server.close();
    throw toSearchError(error, 'unsupported');
  });
  const close = async () => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => document.documentElement.dataset.ready === 'true', undefined, { timeout: 60_000 });
    const name = `eval-${Date.now()}`;
    if (corpus.kind === 'index') await refuseUnread(page, name, options, corpus.location);
    else await addSources(page, name, options, sourcesOf(corpus));
    return evaluableOf(page, name, corpus, options, close);
  } catch (error) {
    await close();
    throw toSearchError(error);
  }
}

/** What the page may read besides its own files: an index of another site. */
function alsoFrom(origin: string): string {
  return STRICT_CSP.replace("connect-src 'self'", `connect-src 'self' ${origin}`);
}

async function freshPage(): Promise<string> {
  if (!IS_CHECKOUT) return resolve(ROOT, 'dist/page');
  const outDir = resolve(ROOT, '.cache/eval-page');
  process.stderr.write('findling eval: building the page…\n');
  const { build } = await import('vite');
  await build({ root: ROOT, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
  return outDir;
}

async function launch({ softwareGpu = false }: BrowserOptions): Promise<Browser> {
  const { chromium } = await import('@playwright/test').catch((cause: unknown) => {
    throw new SearchError('unsupported', '--browser needs Playwright: npm install --save-dev @playwright/test', {
      cause,
    });
  });
  const own = chromium.executablePath();
  const executablePath = [process.env.FINDLING_CHROMIUM, own, ...CANDIDATES].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  );
  if (executablePath === undefined)
    throw new SearchError(
      'not-found',
      'No Chromium was found: npx playwright install chromium, or name one in FINDLING_CHROMIUM.',
    );
  const gpu = softwareGpu ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] : [];
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking', ...gpu] });
}

/** Texts as strings, because bytes do not travel well; a PDF cannot be text, so it is left out and named. */
function sourcesOf(corpus: Exclude<Corpus, { kind: 'index' }>): readonly Source[] {
  if (corpus.kind === 'beir') return judgedSources(corpus.documents);
  return folderSources(corpus.path).flatMap((source) => {
    if (source.type === 'pdf') {
      process.stderr.write(`findling eval: left out ${source.id}: --browser evaluates no PDF files\n`);
      return [];
    }
    return [{ ...source, content: decodeContent(source.content, source.type) }];
  });
}

async function addSources(
  page: Page,
  name: string,
  options: BrowserOptions,
  sources: readonly Source[],
): Promise<void> {
  await openSearch(page, name, name, options);
  for (let from = 0; from < sources.length; from += BATCH) {
    const failed = await page.evaluate(
      async ([key, batch]) => {
        const search = (globalThis as unknown as Exposed).evaluated.get(key);
        return (await search?.add(batch))?.failed ?? [];
      },
      [name, sources.slice(from, from + BATCH)] as const,
    );
    for (const { id, reason } of failed) process.stderr.write(`findling eval: left out ${id}: ${reason}\n`);
  }
}

/** Where the page finds an index that is evaluated. */
function publishedAt(location: string): string {
  return isUrl(location) ? location : 'evaluated/';
}

function keyOf(name: string, reranker: string | undefined): string {
  return `${name} ${reranker ?? ''}`;
}

/** A page goes on without an index that it cannot read; here all of its questions would be measured as zeros. */
async function refuseUnread(page: Page, name: string, options: BrowserOptions, location: string): Promise<void> {
  const key = keyOf(name, undefined);
  await openSearch(page, key, name, options, undefined, publishedAt(location));
  const { passages, reasons } = await page.evaluate(async (own) => {
    const search = (globalThis as unknown as Exposed).evaluated.get(own);
    const skipped = (await search?.search('search', { pipeline: 'lexical' }).done)?.skipped ?? [];
    return { passages: (await search?.status())?.passages ?? 0, reasons: skipped.map(({ reason }) => reason) };
  }, key);
  if (passages > 0) return;
  const why = reasons.length > 0 ? reasons.join(' ') : 'There is none, or it is empty.';
  throw new SearchError('not-found', `${location}: the page could not read a published index there. ${why}`);
}

/**
 * Starts an engine of our own in the page, under `key`, on the corpus `name`, with the spec's reranker. (No named
 * function inside page.evaluate: tsx would wrap it in a helper that the page lacks.)
 */
async function openSearch(
  page: Page,
  key: string,
  name: string,
  { backend, softwareGpu = false }: BrowserOptions,
  reranker?: string,
  published?: string,
): Promise<void> {
  await page.evaluate(
    async ([own, corpus, published, reranker, backend, allowFallbackAdapter]) => {
      const exposed = globalThis as unknown as Exposed;
      exposed.evaluated ??= new Map();
      if (exposed.evaluated.has(own)) return;
      const { createSearch, startEngine } = exposed.findling;
      const search = await createSearch(startEngine, {
        name: corpus,
        models: new URL('models/', document.baseURI).href,
        allowFallbackAdapter,
        ...(published === undefined ? {} : { published: [new URL(published, document.baseURI).href] }),
        ...(reranker === undefined ? {} : { reranker }),
        ...(backend === undefined ? {} : { backend }),
      });
      exposed.evaluated.set(own, search);
    },
    [key, name, published, reranker, backend, softwareGpu] as const,
  );
}

interface Row {
  readonly document: string;
  readonly section: string;
  readonly score: number;
}

function evaluableOf(
  page: Page,
  name: string,
  corpus: Corpus,
  options: BrowserOptions,
  close: () => Promise<void>,
): Evaluable {
  const sections = corpus.kind !== 'beir' && corpus.sections;
  const outer =
    corpus.kind === 'beir' ? new Map(corpus.documents.map(({ id }, index) => [judgedSourceId(index), id])) : undefined;
  const published = corpus.kind === 'index' ? publishedAt(corpus.location) : undefined;
  const unsupported = (what: string) =>
    Promise.reject(new SearchError('unsupported', `${what} is not offered with --browser; leave --browser away.`));
  return {
    boosts: [0, 0, 0],
    lexicalShare: 0,
    blendOf: async () => 0,
    async search(text, spec, depth): Promise<Found> {
      if (spec.boosts !== undefined) return unsupported('Tuning of field weights');
      // As in Node: a page's engine has no reranker of its own accord.
      const reranker = spec.pipeline === 'reranked' ? (spec.reranker ?? DEFAULT_RERANKER) : undefined;
      const key = keyOf(name, reranker);
      await openSearch(page, key, name, options, reranker, published);
      const asked: SearchOptions = { ...optionsOf(spec, depth), limit: depth * 3, excerptLength: 1 };
      const { rows, ms, skipped } = await ask(page, key, text, asked);
      const judged = rows.map(({ document, section, score }) => ({
        id: `${sections ? section : (outer?.get(document) ?? document)}#0`,
        score,
      }));
      const found = bestPassages(judged);
      return { rows: found.slice(0, depth), milliseconds: ms, skipped };
    },
    logits: () => unsupported('Scoring of single documents'),
    rerank: (_query: string, _documents, _spec: PipelineSpec) => unsupported('--rerank-run'),
    bytes: async () => undefined,
    close,
  };
}

/** One search in the page. Its time is that of the last stage, without the texts of results that no page would show. */
function ask(
  page: Page,
  key: string,
  text: string,
  options: SearchOptions,
): Promise<{ readonly rows: readonly Row[]; readonly ms: number; readonly skipped: readonly string[] }> {
  return page.evaluate(
    async ([own, query, wanted]) => {
      const search = (globalThis as unknown as Exposed).evaluated.get(own);
      if (search === undefined) throw new Error('The page was reloaded.');
      const answer = await search.search(query, wanted).done;
      return {
        rows: answer.results.map(({ documentId, anchor, score }) => ({
          document: documentId,
          section: anchor === '' ? documentId : `${documentId}#${anchor}`,
          score,
        })),
        ms: Math.max(0, ...Object.values(answer.ms)),
        skipped: answer.skipped.map(({ stage, reason }) => `${stage}: ${reason}`),
      };
    },
    [key, text, options] as const,
  );
}
