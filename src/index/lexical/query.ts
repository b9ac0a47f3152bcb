import { lazily } from '../../core/lazily.ts';
import type { FieldName, Query } from '../../core/ports.ts';
import { signTerm } from './signs.ts';

const FIELD_NAMES: ReadonlySet<string> = new Set<FieldName>(['title', 'heading', 'body']);
/** A question longer than this is a pasted document: the rest of it is not read. */
const LONGEST_QUERY = 4096;
const MOST_WORDS = 256;

const WORD_CHARACTER = lazily(() => /[\p{L}\p{N}]/u);
const STILL_TYPING = lazily(() => /[\p{L}\p{N}\p{M}_]$/u);
/**
 * A mark that opens a quoted part. Straight or closing ones do not after a figure, where they are an inch sign (24"), nor inside a
 * word of a script with spaces, Hebrew too (צה"ל).
 */
const OPENING = String.raw`(?:[\u201c\u201e]|(?<![\p{N}\p{Ll}\p{Lu}\p{Script=Hebrew}])["\u201d])`;
const MARKS = String.raw`"\u201c\u201d\u201e`;
/** An operator's head, a quoted part, or a stretch without spaces and quotes. */
const CHUNK = lazily(
  () => new RegExp(String.raw`(-|(?:title|heading|body):)?${OPENING}([^${MARKS}]*)[${MARKS}]|[^\s${MARKS}]+`, 'giu'),
);

type Chunk =
  | { readonly kind: 'word' | 'phrase' | 'excluded'; readonly text: string }
  | { readonly kind: 'fielded'; readonly field: FieldName; readonly words: readonly string[] };

/**
 * Reads what someone typed: `"exact phrase"`, `-word`, `title:word` (`heading:`, `body:`). Anything else is words:
 * a lone `-`, options (`--no-verify`, `-m`), numbers (`-4058`), an open quotation mark, `http://x`, `foo:bar`. Never throws.
 *
 * `typing` is by default true when the text ends inside a word.
 */
export function parseQuery(text: string, options: { readonly typing?: boolean } = {}): Query {
  const given = text.slice(0, LONGEST_QUERY);
  const chunks = readChunks(given);
  const words = chunks.flatMap((chunk) => (chunk.kind === 'word' ? [chunk.text] : []));
  const last = chunks.at(-1);
  const typed = last?.kind === 'word' || (last?.kind === 'fielded' && !given.trimEnd().endsWith('"'));
  return {
    text,
    plain: chunks.flatMap(spoken).join(' '),
    words: words.filter(isAsked).slice(0, MOST_WORDS),
    phrases: chunks.flatMap((chunk) => (chunk.kind === 'phrase' ? [chunk.text] : [])).slice(0, MOST_WORDS),
    excluded: chunks.flatMap((chunk) => (chunk.kind === 'excluded' ? [chunk.text] : [])).slice(0, MOST_WORDS),
    fielded: chunks
      .flatMap((chunk) => (chunk.kind === 'fielded' ? chunk.words.map((word) => ({ field: chunk.field, word })) : []))
      .slice(0, MOST_WORDS),
    typing: typed && (options.typing ?? STILL_TYPING().test(given)),
    endsFielded: last?.kind === 'fielded',
  };
}

/** The same question with its phrases read as words. */
export function unquoted(query: Query): Query {
  // What is being typed stays last.
  return { ...query, words: [...query.phrases.flatMap(wordsOf), ...query.words], phrases: [] };
}

function readChunks(text: string): readonly Chunk[] {
  const chunks = [...text.matchAll(CHUNK())].flatMap((match) => {
    const [whole, head = '', quoted] = match;
    return quoted === undefined ? readWord(whole) : readQuoted(head.toLowerCase(), quoted.trim());
  });
  // Nothing but exclusions asks for everything else, which is no search: read them as words.
  return chunks.every((chunk) => chunk.kind === 'excluded')
    ? chunks.flatMap((chunk) => ('text' in chunk ? [{ kind: 'word', text: chunk.text } as const] : []))
    : chunks;
}

function readQuoted(head: string, quoted: string): readonly Chunk[] {
  if (!WORD_CHARACTER().test(quoted)) return isAsked(quoted) ? [{ kind: 'word', text: quoted }] : [];
  if (head === '-') return [{ kind: 'excluded', text: quoted }];
  const field = head.slice(0, -1);
  return isField(field) ? [{ kind: 'fielded', field, words: wordsOf(quoted) }] : [{ kind: 'phrase', text: quoted }];
}

function readWord(chunk: string): readonly Chunk[] {
  // `-word` is an exclusion; `-m` is an option, `-4058` a number (an error's), `--flag` and `-` none of these.
  const excluded = /^-(?![\p{N}.,:]+$)([\p{L}\p{N}].+)$/u.exec(chunk)?.[1];
  if (excluded !== undefined) return [{ kind: 'excluded', text: excluded }];
  const colon = chunk.indexOf(':');
  const field = chunk.slice(0, Math.max(colon, 0)).toLowerCase();
  const word = chunk.slice(colon + 1);
  if (isField(field) && WORD_CHARACTER().test(word)) return [{ kind: 'fielded', field, words: [word] }];
  return [{ kind: 'word', text: chunk }];
}

/** A word, or an operator. */
function isAsked(word: string): boolean {
  return WORD_CHARACTER().test(word) || signTerm(word) !== undefined;
}

function isField(name: string): name is FieldName {
  return FIELD_NAMES.has(name);
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => WORD_CHARACTER().test(word));
}

function spoken(chunk: Chunk): readonly string[] {
  switch (chunk.kind) {
    case 'excluded':
      return [];
    case 'fielded':
      return chunk.words;
    case 'word':
    case 'phrase':
      return [chunk.text];
  }
}
