import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SearchError, toSearchError } from '../core/errors.ts';
import type { IndexReport } from '../engine/types.ts';
import { fileStore } from '../store/files.ts';
import { parsed, portOf } from './arguments.ts';
import { IS_CHECKOUT, ROOT } from './installation.ts';
import { MODELS, nodeCorpus, nodeSemantic } from './node-engine.ts';
import { packageDocuments } from './packages.ts';
import { STRICT_CSP, serveFolders } from './static-server.ts';

const HELP = `findling demo [--port 4321] [--no-build] [--index-only]

Indexes the Markdown and HTML documentation of the packages in ./node_modules and serves it with the search page on localhost.
In a checkout of findling they are its own packages, and the page is built before.
`;

/** Indexes the packages' documentation into `folder`; what has not changed since the last run is not read again. */
export async function indexPackages(folder: string, modules = resolve(ROOT, 'node_modules')): Promise<IndexReport> {
  const sources = packageDocuments(modules);
  const corpus = await nodeCorpus(fileStore(folder), await nodeSemantic());
  const gone = (await corpus.corpus.documents()).filter(({ id }) => !sources.some((source) => source.id === id));
  if (gone.length > 0) await corpus.remove(gone.map(({ id }) => id));
  let shown = 0;
  const report = await corpus.add(sources, new AbortController().signal, ({ documents, of, passages, rate }) => {
    if (documents < of && performance.now() - shown < 500) return;
    shown = performance.now();
    process.stderr.write(
      `\rindexing ${documents} of ${of} documents, ${passages} passages, ${Math.round(rate)} documents/s `,
    );
  });
  process.stderr.write('\n');
  return report;
}

/** As indexPackages; an index made by another version of findling is made anew. */
async function freshIndex(folder: string, modules: string): Promise<IndexReport> {
  try {
    return await indexPackages(folder, modules);
  } catch (error) {
    if (!['mismatch', 'corrupt'].includes(toSearchError(error).code)) throw error;
    await rm(folder, { recursive: true, force: true });
    return indexPackages(folder, modules);
  }
}

async function buildPage(): Promise<void> {
  const { build } = await import('vite');
  await build({ root: ROOT, logLevel: 'warn' });
}

const OPTIONS = {
  port: { type: 'string', default: '4321' },
  'no-build': { type: 'boolean', default: false },
  'index-only': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export async function demoCommand(args: readonly string[]): Promise<number> {
  const { values } = parsed('demo', () => parseArgs({ args: [...args], options: OPTIONS }));
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const port = portOf(values.port);
  const home = IS_CHECKOUT ? ROOT : process.cwd();
  const modules = resolve(home, 'node_modules');
  if (!existsSync(modules))
    throw new SearchError(
      'not-found',
      `There is no ${modules}. Run findling demo in a folder with installed packages.`,
    );
  const index = resolve(home, '.cache/demo-index');
  const { added, unchanged, failed } = await freshIndex(index, modules);
  for (const { id, reason } of failed) process.stderr.write(`left out ${id}: ${reason}\n`);
  process.stderr.write(`${added} documents indexed, ${unchanged} unchanged\n`);
  if (values['index-only']) return 0;
  const page = resolve(ROOT, 'dist/page');
  if (IS_CHECKOUT && (!values['no-build'] || !existsSync(resolve(page, 'index.html')))) await buildPage();
  const server = await serveFolders({
    // The package has its models once, not beside the page.
    folders: { '/': page, '/models': MODELS, '/index': index, '/docs': modules },
    port,
    headers: { 'content-security-policy': STRICT_CSP },
  });
  process.stdout.write(`findling is ready: ${server.url}\n`);
  return 0;
}
