import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, createLogger, createServer, resolveConfig } from 'vite';
import { afterAll, describe, expect, it } from 'vitest';
import { staticIndex } from '../engine/static-index.ts';
import { fileStore } from '../store/files.ts';
import { httpStore } from '../store/http.ts';
import { findling, UPDATE_EVENT } from './vite.ts';

const root = mkdtempSync(join(tmpdir(), 'findling-vite-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const page = (title: string, text: string) =>
  `<!doctype html><html lang="en"><title>${title}</title><main><h1>${title}</h1><p>${text}</p></main>`;
writeFileSync(join(root, 'index.html'), page('Home', 'A lighthouse keeps ships from the rocks.'));

async function passagesOf(index: ReturnType<typeof staticIndex>, term: string): Promise<number> {
  const { terms } = await index.open();
  return (await terms.postings([term]))[0]?.fields[2]?.passages.length ?? 0;
}

describe('findling for Vite', () => {
  it('sets what workers of an installed findling need', async () => {
    const config = await resolveConfig({ root, configFile: false, plugins: [findling()] }, 'build');
    expect(config.worker.format).toBe('es');
    expect(config.optimizeDeps.exclude).toContain('findling');
  });

  it('indexes what was built', async () => {
    await build({ root, configFile: false, logLevel: 'silent', plugins: [findling()] });
    const folder = join(root, 'dist/findling');
    expect(readdirSync(folder).length).toBe(2);
    expect(await passagesOf(staticIndex('built', fileStore(folder)), 'lighthous')).toBe(1);
  }, 60_000);

  it('warns of a base that does not say where the site will be, and of globs that match nothing', async () => {
    const warned: string[] = [];
    const warn = (text: string) => void warned.push(text);
    const customLogger = { ...createLogger('silent'), warn };
    const plugins = [findling({ exclude: ['drats/**'] })];
    await build({ root, base: './', configFile: false, logLevel: 'silent', customLogger, plugins });
    expect(warned.filter((text) => text.includes('findling'))).toEqual([
      expect.stringContaining("base: './' does not say where the site will be"),
      "findling: no page matches 'drats/**'",
    ]);
  }, 60_000);

  it('leaves the error of a failed build as it is', async () => {
    const failing = join(root, 'failing');
    mkdirSync(failing);
    writeFileSync(join(failing, 'index.html'), '<script type="module" src="./main.js"></script>');
    writeFileSync(join(failing, 'main.js'), 'import "./gone.js";');
    const broken = { name: 'broken', renderChunk: () => Promise.reject(new Error('no chunk')) };
    const options = { root: failing, configFile: false, logLevel: 'silent' } as const;
    await expect(build({ ...options, plugins: [findling()] })).rejects.toThrow('gone.js');
    writeFileSync(join(failing, 'main.js'), 'console.log(1);');
    await expect(build({ ...options, plugins: [findling(), broken] })).rejects.toThrow('no chunk');
    rmSync(failing, { recursive: true });
  }, 60_000);

  it('serves an index in development and says when it has changed', async () => {
    // An earlier build's page is none of the content.
    expect(existsSync(join(root, 'dist/index.html'))).toBe(true);
    const server = await createServer({
      root,
      base: '/docs/',
      configFile: false,
      logLevel: 'silent',
      server: { port: 0, host: '127.0.0.1' },
      plugins: [findling()],
    });
    try {
      await server.listen();
      const address = server.httpServer?.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const url = `http://127.0.0.1:${port}/docs/findling/`;
      expect(await passagesOf(staticIndex('dev', httpStore(url)), 'lighthous')).toBe(1);
      const updated = new Promise<void>((done) => {
        const send = server.ws.send.bind(server.ws);
        server.ws.send = (...args: unknown[]) => {
          if (JSON.stringify(args).includes(UPDATE_EVENT)) done();
          return send(...(args as Parameters<typeof send>));
        };
      });
      // The watcher must have seen the folder before the file comes.
      await new Promise((resolve) => setTimeout(resolve, 300));
      writeFileSync(join(root, 'more.html'), page('More', 'A second lighthouse, further north.'));
      await updated;
      expect(await passagesOf(staticIndex('dev', httpStore(url)), 'lighthous')).toBe(2);
    } finally {
      await server.close();
    }
  }, 60_000);
});
