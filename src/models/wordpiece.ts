import { SearchError } from '../core/errors.ts';
import { lazily } from '../core/lazily.ts';
import { isTooLong } from '../core/word-length.ts';
import { createWordMemo, HASH_BASIS, hashed, lowered } from './word-memo.ts';

/** What a BERT-like cross-encoder reads of a query and a passage. */
export interface EncodedPair {
  /** [CLS] query [SEP] passage [SEP] */
  readonly ids: Int32Array;
  /** 0 up to and with the first [SEP], 1 after it. */
  readonly types: Uint8Array;
}

/** BERT's uncased tokenizer. Text such as `[SEP]` is read as text, never as a special token. */
export interface WordPiece {
  /** Number of tokens in the vocabulary. */
  readonly size: number;
  /** Token ids without special tokens; at most `most` of them. */
  encode(text: string, most?: number): Int32Array;
  /** At most `maxTokens` ids, specials counted: the query keeps at most half of them, the passage is cut to what is left. */
  encodePair(query: string, passage: string, maxTokens: number): EncodedPair;
}

/** Stretches that are not plain words, remembered with their ids. */
const CACHED_STRETCHES = 10_000;
/** Longer stretches (URLs, base64, unspaced scripts) do not come again: remembering them only costs memory. */
const CACHED_LENGTH = 40;

const SPACE = 1;
const WORD = 2;
const PUNCTUATION = 3;
/** Kinds of ASCII characters; 0 is a control character, which BERT drops *inside* words, joining their halves. */
const KINDS = asciiKinds();

function asciiKinds(): Uint8Array {
  const kinds = new Uint8Array(128);
  for (let code = 33; code < 127; code++) kinds[code] = PUNCTUATION;
  for (const [from, to] of ['09', 'AZ', 'az'])
    for (let code = (from ?? '').charCodeAt(0); code <= (to ?? '').charCodeAt(0); code++) kinds[code] = WORD;
  for (const space of ' \t\n\r') kinds[space.charCodeAt(0)] = SPACE;
  return kinds;
}

// Rust `tokenizers` (which trained our models): the blocks it sets apart as Chinese characters. Hangul and kana are not.
const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
const DROPPED = lazily(() => /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd]/gu);
const SPACES = /[\t\n\r]/g;
const ACCENTS = lazily(() => /\p{Mn}/gu);
const PIECES = lazily(() => /[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+/gu);

/** Cleans, sets Chinese characters apart, strips accents and lowers, in BERT's order. */
function normalise(text: string): string {
  return (
    text
      .replace(SPACES, ' ')
      .replace(DROPPED(), '')
      .replace(CHINESE, ' $& ')
      .normalize('NFD')
      .replace(ACCENTS(), '')
      // JavaScript lowers a final sigma to ς, the reference tokenizer lowers letter by letter.
      .replaceAll('Σ', 'σ')
      .toLowerCase()
  );
}

/**
 * The words and marks that are cut into pieces, as BERT's basic tokenizer gives them: a text's pieces are its words'
 * pieces, so that whoever has a row for each word needs no vocabulary (index/published/embedder.ts).
 */
export function basicWords(text: string): readonly string[] {
  return normalise(text).match(PIECES()) ?? [];
}

interface Vocabulary {
  readonly size: number;
  readonly unknown: number;
  readonly start: number;
  readonly separator: number;
  /** Tokens that begin a word, and those that continue one (without their `##`). */
  readonly heads: ReadonlyMap<string, number>;
  readonly tails: ReadonlyMap<string, number>;
  readonly longest: number;
}

function readVocabulary(text: string): Vocabulary {
  const heads = new Map<string, number>();
  const tails = new Map<string, number>();
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  let longest = 1;
  for (const [id, line] of lines.entries()) {
    const tail = line.startsWith('##') && line.length > 2;
    (tail ? tails : heads).set(tail ? line.slice(2) : line, id);
    longest = Math.max(longest, line.length);
  }
  const special = (token: string): number => {
    const id = heads.get(token);
    if (id === undefined)
      throw new SearchError('corrupt', `The vocabulary has no ${token}: expected a BERT vocab.txt, one token a line.`);
    return id;
  };
  return {
    size: lines.length,
    unknown: special('[UNK]'),
    start: special('[CLS]'),
    separator: special('[SEP]'),
    heads,
    tails,
    longest,
  };
}

/** Greedy longest match first (Wu et al. 2016, arXiv:1609.08144; as in BERT). */
function wordPieces(word: string, vocabulary: Vocabulary): readonly number[] {
  const { heads, tails, unknown, longest } = vocabulary;
  if (isTooLong(word)) return [unknown];
  const whole = heads.get(word);
  if (whole !== undefined) return [whole];
  const ids: number[] = [];
  for (let start = 0; start < word.length; ) {
    const tokens = start === 0 ? heads : tails;
    let end = Math.min(word.length, start + longest);
    let id: number | undefined;
    for (; end > start; end--) {
      id = tokens.get(word.slice(start, end));
      if (id !== undefined) break;
    }
    if (id === undefined) return [unknown];
    ids.push(id);
    start = end;
  }
  return ids;
}

function anyPieces(text: string, vocabulary: Vocabulary): readonly number[] {
  const ids: number[] = [];
  for (const [piece] of normalise(text).matchAll(PIECES())) ids.push(...wordPieces(piece, vocabulary));
  return ids;
}

/** Where the stretch without ASCII white space that holds `at` ends. */
function stretchEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code < 128 && KINDS[code] === SPACE) break;
    end++;
  }
  return end;
}

