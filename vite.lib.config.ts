import { defineConfig, type Plugin } from 'vite';
import page from './vite.config.ts';

/** Makes the workers such that the bundler of a site which installs the package finds them, and may serve their files. */
function portableWorkers(): Plugin {
  // As Vite has written it. A bundler knows a worker by the literal alone.
  const worker =
    /new URL\(\s*\/\* @vite-ignore \*\/\s*new URL\("([^"]+)", import\.meta\.url\)\.href,\s*"" \+ import\.meta\.url\s*\)/g;
  // ONNX Runtime names its own file, which here has another name; it does so on file: URLs only, but webpack looks for it.
  const itself = /\("ort\.\w+\.bundle\.min\.mjs", import\.meta\.url\)/g;
  return {
    name: 'findling:portable-workers',
    // A development server gives a worker's entry a query. A chunk that imports from the entry, as Vite lets them for
    // workers, would ask for it without the query, and it would run twice.
    options: (options) => ({ ...options, preserveEntrySignatures: 'strict' }),
    renderChunk(code) {
      const portable = code.replace(worker, 'new URL("./$1", import.meta.url)').replace(itself, '(import.meta.url)');
      return { code: portable, map: null };
    },
  };
}

/**
 * The package for pages: findling.js, its workers and WebAssembly beside it, and the small
 * site-search.js; nothing left to resolve. Not Vite's own
 * library mode, which would inline the runtime's 14 MB of WebAssembly as base64.
 */
export default defineConfig({
  ...page,
  plugins: [portableWorkers()],
  worker: { ...page.worker, plugins: () => [portableWorkers()] },
  publicDir: false,
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    outDir: 'dist/lib',
    emptyOutDir: true,
    modulePreload: false,
    rollupOptions: {
      input: {
        findling: 'src/index.ts',
        'site-search': 'src/plugins/site-search.ts',
        'search-dialog': 'src/plugins/search-dialog.ts',
      },
      output: { entryFileNames: '[name].js' },
    },
  },
});
