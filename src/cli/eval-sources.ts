import { readFileSync } from 'node:fs';
import type { Source } from '../core/document.ts';
import { SearchError } from '../core/errors.ts';
import type { JudgedDocument } from '../eval/collection.ts';
import { documentsBelow } from './folder-files.ts';

/** The readable documents under a folder, in the order of their paths; ids are paths with `/`. Hidden folders and node_modules are left out. */
export function folderSources(folder: string): readonly Source[] {
  const found = documentsBelow(folder, { skips: (name) => name === 'node_modules' });
  const sources = found.map(({ path, type, real }) => {
    return { id: path.replaceAll('#', '%23'), type, content: new Uint8Array(readFileSync(real)) };
  });
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
