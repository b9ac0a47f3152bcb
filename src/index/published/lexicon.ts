import { SearchError } from '../../core/errors.ts';
import { lastNotAfter } from '../blocks.ts';
import { ByteReader, ByteWriter, sharedPrefix } from '../codec.ts';
import type { CountedTerm } from '../completions.ts';
import type { FieldPostings } from '../terms.ts';
import { readOutline, type StoredOutline, writeOutline } from './outline.ts';
import { type KeepLength, type LengthOf, readPostings, writePostings } from './postings.ts';

/** A block as a writer makes it, to be framed and packed. */
export interface RawBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly key: string;
}

/** A block of terms is closed at this size before compression: about 3 kB on the wire. */
const TERMS_BYTES = 5 * 1024;
/** Postings as long as this lie in a block of their own, so that their neighbours stay cheap. */
const ALONE_BYTES = 3 * 1024;
/** Stands in the place of the fields' bits where a term has an outline instead of postings. */
const OUTLINE = 0x80;

/** Blocks of terms in ascending order, each with its postings: one read answers for a word, however common. */
export function createTermBlocks(lengthOf: LengthOf) {
  const blocks: RawBlock[] = [];
  let terms: string[] = [];
  let postings: Uint8Array[] = [];
  let bytes = 0;
  let last: string | undefined;
  const close = () => {
    const [key] = terms;
    if (key !== undefined) {
      const writer = new ByteWriter(bytes * 2);
      writer.frontCoded(terms);
      for (const each of postings) writer.varint(each.length);
      for (const each of postings) writer.raw(each);
      blocks.push({ bytes: writer.finish(), key });
    }
    terms = [];
    postings = [];
    bytes = 0;
  };
  const push = (term: string, written: Uint8Array, alone: boolean) => {
    if (last !== undefined && term <= last) throw new SearchError('internal', `Terms out of order at '${term}'.`);
    last = term;
    if (alone) close();
    terms.push(term);
    postings.push(written);
    bytes += written.length + term.length + 2;
    if (alone || bytes >= TERMS_BYTES) close();
  };
  return {
    add(term: string, fields: readonly FieldPostings[]): void {
      const writer = new ByteWriter(256);
      writePostings(writer, fields, lengthOf);
      const written = writer.finish();
      push(term, written, written.length >= ALONE_BYTES);
    },
    addOutline(term: string, outline: StoredOutline): void {
      const writer = new ByteWriter(4096);
      writer.u8(OUTLINE);
      writeOutline(writer, outline);
      push(term, writer.finish(), true);
    },
    finish(): readonly RawBlock[] {
      close();
      return blocks;
    },
  };
}

export interface TermBlock {
  /** Postings, or the outline of a common term; undefined for a term that is not there. */
  entry(term: string, passages: number, keep: KeepLength): readonly FieldPostings[] | StoredOutline | undefined;
}

export function readTermBlock(bytes: Uint8Array): TermBlock {
  const reader = new ByteReader(bytes, 'terms');
  const { texts } = reader.frontCoded();
  const sizes = reader.varints(texts.length);
  const starts = new Float64Array(texts.length + 1);
  sizes.forEach((size, index) => {
    starts[index + 1] = (starts[index] ?? 0) + size;
  });
  const all = reader.raw(starts[texts.length] ?? 0);
  reader.end();
  return {
    entry(term, passages, keep) {
      const index = lastNotAfter(texts.length, (each) => (texts[each] ?? '') <= term);
      if (texts[index] !== term) return undefined;
      const own = new ByteReader(all.subarray(starts[index], starts[index + 1]), 'terms');
      const isOutline = all[starts[index] ?? 0] === OUTLINE;
      if (isOutline) own.u8();
      const found = isOutline ? readOutline(own, passages) : readPostings(own, passages, keep);
      own.end();
      return found;
    },
  };
}

/** Terms and frequencies alone, for words half typed or misspelt: some 3 bytes a term. */
const VOCABULARY_BYTES = 8 * 1024;

export interface VocabularyBlock {
  readonly texts: readonly string[];
  readonly shared: Uint32Array;
  readonly frequencies: Uint32Array;
}

export function vocabularyBlocks(terms: readonly CountedTerm[]): readonly RawBlock[] {
  const blocks: RawBlock[] = [];
  let from = 0;
  let bytes = 0;
  let before = '';
  for (let at = 0; at <= terms.length; at += 1) {
    const term = terms[at]?.term ?? '';
    if (at > from && (at === terms.length || bytes >= VOCABULARY_BYTES)) {
      const slice = terms.slice(from, at);
      const writer = new ByteWriter(bytes * 2);
      writer.frontCoded(slice.map((each) => each.term));
      for (const { frequency } of slice) writer.varint(frequency);
      blocks.push({ bytes: writer.finish(), key: slice[0]?.term ?? '' });
      from = at;
      bytes = 0;
    }
    bytes += term.length - sharedPrefix(before, term) + 3;
    before = term;
  }
  return blocks;
}

export function readVocabulary(bytes: Uint8Array): VocabularyBlock {
  const reader = new ByteReader(bytes, 'vocabulary');
  const { texts, shared } = reader.frontCoded();
  const frequencies = reader.varints(texts.length);
  reader.end();
  return { texts, shared, frequencies };
}
