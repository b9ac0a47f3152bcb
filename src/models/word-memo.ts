/** Ids of words that have been read before, found without cutting the word out of its text. */
export interface WordMemo {
  /**
   * The entry of text[from] to text[to − 1], ASCII letters and figures of either case, whose lower-case hash is `hash`
   * (hashed() over each character); made by `piecesOf` where the word is new.
   */
  entryOf(text: string, from: number, to: number, hash: number): number;
  /** Where an entry's ids begin in ids(), and how many they are; until the next entryOf(). */
  begin(entry: number): number;
  count(entry: number): number;
  ids(): Int32Array;
}

/** Words remembered; entries are numbered in 16 bits. English text repeats so much that a few thousand serve nearly all of it. */
const MOST_WORDS = 60_000;
const SLOTS = 1 << 17;

export const HASH_BASIS = 0x811c9dc5 | 0;

/** FNV-1a, a character at a time (Fowler, Noll and Vo). */
export function hashed(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

/** Letters to small ones; figures stay. */
export function lowered(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** An open-addressed table over one pool of letters and one of ids: a Map would want a string of every word. */
export function createWordMemo(piecesOf: (word: string) => readonly number[]): WordMemo {
  /** Entry by slot, counted from 1; 0 where there is none. */
  const slots = new Uint16Array(SLOTS);
  let words = 0;
  let letters = new Uint8Array(1 << 14);
  let ids = new Int32Array(1 << 12);
  /** Entry e has letters[letterEnds[e − 1]] to letters[letterEnds[e] − 1], and its ids likewise. */
  let letterEnds = new Uint32Array(1 << 11);
  let idEnds = new Uint32Array(1 << 11);

  const isAt = (entry: number, text: string, from: number, to: number): boolean => {
    const begin = letterEnds[entry - 1] as number;
    const length = to - from;
    if ((letterEnds[entry] as number) - begin !== length) return false;
    for (let i = 0; i < length; i++)
      if ((letters[begin + i] as number) !== lowered(text.charCodeAt(from + i))) return false;
    return true;
  };
  const add = (word: string, slot: number): number => {
    const pieces = piecesOf(word);
    const entry = ++words;
    const [begin, first] = [letterEnds[entry - 1] as number, idEnds[entry - 1] as number];
    letters = roomFor(letters, begin + word.length);
    ids = roomFor(ids, first + pieces.length);
    letterEnds = roomFor(letterEnds, entry + 1);
    idEnds = roomFor(idEnds, entry + 1);
    for (let i = 0; i < word.length; i++) letters[begin + i] = word.charCodeAt(i);
    ids.set(pieces, first);
    letterEnds[entry] = begin + word.length;
    idEnds[entry] = first + pieces.length;
    slots[slot] = entry;
    return entry;
  };

  return {
    entryOf(text, from, to, hash) {
      let slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
      for (let entry = slots[slot] as number; entry !== 0; entry = slots[slot] as number) {
        if (isAt(entry, text, from, to)) return entry;
        slot = (slot + 1) & (SLOTS - 1);
      }
      if (words >= MOST_WORDS) {
        slots.fill(0);
        words = 0;
        slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
      }
      return add(text.slice(from, to).toLowerCase(), slot);
    },
    begin: (entry) => idEnds[entry - 1] as number,
    count: (entry) => (idEnds[entry] as number) - (idEnds[entry - 1] as number),
    ids: () => ids,
  };
}

function roomFor<T extends Uint8Array | Int32Array | Uint32Array>(array: T, length: number): T {
  if (length <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => T)(Math.max(length, 2 * array.length));
  larger.set(array);
  return larger;
}
