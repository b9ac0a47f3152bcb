import { SearchError } from './errors.ts';
import type { Filters, GivenFilters } from './filters.ts';

/** A type that only its constructor function can make. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** A document's id, as given by whoever added it. Not empty, no `#`, no control characters. */
export type DocumentId = Brand<string, 'DocumentId'>;
/** `${DocumentId}#${ordinal}`; ordinals count a document's passages from 0. */
export type PassageId = Brand<string, 'PassageId'>;

export function documentId(text: string): DocumentId {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (text === '' || /[#\u0000-\u001f]/.test(text))
    throw new SearchError(
      'bad-input',
      `A document id must not be empty nor hold '#' or control characters: ${JSON.stringify(text)}.`,
    );
  return text as DocumentId;
}

export function passageId(document: DocumentId, ordinal: number): PassageId {
  return `${document}#${ordinal}` as PassageId;
}

/** The two parts of a passage id. */
export function splitPassageId(id: PassageId): { readonly documentId: DocumentId; readonly ordinal: number } {
  const at = id.lastIndexOf('#');
  return { documentId: id.slice(0, at) as DocumentId, ordinal: Number(id.slice(at + 1)) };
}

/** Where a result leads. A URL with a fragment of its own stays as it is: a hash router knows the page by it. */
export function linkTo(url: string, anchor: string): string {
  return anchor === '' || url.includes('#') ? url : `${url}#${anchor}`;
}

export type SourceType = 'html' | 'markdown' | 'text' | 'pdf';

/** A document as given: bytes or text of a known type, not yet read. */
export interface Source {
  readonly id: string;
  /** Where a result leads; the id if absent. */
  readonly url?: string;
  readonly type: SourceType;
  readonly content: string | Uint8Array;
  /** Overrides the title found in the document. */
  readonly title?: string;
  /** BCP 47; overrides the language found in the document. */
  readonly language?: string;
  /** What searches may be narrowed to, beside what the document says itself. */
  readonly filters?: GivenFilters;
}

/** A source as a page may give it. */
export interface GivenSource extends Omit<Source, 'content'> {
  readonly content: Source['content'] | ArrayBuffer;
}

/** A document read to plain text. */
export interface Document {
  readonly id: DocumentId;
  readonly url: string;
  readonly title: string;
  /** BCP 47 primary tag, `en` where unknown. */
  readonly language: string;
  /** Plain text; a heading's own words stand in it too, at their section's start. */
  readonly text: string;
  /** Ordered, and tile `text`: the first starts at 0, each starts where the one before ends, the last ends at its end. */
  readonly sections: readonly Section[];
  /** What searches may be narrowed to; none if absent. */
  readonly filters?: Filters;
}

/** A stretch of a document under one heading. */
export interface Section {
  readonly start: number;
  readonly end: number;
  /** Heading path, outermost first; empty before the first heading. The document's title is not repeated in it. */
  readonly heading: readonly string[];
  /** Fragment that leads there, without `#`; empty for the top of the page. */
  readonly anchor: string;
  /** Score multiplier (`data-findling-weight`), 1 by default. */
  readonly weight: number;
}

/** The unit of retrieval: `text === document.text.slice(start, end)`; the passages of a document tile it. */
export interface Passage {
  readonly id: PassageId;
  readonly documentId: DocumentId;
  readonly start: number;
  readonly end: number;
  readonly heading: readonly string[];
  readonly anchor: string;
  readonly weight: number;
  readonly text: string;
}

/** A passage as the index gives it back: with what a result needs of its document. */
export interface StoredPassage extends Passage {
  readonly url: string;
  readonly title: string;
  readonly language: string;
}
