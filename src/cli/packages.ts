import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Source } from '../core/document.ts';
import { sourceTypeOf } from '../ingest/source-type.ts';

/** Larger files in packages are generated lists, not documentation. */
const MAX_BYTES = 2_000_000;
const SKIP =
  /^(licen[cs]e|third.?party|notice|copying|security|code_of_conduct|contributing|pull_request_template|issue_template)/i;

/**
 * The Markdown and HTML documentation that installed packages bring along, as sources. Ids are paths in
 * node_modules; results lead to a copy that the demo serves under `docs/`.
 */
export function packageDocuments(modules: string): readonly Source[] {
  const found: Source[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!/^(\.|test|tests|fixtures|__)/.test(entry.name)) visit(path);
        continue;
      }
      const type = sourceTypeOf(entry.name);
      if ((type !== 'markdown' && type !== 'html') || SKIP.test(entry.name) || statSync(path).size > MAX_BYTES)
        continue;
      const id = relative(modules, path).replaceAll('#', '%23');
      found.push({ id, url: `docs/${id}`, type, content: new Uint8Array(readFileSync(path)) });
    }
  };
  visit(modules);
  return found;
}
