import { resolve } from 'node:path';
import { build, createServer } from 'vite';
import { indexPackages } from '../src/cli/demo.ts';
import { STRICT_CSP, serveFolders } from '../src/cli/static-server.ts';

/** `tsx e2e/serve.ts built|dev PORT`: the page with the demo's index, for Playwright. */
const root = resolve(import.meta.dirname, '..');
const [mode, port] = process.argv.slice(2);
const index = resolve(root, `.cache/e2e-index-${mode}`);
await indexPackages(index);

if (mode === 'built') {
  const outDir = resolve(root, '.cache/e2e-dist');
  await build({ root, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
  await serveFolders({
    folders: { '/': outDir, '/index': index, '/docs': resolve(root, 'node_modules') },
    port: Number(port),
    headers: { 'content-security-policy': STRICT_CSP },
  });
} else {
  const files = await serveFolders({ folders: { '/index': index }, port: 0 });
  const server = await createServer({
    root,
    server: { port: Number(port), strictPort: true, proxy: { '/index': files.url } },
  });
  await server.listen();
}
