import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Source } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { JudgedDocument } from '../eval/collection.ts';
import { sourceTypeOf } from '../ingest/source-type.ts';

/** The readable documents under a folder, in the order of their paths; ids are paths with `/`. Hidden folders and node_modules are left out. */
export function folderSources(folder: string): readonly Source[] {
  const sources: Source[] = [];
  const visit = (path: string): void => {
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const full = join(path, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules') visit(full);
      const type = entry.isFile() ? sourceTypeOf(entry.name) : undefined;
      if (type === undefined) continue;
      const id = relative(folder, full).split(sep).join('/').replaceAll('#', '%23');
      sources.push({ id, type, content: new Uint8Array(readFileSync(full)) });
    }
  };
  visit(folder);
  if (sources.length === 0)
    throw new SearchError(
      'bad-input',
      `${folder}: no document was found here (html, md, mdx, txt, rst, pdf), and no corpus.jsonl.`,
    );
  return sources;
}

/** Judged documents under ids of our own: theirs may hold `#`, which parts a passage's id from its document's. */
export function judgedSources(documents: readonly JudgedDocument[]): readonly Source[] {
  return documents.map(({ title, text }, index) => ({ id: judgedSourceId(index), type: 'text', content: text, title }));
}

export function judgedSourceId(index: number): string {
  return `d${index}`;
}
