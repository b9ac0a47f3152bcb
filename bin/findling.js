#!/usr/bin/env node
import { existsSync } from 'node:fs';

// The package carries the built command; a checkout runs its source.
const built = new URL('../dist/cli/main.js', import.meta.url);
const source = new URL('../src/cli/main.ts', import.meta.url);
if (existsSync(source)) {
  const { register } = await import('tsx/esm/api');
  register();
}
// A URL, not a path: to import, a path of Windows begins with an unknown scheme, `c:`.
await import((existsSync(source) ? source : built).href);
