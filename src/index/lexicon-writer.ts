import { crc32 } from '../core/checksum.ts';
import { SearchError } from '../core/errors.ts';
import { type BlockCodec, createBlockWriter } from './blocks.ts';
import { ByteWriter, sharedPrefix } from './codec.ts';
import { collectCompletions } from './completions.ts';
import { documentFrequency, writePostings } from './postings.ts';
import type { FieldPostings } from './terms.ts';

export interface LexiconOptions {
  readonly codec?: BlockCodec;
  /** A block is closed when it reaches this many bytes before compression; 4 kB by default. */
  readonly blockBytes?: number;
  /**
   * Postings up to this many bytes lie in the term's own block, so that rare terms need one read; longer ones
   * in the postings file, so that a walk over many terms stays short. 64 by default; larger where a second
   * read is dear (HTTP).
   */
  readonly inlineBytes?: number;
  /** Bytes of payload each term carries (its static embedding in a published index); none by default. */
  readonly payloadBytes?: number;
}

export interface WrittenLexicon {
  readonly lexicon: Uint8Array<ArrayBuffer>;
  readonly postings: Uint8Array<ArrayBuffer>;
  readonly completions: Uint8Array<ArrayBuffer>;
  readonly lexiconDirectory: Uint8Array<ArrayBuffer>;
  readonly completionsDirectory: Uint8Array<ArrayBuffer>;
}

export interface LexiconWriter {
  /** Terms must come in ascending order (UTF-16). A term may have no postings at all. */
  add(term: string, fields: readonly FieldPostings[], payload?: Uint8Array): void;
  finish(): Promise<WrittenLexicon>;
}

const TERM_OVERHEAD = 4;

interface OpenBlock {
  readonly terms: string[];
  readonly frequencies: number[];
  /** Length × 2, plus 1 where the postings lie in the postings file. */
  readonly sizes: number[];
  readonly payloads: ByteWriter;
  readonly inline: ByteWriter;
  readonly externalStart: number;
  bytes: number;
}

export function createLexiconWriter(options: LexiconOptions = {}): LexiconWriter {
  const { codec = 'raw', blockBytes = 4 * 1024, inlineBytes = 64, payloadBytes = 0 } = options;
  const blocks = createBlockWriter(codec);
  const postings = new ByteWriter(64 * 1024);
  const scratch = new ByteWriter(64 * 1024);
  const completions = collectCompletions();
  let open = emptyBlock(0);
  let before: string | undefined;

  const close = () => {
    const [key] = open.terms;
    if (key !== undefined) blocks.add(encodeBlock(open), { key });
    open = emptyBlock(postings.length);
  };
  return {
    add(term, fields, payload = new Uint8Array(payloadBytes)) {
      if (before !== undefined && term <= before) throw new SearchError('internal', `Terms out of order at '${term}'.`);
      if (payload.length !== payloadBytes)
        throw new SearchError('internal', `A term's payload has ${payload.length} bytes, not ${payloadBytes}.`);
      const frequency = documentFrequency(fields);
      scratch.length = 0;
      if (frequency > 0) writePostings(scratch, fields);
      const bytes = scratch.finish();
      const external = bytes.length > inlineBytes;
      if (external) {
        postings.u32(crc32(bytes));
        postings.raw(bytes);
      } else open.inline.raw(bytes);
      open.sizes.push(bytes.length * 2 + (external ? 1 : 0));
      open.terms.push(term);
      open.frequencies.push(frequency);
      open.payloads.raw(payload);
      const suffix = term.length - sharedPrefix(before ?? '', term);
      open.bytes += suffix + TERM_OVERHEAD + payloadBytes + (external ? 0 : bytes.length);
      if (frequency > 0) completions.add(term, frequency, fields);
      before = term;
      if (open.bytes >= blockBytes) close();
    },
    async finish() {
      close();
      const { blob: lexicon, directory: lexiconDirectory } = await blocks.finish();
      const { blob, directory } = await completions.finish(codec);
      return {
        lexicon,
        postings: postings.finish(),
        completions: blob,
        lexiconDirectory,
        completionsDirectory: directory,
      };
    },
  };
}

function emptyBlock(externalStart: number): OpenBlock {
  return {
    terms: [],
    frequencies: [],
    sizes: [],
    payloads: new ByteWriter(),
    inline: new ByteWriter(),
    externalStart,
    bytes: 0,
  };
}

function encodeBlock(block: OpenBlock): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(block.bytes * 2);
  writer.frontCoded(block.terms);
  for (const frequency of block.frequencies) writer.varint(frequency);
  for (const size of block.sizes) writer.varint(size);
  writer.varint(block.externalStart);
  writer.raw(block.payloads.finish());
  writer.raw(block.inline.finish());
  return writer.finish();
}
