import type { Source } from '../core/document.ts';
import { primaryTag } from '../core/language-tag.ts';
import { passageText } from '../core/passage-text.ts';
import type { PublishedDocument } from '../index/published/builder.ts';
import { quantise } from '../index/vectors/quantise.ts';
import { decodeContent } from '../ingest/decoding.ts';
import { readDocument } from '../ingest/document.ts';
import { splitFrontMatter } from '../ingest/front-matter.ts';
import { splitPassages } from '../ingest/passages.ts';
import type { staticModel } from './index-table.ts';
import { readHead } from './page-head.ts';

export type Model = Awaited<ReturnType<typeof staticModel>>;

/** A page as the index takes it. */
export interface ReadPage extends PublishedDocument {
  /** Whether the page itself says what language it is in; else `document.language` is a guess from its words. */
  readonly declared: boolean;
}

/** A page read, cut into passages and embedded. `weight` multiplies the weights of its sections; 0 leaves them out, as theirs would. */
export async function readPage(source: Source, weight: number, { embedder, table }: Model): Promise<ReadPage> {
  const document = await readDocument(source);
  const all = weight === 0 ? [] : splitPassages(document);
  const passages = all.map((each) => ({ ...each, weight: each.weight * weight }));
  const { title } = document;
  const vectors = await embedder.embedPassages(
    passages.map(({ heading, text }) => passageText({ title, heading, text })),
  );
  const { id, url, language, filters = {} } = document;
  // What is no tag is passed over by languageOf (ingest) too, and the language guessed.
  const declared = primaryTag(await languageIn(source)) !== undefined;
  return {
    document: { id, url, title, language, filters },
    passages,
    vectors: quantise(vectors, table.dimensions),
    declared,
  };
}

/** What readDocument goes by, before it guesses. */
async function languageIn({ type, content, language }: Source): Promise<string> {
  if (language !== undefined) return language;
  if (type === 'html') return readHead(content).language;
  return type === 'markdown' ? (await splitFrontMatter(decodeContent(content, type))).language : '';
}
