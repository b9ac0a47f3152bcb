import { serve } from '../../../src/client/glue.ts';
import { browserSurroundings } from '../../../src/client/surroundings.ts';
import { type Document, documentId, passageId, type Source } from '../../../src/core/document.ts';
import { createEngineHost } from '../../../src/engine/host.ts';
import type { BenchPassage } from './corpus.ts';

/**
 * The engine worker of the product with another reader: its documents come as passages, so that the source of each
 * question is known and both sides index the same passages.
 */

const noModels = () => {
  throw new Error('Indexing needs no model worker.');
};

function read({ id, title = '', content }: Source): Promise<Document> {
  const passages = JSON.parse(String(content)) as readonly BenchPassage[];
  let text = '';
  const sections = passages.map(({ heading, text: own }) => {
    const start = text.length;
    text += `${own}\n`;
    return { start, end: text.length, heading, anchor: '', weight: 1 };
  });
  return Promise.resolve({ id: documentId(id), url: id, title, language: 'en', text, sections });
}

function split({ id, text, sections }: Document) {
  return sections.map((section, ordinal) => ({
    ...section,
    id: passageId(id, ordinal),
    documentId: id,
    text: text.slice(section.start, section.end),
  }));
}

serve(() => createEngineHost({ ...browserSurroundings(noModels), reading: async () => ({ read, split }) }));