/**
 * BERT's uncased basic tokenizer and WordPiece over a vocab.txt (a token a line, its id the line's number).
 * Words of ASCII letters and digits take a fast path; the rest is normalised stretch by stretch.
 * SearchError('corrupt') where the vocabulary lacks [UNK], [CLS] or [SEP].
 */
export function createWordPiece(vocabularyText: string): WordPiece {
  const vocabulary = readVocabulary(vocabularyText);
  const memo = createWordMemo((word) => wordPieces(word, vocabulary));
  const stretches = new Map<string, readonly number[]>();
  /** Ids of ASCII punctuation by its code. */
  const marks = Int32Array.from(
    { length: 128 },
    (_, code) => vocabulary.heads.get(String.fromCharCode(code)) ?? vocabulary.unknown,
  );
  let buffer = new Int32Array(1024);
  let length = 0;

  const remembered = (stretch: string): readonly number[] => {
    const known = stretches.get(stretch);
    if (known !== undefined) return known;
    const ids = anyPieces(stretch, vocabulary);
    if (stretch.length > CACHED_LENGTH) return ids;
    if (stretches.size >= CACHED_STRETCHES) stretches.clear();
    stretches.set(stretch, ids);
    return ids;
  };
  const append = (ids: readonly number[] | Int32Array, from: number, count: number): void => {
    if (length + count > buffer.length) {
      const larger = new Int32Array(Math.max(buffer.length * 2, length + count));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    for (let at = from; at < from + count; at++) buffer[length++] = ids[at] as number;
  };
  const appendAll = (ids: readonly number[]): void => append(ids, 0, ids.length);
  const appendWord = (text: string, from: number, to: number, hash: number): void => {
    if (to - from > CACHED_LENGTH) appendAll(wordPieces(text.slice(from, to).toLowerCase(), vocabulary));
    else {
      const entry = memo.entryOf(text, from, to, hash);
      append(memo.ids(), memo.begin(entry), memo.count(entry));
    }
  };

  const encode = (text: string, most = Number.POSITIVE_INFINITY): Int32Array => {
    length = 0;
    for (let at = 0; at < text.length && length < most; ) {
      const code = text.charCodeAt(at);
      const kind = KINDS[code];
      if (kind === SPACE) {
        at++;
        continue;
      }
      let end = at + 1;
      let hash = hashed(HASH_BASIS, lowered(code));
      if (kind === WORD)
        for (; end < text.length; end++) {
          const next = text.charCodeAt(end);
          if (KINDS[next] !== WORD) break;
          hash = hashed(hash, lowered(next));
        }
      // An odd character next to a word may join it (an accent, a soft hyphen): both are then read together.
      const next = end < text.length ? KINDS[text.charCodeAt(end)] : SPACE;
      if (kind === PUNCTUATION) append(marks, code, 1);
      else if (kind === WORD && (next === SPACE || next === PUNCTUATION)) appendWord(text, at, end, hash);
      else {
        end = stretchEnd(text, end);
        appendAll(remembered(text.slice(at, end)));
      }
      at = end;
    }
    return buffer.slice(0, Math.min(length, most));
  };

  const encodePair = (query: string, passage: string, maxTokens: number): EncodedPair => {
    if (maxTokens < 8) throw new SearchError('bad-input', `maxTokens must be at least 8, not ${maxTokens}.`);
    const first = encode(query, Math.floor(maxTokens / 2) - 2);
    const second = encode(passage, maxTokens - 3 - first.length);
    const ids = new Int32Array(first.length + second.length + 3);
    ids[0] = vocabulary.start;
    ids.set(first, 1);
    ids[first.length + 1] = vocabulary.separator;
    ids.set(second, first.length + 2);
    ids[ids.length - 1] = vocabulary.separator;
    return { ids, types: new Uint8Array(ids.length).fill(1, first.length + 2) };
  };

  return { size: vocabulary.size, encode, encodePair };
}
