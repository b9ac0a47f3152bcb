import { cpSync, createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const models = resolve(import.meta.dirname, 'models');

/** Serves models/ under /models in development and copies it beside the built page: weights, catalog and cards' licences. */
function shipModels(): Plugin {
  return {
    name: 'findling:models',
    configureServer(server) {
      server.middlewares.use('/models', (request, response, next) => {
        const file = join(models, decodeURIComponent((request.url ?? '').split('?')[0] ?? ''));
        if (!file.startsWith(models) || !existsSync(file) || !statSync(file).isFile()) return next();
        const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
        const [start, end] = range === null ? [0, statSync(file).size - 1] : [Number(range[1]), Number(range[2])];
        response.statusCode = range === null ? 200 : 206;
        if (range !== null) response.setHeader('content-range', `bytes ${start}-${end}/${statSync(file).size}`);
        response.setHeader('content-length', end - start + 1);
        createReadStream(file, { start, end }).pipe(response);
      });
    },
    writeBundle({ dir }) {
      if (dir === undefined) return;
      for (const entry of readdirSync(models))
        cpSync(join(models, entry), join(dir, 'models', entry), { recursive: true });
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [shipModels()],
  // Transformers.js would bring the 25.6 MiB asyncify build. It takes the runtime that src/models/transformers.ts hands it,
  // so that what it imports is never run: let it be a build that is shipped anyway.
  resolve: { alias: [{ find: /^onnxruntime-web\/webgpu$/, replacement: 'onnxruntime-web/wasm' }] },
  // What other commands write here is no reason to reload the page.
  server: { watch: { ignored: ['**/.cache/**', '**/dist/**', '**/test-results/**', '**/training/**'] } },
  worker: { format: 'es' },
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
  // Transformers.js and ONNX Runtime locate their WebAssembly beside their own files, which pre-bundling would move.
  // Met first inside a worker, idb would otherwise make a development page reload itself.
  optimizeDeps: { include: ['idb'], exclude: ['@huggingface/transformers', 'onnxruntime-web'] },
});
