import { defineConfig } from 'vite';
import page from './vite.config.ts';

/**
 * The package for pages: findling.js, its workers and WebAssembly beside it, and the small
 * site-search.js; nothing left to resolve. Not Vite's own
 * library mode, which would inline the runtime's 14 MB of WebAssembly as base64.
 */
export default defineConfig({
  ...page,
  plugins: [],
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
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: '[name].js' },
    },
  },
});
