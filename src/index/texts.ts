import { type DocumentId, passageId, type StoredPassage } from '../core/document.ts';
import { type BlockCodec, createBlockWriter } from './blocks.ts';
import { type ByteReader, ByteWriter } from './codec.ts';

/** What a result needs of its document; repeated in each block that holds one of its passages, so that one read is enough. */
export interface DocumentHead {
  readonly id: DocumentId;
  readonly url: string;
  readonly title: string;
  readonly language: string;
}

/** A passage's own part, as texts are written: its id follows from the document and its ordinal. */
export interface PassageBody {
  readonly ordinal: number;
  readonly start: number;
  readonly heading: readonly string[];
  readonly anchor: string;
  readonly weight: number;
  readonly text: string;
}

export interface TextsWriter {
  /** Passages in the order of their numbers. */
  add(document: DocumentHead, passage: PassageBody): void;
  finish(): ReturnType<ReturnType<typeof createBlockWriter>['finish']>;
}

export interface TextsOptions {
  readonly codec?: BlockCodec;
  /** A block is closed when it reaches this many bytes before compression; 8 kB by default. */
  readonly blockBytes?: number;
}

interface Group {
  readonly document: DocumentHead;
  readonly passages: PassageBody[];
}

const PASSAGE_OVERHEAD = 8;

export function createTextsWriter({ codec = 'raw', blockBytes = 8 * 1024 }: TextsOptions = {}): TextsWriter {
  const blocks = createBlockWriter(codec);
  let groups: Group[] = [];
  let bytes = 0;
  let first = 0;
  let next = 0;
  const close = () => {
    if (groups.length > 0) blocks.add(encodeBlock(groups, bytes), { ordinal: first });
    groups = [];
    bytes = 0;
    first = next;
  };
  return {
    add(document, passage) {
      const group = groups.at(-1);
      if (group?.document.id === document.id) group.passages.push(passage);
      else {
        groups.push({ document, passages: [passage] });
        bytes += document.id.length + document.url.length + document.title.length;
      }
      bytes += passage.text.length + PASSAGE_OVERHEAD;
      next += 1;
      if (bytes >= blockBytes) close();
    },
    finish() {
      close();
      return blocks.finish();
    },
  };
}

const SAME_SECTION = 1;
const WEIGHTED = 2;
const URL_IS_ID = 1;

/** All numbers first, then all strings in one run, which is decoded once. */
function encodeBlock(groups: readonly Group[], bytes: number): Uint8Array<ArrayBuffer> {
  const numbers = new ByteWriter(bytes * 2);
  const strings: string[] = [];
  numbers.varint(groups.length);
  for (const { document, passages } of groups) {
    const sameUrl = document.url === document.id;
    numbers.u8(sameUrl ? URL_IS_ID : 0);
    strings.push(document.id, document.title, document.language);
    if (!sameUrl) strings.push(document.url);
    numbers.varint(passages.length);
    numbers.varint(passages[0]?.ordinal ?? 0);
    let before: PassageBody | undefined;
    for (const passage of passages) {
      const same = before !== undefined && sameSection(before, passage);
      numbers.u8((same ? SAME_SECTION : 0) | (passage.weight === 1 ? 0 : WEIGHTED));
      if (passage.weight !== 1) numbers.f32(passage.weight);
      numbers.varint(passage.start);
      if (!same) {
        numbers.varint(passage.heading.length);
        strings.push(...passage.heading, passage.anchor);
      }
      strings.push(passage.text);
      before = passage;
    }
  }
  numbers.strings(strings);
  return numbers.finish();
}

function sameSection(a: PassageBody, b: PassageBody): boolean {
  return (
    a.anchor === b.anchor &&
    a.heading.length === b.heading.length &&
    a.heading.every((part, index) => part === b.heading[index])
  );
}

interface PassageNumbersOnly {
  readonly start: number;
  readonly weight: number;
  /** Undefined: the section of the passage before. */
  readonly headings: number | undefined;
}

/** The block's passages in the order of their numbers. */
export function readTexts(reader: ByteReader): readonly StoredPassage[] {
  const groups = Array.from({ length: reader.count() }, () => {
    const sameUrl = (reader.u8() & URL_IS_ID) !== 0;
    const count = reader.count();
    const ordinal = reader.varint();
    return { sameUrl, ordinal, passages: Array.from({ length: count }, () => readNumbers(reader)) };
  });
  const strings = reader.strings();
  reader.end();
  let at = 0;
  const next = (): string => {
    const text = strings[at];
    if (text === undefined) throw reader.corrupt('a string is missing');
    at += 1;
    return text;
  };
  const found: StoredPassage[] = [];
  for (const { sameUrl, ordinal, passages } of groups) {
    const documentId = next() as DocumentId;
    const title = next();
    const language = next();
    const url = sameUrl ? documentId : next();
    let heading: readonly string[] = [];
    let anchor = '';
    passages.forEach(({ start, weight, headings }, index) => {
      if (headings !== undefined) {
        heading = Array.from({ length: headings }, next);
        anchor = next();
      }
      const text = next();
      const id = passageId(documentId, ordinal + index);
      const end = start + text.length;
      found.push({ id, documentId, start, end, heading, anchor, weight, text, url, title, language });
    });
  }
  return found;
}

function readNumbers(reader: ByteReader): PassageNumbersOnly {
  const flags = reader.u8();
  const weight = (flags & WEIGHTED) !== 0 ? reader.f32() : 1;
  const start = reader.varint();
  return { start, weight, headings: (flags & SAME_SECTION) !== 0 ? undefined : reader.varint() };
}
