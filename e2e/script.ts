import { resolve } from 'node:path';
import { build } from 'vite';

/** A module of this folder as one script, for a page that holds nothing else. */
export async function scriptOf(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: resolve(import.meta.dirname, entry), formats: ['iife'], name: 'entry' },
    },
  });
  const [output] = Array.isArray(built) ? built : [built];
  const chunk = output !== undefined && 'output' in output ? output.output[0] : undefined;
  if (chunk?.type !== 'chunk') throw new Error('Vite built no script.');
  return chunk.code;
}
