import type { Source } from '../core/document.ts';
import { passageText } from '../core/passage-text.ts';
import type { PublishedDocument } from '../index/published/builder.ts';
import { quantise } from '../index/vectors/quantise.ts';
import { readDocument } from '../ingest/document.ts';
import { splitPassages } from '../ingest/passages.ts';
import type { staticModel } from './index-table.ts';

export type Model = Awaited<ReturnType<typeof staticModel>>;

/** A page as the index takes it: read, cut into passages, embedded. `weight` multiplies those of its sections. */
export async function readPage(source: Source, weight: number, { embedder, table }: Model): Promise<PublishedDocument> {
  const document = await readDocument(source);
  const passages = splitPassages(document).map((each) => ({ ...each, weight: each.weight * weight }));
  const { title } = document;
  const vectors = await embedder.embedPassages(
    passages.map(({ heading, text }) => passageText({ title, heading, text })),
  );
  const { id, url, language } = document;
  return { document: { id, url, title, language }, passages, vectors: quantise(vectors, table.dimensions) };
}
