import { defineConfig, type Plugin } from 'vite';
import page from './vite.config.ts';

/** Makes the workers such that the bundler of a site which installs the package finds them. */
function portableWorkers(): Plugin {
  // As Vite has written it. A bundler knows a worker by the literal alone.
  const worker =
    /new URL\(\s*\/\* @vite-ignore \*\/\s*new URL\("([^"]+)", import\.meta\.url\)\.href,\s*"" \+ import\.meta\.url\s*\)/g;
  // ONNX Runtime names its own file, which here has another name; it does so on file: URLs only, but webpack looks for it.
  const itself = /\("ort\.\w+\.bundle\.min\.mjs", import\.meta\.url\)/g;
  return {
    name: 'findling:portable-workers',
    renderChunk(code) {
      const portable = code.replace(worker, 'new URL("./$1", import.meta.url)').replace(itself, '(import.meta.url)');
      return { code: portable, map: null };
    },
  };
}

/** The dialog's script loads the search's when it is opened. */
function besideEachOther(): Plugin {
  return {
    name: 'findling:beside-each-other',
    enforce: 'pre',
    resolveId: (id) => (id === './site-search.ts' ? { id: './site-search.js', external: 'absolute' } : undefined),
  };
}

/**
 * Import()s that only import. Vite's helper around them loads style sheets, which there are none of, and holds an expression at which
 * Rspack, Docusaurus' bundler, warns with the whole script (250 kB in a terminal).
 */
function plainImports(): Plugin {
  return {
    name: 'findling:plain-imports',
    enforce: 'pre',
    load: (id) => (id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : undefined),
  };
}

/** The package's scripts for pages. */
export const SCRIPTS = {
  findling: 'src/index.ts',
  'site-search': 'src/plugins/site-search.ts',
  'search-dialog': 'src/plugins/search-dialog.ts',
};

/**
 * The package for pages: findling.js, its workers and WebAssembly beside it, and the small
 * site-search.js; nothing left to resolve. Not Vite's own
 * library mode, which would inline the runtime's 14 MB of WebAssembly as base64.
 *
 * A build of its own for each script, which is the mode: what scripts of one build share becomes files that a page without a bundler
 * waits for once more.
 */
export default defineConfig(({ mode }) => ({
  ...page,
  plugins: [portableWorkers(), besideEachOther(), plainImports()],
  worker: { ...page.worker, plugins: () => [portableWorkers()] },
  publicDir: false,
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    outDir: 'dist/lib',
    emptyOutDir: mode === 'findling',
    modulePreload: false,
    rollupOptions: {
      input: Object.fromEntries(Object.entries(SCRIPTS).filter(([name]) => name === mode)),
      // A page's build would drop what a script exports.
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: '[name].js' },
    },
  },
}));
