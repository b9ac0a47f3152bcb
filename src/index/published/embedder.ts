import { throwIfAborted } from '../../core/cancellation.ts';
import { SearchError } from '../../core/errors.ts';
import type { Embedder } from '../../core/ports.ts';
import { isTooLong } from '../../core/word-length.ts';
import { ByteReader } from '../codec.ts';
import type { BlockReader } from './blocks.ts';
import { findOrdinal, findPrefix, type Place } from './directory.ts';
import type { PublishedManifest } from './manifest.ts';
import { bucketOf, type Row, readBucket } from './rows.ts';

/** Begins a piece that continues a word, as in BERT's vocabularies. */
const CONTINUES = '##';
const UNKNOWN = '[UNK]';
const MOST_BLOCKS = 8;

/**
 * Embeds questions with rows read from the index itself: a word's row is the sum of its pieces' rows, so that the vector
 * is the one that the whole model would give. `words` cuts a text as the model does (models/wordpiece.ts, basicWords).
 */
export function publishedEmbedder(
  blocks: BlockReader,
  { dimensions }: PublishedManifest,
  words: (text: string) => readonly string[],
): Embedder {
  const rowsOf = async (wanted: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Row>> => {
    const directory = blocks.directory('rows');
    if (directory.blocks === 0) return new Map();
    const found = await Promise.all(
      wanted.map((word) => findOrdinal(directory, bucketOf(word, directory.blocks), signal)),
    );
    const places = found.map((each) => each?.place ?? { offset: 0, length: 0 });
    const unique = [...new Map(places.map((place) => [place.offset, place])).values()];
    const read = await blocks.read('rows', unique, (bytes) => readBucket(bytes, dimensions), signal, 'raw');
    const bucketAt = new Map(unique.map(({ offset }, at) => [offset, read[at]]));
    return new Map(
      wanted.flatMap((word, at) => {
        const row = bucketAt.get(places[at]?.offset ?? -1)?.row(word);
        return row === undefined ? [] : [[word, row] as const];
      }),
    );
  };

  const embedQuery: Embedder['embedQuery'] = async (text, signal, weights) => {
    throwIfAborted(signal);
    const counts = new Map<string, number>();
    for (const word of words(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const [read, given] = await Promise.all([rowsOf([...counts.keys()], signal), weights?.()]);
    const rows = new Map(read);
    for (const [word, count] of counts) counts.set(word, count * (given?.get(word) ?? 1));
    const beginning = tokensBeginning(blocks, signal);
    const missing = [...counts.keys()].filter((word) => !rows.has(word));
    for (const [word, count] of missing.map((each) => [each, counts.get(each) ?? 0] as const)) {
      counts.delete(word);
      for (const piece of await piecesOf(word, beginning, signal)) counts.set(piece, (counts.get(piece) ?? 0) + count);
    }
    const unread = [...counts.keys()].filter((word) => !rows.has(word));
    for (const [piece, row] of await rowsOf(unread, signal)) rows.set(piece, row);
    return sumOf(counts, rows, dimensions);
  };
  const refuse = () =>
    Promise.reject(
      new SearchError('unsupported', 'A published index embeds questions only: nothing can be added to it.'),
    );
  return { embedQuery, embedPassages: refuse };
}

function sumOf(counts: ReadonlyMap<string, number>, rows: ReadonlyMap<string, Row>, dimensions: number): Float32Array {
  const sums = new Float64Array(dimensions);
  for (const [word, count] of counts) {
    const row = rows.get(word);
    if (row === undefined) continue;
    for (let d = 0; d < dimensions; d += 1) sums[d] = (sums[d] ?? 0) + (row.values[d] ?? 0) * row.scale * count;
  }
  const length = Math.hypot(...sums);
  return Float32Array.from(sums, (value) => (length > 0 ? value / length : 0));
}

interface Tokens {
  readonly known: ReadonlySet<string>;
  /** Letters of the longest. */
  readonly longest: number;
}

type TokensBeginning = (letters: string) => Promise<Tokens>;

/** The pieces of a word that has no row of its own: greedy, longest first, as models/wordpiece.ts cuts it; [UNK] where that fails. */
async function piecesOf(word: string, beginning: TokensBeginning, signal?: AbortSignal): Promise<readonly string[]> {
  if (isTooLong(word)) return [UNKNOWN];
  const pieces: string[] = [];
  for (let at = 0; at < word.length; ) {
    throwIfAborted(signal);
    const head = at === 0 ? '' : CONTINUES;
    const letter = String.fromCodePoint(word.codePointAt(at) ?? 0);
    const { known, longest } = await beginning(head + letter);
    let end = Math.min(word.length, at + Math.max(0, longest - head.length));
    while (end > at && !known.has(head + word.slice(at, end))) end -= 1;
    if (end === at) return [UNKNOWN];
    pieces.push(head + word.slice(at, end));
    at = end;
  }
  return pieces;
}

/** The vocabulary's tokens by what they begin with. For one question: a pasted token asks for the same ones dozens of times. */
function tokensBeginning(blocks: BlockReader, signal?: AbortSignal): TokensBeginning {
  const asked = new Map<string, Promise<Tokens>>();
  const read = async (letters: string): Promise<Tokens> => {
    const places: readonly Place[] = await findPrefix(blocks.directory('pieces'), letters, MOST_BLOCKS, signal);
    const found = (await blocks.read('pieces', places, readPieces, signal)).flat();
    const known = new Set(found.filter((token) => token.startsWith(letters)));
    return { known, longest: Math.max(0, ...[...known].map((token) => token.length)) };
  };
  return (letters) => {
    const tokens = asked.get(letters) ?? read(letters);
    asked.set(letters, tokens);
    return tokens;
  };
}

function readPieces(bytes: Uint8Array): readonly string[] {
  const reader = new ByteReader(bytes, 'pieces');
  const { texts } = reader.frontCoded();
  reader.end();
  return texts;
}
