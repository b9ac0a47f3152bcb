import { join, resolve } from 'node:path';
import { build } from 'vite';

/** The page of bench/payload that searches an index, built as for production. Its folder. */
export async function searchPage(cache: string): Promise<string> {
  const root = resolve(import.meta.dirname, '../payload/page');
  const outDir = join(cache, 'page');
  await build({
    root,
    base: './',
    configFile: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, target: 'es2022', rollupOptions: { input: [join(root, 'findling.html')] } },
  });
  return outDir;
}
