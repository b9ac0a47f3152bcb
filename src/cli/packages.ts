import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Source } from '../core/document.ts';
import { documentsBelow } from './folder-files.ts';

/** Larger files in packages are generated lists, not documentation. */
const MAX_BYTES = 2_000_000;
const SKIP =
  /^(licen[cs]e|third.?party|notice|copying|security|code_of_conduct|contributing|pull_request_template|issue_template)/i;

/**
 * The Markdown and HTML documentation that installed packages bring along, as sources. Ids are paths in
 * node_modules; results lead to a copy that the demo serves under `docs/`. A search may be narrowed to a package.
 */
export function packageDocuments(modules: string): readonly Source[] {
  const found = documentsBelow(modules, { skips: (name) => /^(test|tests|fixtures|__)/.test(name) });
  return found
    .filter(({ type }) => type === 'markdown' || type === 'html')
    .filter(({ path, real }) => !SKIP.test(basename(path)) && statSync(real).size <= MAX_BYTES)
    .map(({ path, type, real }) => {
      const id = path.replaceAll('#', '%23');
      const filters = { package: packageOf(path) };
      return { id, url: `docs/${id}`, type, content: new Uint8Array(readFileSync(real)), filters };
    });
}

/** `vite` of `vite/README.md`, `@types/node` of `@types/node/README.md`. */
function packageOf(path: string): string {
  return path.split('/', path.startsWith('@') ? 2 : 1).join('/');
}
