import { defineConfig } from 'vite';
import page from './vite.config.ts';

/**
 * The package for pages: one module, its workers and WebAssembly beside it, nothing left to resolve. Not Vite's own
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
      input: 'src/index.ts',
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: 'findling.js' },
    },
  },
});
