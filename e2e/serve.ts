import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { build, createServer } from 'vite';
import { indexPackages } from '../src/cli/demo.ts';
import { STRICT_CSP, serveFolders } from '../src/cli/static-server.ts';
import { faultyFolder } from './faults.ts';
import { fixtureFile, fixtureFolders } from './models.ts';

/** `tsx e2e/serve.ts built PORT ISOLATED-PORT | dev PORT BUILT-PORT`: the page with the demo's index, for Playwright. */
const root = resolve(import.meta.dirname, '..');
const [mode, port, otherPort] = process.argv.slice(2);

/** Collects what the browser reports against the policy, from pages and workers alike, and lists it. */
function policyReports() {
  const reports: string[] = [];
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.url !== '/csp-report') return false;
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      if (request.method === 'POST') reports.push(body);
      response.writeHead(200, { 'content-type': 'application/json' }).end(`[${reports.join(',')}]`);
    });
    return true;
  };
}

async function serveBuilt(): Promise<void> {
  const outDir = resolve(root, '.cache/e2e-dist');
  const index = resolve(root, '.cache/e2e-index');
  await indexPackages(index);
  await build({ root, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
  const folders = { '/': outDir, '/index': index, '/docs': resolve(root, 'node_modules'), ...fixtureFolders() };
  const policy = { 'content-security-policy': `${STRICT_CSP}; report-uri /csp-report` };
  await serveFolders({
    folders,
    port: Number(otherPort),
    headers: {
      ...policy,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    },
  });
  const [report, faulty] = [policyReports(), faultyFolder(fixtureFile)];
  await serveFolders({
    folders,
    port: Number(port),
    headers: policy,
    intercept: (request, response) => report(request, response) || faulty(request, response),
  });
}

async function serveDev(): Promise<void> {
  const built = `http://localhost:${otherPort}`;
  const proxy = { '/index': built, '/fixture-models': built };
  // A cache of its own, made anew: the page must not reload itself when it meets a dependency for the first time.
  const cacheDir = resolve(root, '.cache/e2e-vite');
  await rm(cacheDir, { recursive: true, force: true });
  // Nor when somebody edits a file while tests run.
  const server = await createServer({
    root,
    cacheDir,
    server: { port: Number(port), strictPort: true, proxy, watch: null },
  });
  await server.listen();
}

await (mode === 'built' ? serveBuilt() : serveDev());
