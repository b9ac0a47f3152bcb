import type { Section } from './sections.ts';

/** Of how many sections a page of recombined ones consists on the mean in the real text: some eight. */
const SECTIONS_A_PAGE = 8;
/** Neighbouring sentences that a page is drawn from: pages have subjects. */
const WINDOW = 400;
/** Heaps' law: a text n times as long has n^β times the words. The real sections have .63 from 50,000 to 200,000, .58 from 100,000. */
export const HEAPS = 0.6;

/**
 * `count` sections more, for corpora larger than the real text. Each is as long as a real one and made of real sentences
 * drawn at random from one part of one project, so that subjects stay together and common words as common as they are.
 *
 * Sentences drawn again bring no new words, and a real collection would: a word that stands in one section only
 * (names, identifiers) is coined anew, of the halves of two such words, in as many of its returns as Heaps' law wants.
 */
export function* recombined(real: readonly Section[], count: number): Generator<Section> {
  const random = generator(20261121);
  const groups = sentencesByGroup(real);
  const once = wordsOfOneSection(real);
  const rare = [...once];
  for (let made = 0; made < count; ) {
    const base = real[Math.floor(random() * real.length)];
    const all = groups.get(base?.group ?? '') ?? [];
    if (base === undefined || all.length === 0) continue;
    const from = Math.floor(random() * Math.max(1, all.length - WINDOW));
    const sentences = all.slice(from, from + WINDOW);
    const page = `${base.group}/more/${Math.floor(made / SECTIONS_A_PAGE)}`;
    const coin = coiner(once, rare, random, (1 + made / real.length) ** (HEAPS - 1));
    const title = coin(pick(sentences, random).slice(0, 50));
    for (let at = 0; at < SECTIONS_A_PAGE && made < count; at += 1, made += 1) {
      const like = real[Math.floor(random() * real.length)] ?? base;
      let text = '';
      while (text.length < like.text.length) text += `${text === '' ? '' : ' '}${pick(sentences, random)}`;
      const heading = pick(sentences, random).slice(0, like.heading.length);
      yield { group: base.group, page, title, heading: coin(heading), text: coin(text) };
    }
  }
}

function sentencesByGroup(real: readonly Section[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { group, text } of real) {
    const own = groups.get(group) ?? [];
    groups.set(group, own);
    for (const sentence of text.split(/(?<=[.!?])\s+(?=[A-Z])/))
      if (sentence.length > 20) own.push(sentence.slice(0, 400));
  }
  return groups;
}

const WORD = /[\p{L}\p{N}_]{4,}/gu;

function wordsOfOneSection(real: readonly Section[]): ReadonlySet<string> {
  const seen = new Map<string, boolean>();
  for (const { text } of real) for (const word of new Set(text.match(WORD))) seen.set(word, !seen.has(word));
  return new Set([...seen].flatMap(([word, single]) => (single ? [word] : [])));
}

/** Renames a page's rare words, each with the chance given and the same way throughout the page. */
function coiner(once: ReadonlySet<string>, rare: readonly string[], random: () => number, chance: number) {
  const names = new Map<string, string>();
  return (text: string): string =>
    text.replace(WORD, (word) => {
      if (!once.has(word)) return word;
      const known = names.get(word);
      if (known !== undefined) return known;
      const other = pick(rare, random);
      const made = word.slice(0, Math.ceil(word.length / 2)) + other.slice(Math.floor(other.length / 2));
      const name = random() < chance ? made : word;
      names.set(word, name);
      return name;
    });
}

function pick(items: readonly string[], random: () => number): string {
  return items[Math.floor(random() * items.length)] ?? '';
}

/** Park and Miller's minimal standard generator, 0 to 1: the same corpus on every machine. */
function generator(seed: number): () => number {
  let state = seed % 2147483647;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}
