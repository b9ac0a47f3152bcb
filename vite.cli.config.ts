import { defineConfig } from 'vite';

/** The command line for Node; packages stay packages. */
export default defineConfig({
  publicDir: false,
  build: { ssr: 'src/cli/main.ts', outDir: 'dist/cli', emptyOutDir: true, target: 'node20' },
});
