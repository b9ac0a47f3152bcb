import { defineConfig } from 'vite';

/** The command line and the plugins for Node; packages stay packages. */
export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: 'dist/cli',
    emptyOutDir: true,
    target: 'node20',
    rollupOptions: {
      input: {
        main: 'src/cli/main.ts',
        'page-thread': 'src/cli/page-thread.ts',
        vite: 'src/plugins/vite.ts',
        docusaurus: 'src/plugins/docusaurus.ts',
        'docusaurus-worker': 'src/plugins/docusaurus-worker.ts',
        starlight: 'src/plugins/starlight.ts',
        vitepress: 'src/plugins/vitepress.ts',
      },
      // Flat: modules find models/ beside dist/ by their own place.
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
});
