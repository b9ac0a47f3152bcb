import { lastNotAfter } from '../blocks.ts';
import { ByteReader } from '../codec.ts';
import { COMPLETED_LETTERS, type CountedTerm, commonestFirst, readCompletions } from '../completions.ts';
import { finder } from '../edits.ts';
import { FIELDS, type FieldLengths, type TermMatch, type TermSource } from '../terms.ts';
import type { BlockReader } from './blocks.ts';
import { commonTerms } from './common-terms.ts';
import { findKey, findPrefix, type Place } from './directory.ts';
import { readTermBlock, readVocabulary, type VocabularyBlock } from './lexicon.ts';
import type { PublishedManifest, WeightRun } from './manifest.ts';

/** Blocks of the vocabulary that a half-typed or misspelt word may cost: some 4 kB each. */
const MOST_BLOCKS = 6;

/** The lexical index of a published index: a query reads the blocks of its own words. */
export function publishedTerms(blocks: BlockReader, manifest: PublishedManifest): TermSource {
  const { passages, totals, languages } = manifest;
  const lengths = knownLengths(manifest.weights);
  const statistics = {
    passages,
    averageLengths: totals.map((total) => (passages === 0 ? 0 : total / passages)),
    languages,
  };
  const common = commonTerms(blocks, manifest, statistics, lengths);
  const vocabulary = (places: readonly Place[], signal?: AbortSignal) =>
    blocks.read('vocabulary', places, readVocabulary, signal);

  return {
    statistics: () => statistics,
    lengths: async () => lengths.known,
    async postings(terms, signal) {
      const directory = blocks.directory('terms');
      const found = await Promise.all(terms.map((term) => findKey(directory, term, signal)));
      const places = new Map(found.flatMap((each) => (each === undefined ? [] : [[each.place.offset, each.place]])));
      const wanted = [...places.values()];
      const read = await blocks.read('terms', wanted, readTermBlock, signal);
      const blockAt = new Map(wanted.map(({ offset }, at) => [offset, read[at]]));
      return terms.map((term, at) => {
        const place = found[at]?.place;
        const entry = place && blockAt.get(place.offset)?.entry(term, passages, lengths.keep);
        if (entry === undefined) return undefined;
        return 'outline' in entry ? common.outlined(term, entry) : { term, fields: entry };
      });
    },
    ...(manifest.tallied === 0 ? {} : { settle: common.settle }),
    async expand(prefix, limit, signal) {
      if (prefix === '') return [];
      const terms =
        prefix.length <= COMPLETED_LETTERS
          ? await completed(blocks, prefix, signal)
          : beginning(
              await vocabulary(await findPrefix(blocks.directory('vocabulary'), prefix, MOST_BLOCKS, signal), signal),
              prefix,
            );
      return [...terms]
        .sort(commonestFirst)
        .slice(0, limit)
        .map((each) => ({ ...each, distance: each.term.length - prefix.length }));
    },
    async similar(misspelt, limit, signal) {
      const { word } = misspelt;
      if (word === '') return [];
      const read = await vocabulary(await neighbourhood(blocks, word, signal), signal);
      const letter = firstLetter(word);
      const found: TermMatch[] = [];
      const find = finder(misspelt);
      for (const block of read)
        find(block, (index, distance) => {
          const text = block.texts[index] ?? '';
          if (text.startsWith(letter)) found.push({ term: text, frequency: block.frequencies[index] ?? 0, distance });
        });
      return found.sort((a, b) => a.distance - b.distance || commonestFirst(a, b)).slice(0, limit);
    },
  };
}

/**
 * Where a misspelt word's neighbours lie: under its first letter while that is a few blocks; in a large vocabulary under
 * its first two, with the second one swapped or left out as well.
 */
async function neighbourhood(blocks: BlockReader, term: string, signal?: AbortSignal): Promise<readonly Place[]> {
  const directory = blocks.directory('vocabulary');
  const letter = firstLetter(term);
  const all = await findPrefix(directory, letter, MOST_BLOCKS + 1, signal);
  if (all.length <= MOST_BLOCKS) return all;
  const rest = [...term.slice(letter.length)];
  const beginnings = new Set(
    [rest.slice(0, 2), [rest[1], rest[0]], rest.slice(1, 3)].map((each) => letter + each.join('')),
  );
  const places = new Map<number, Place>();
  for (const beginning of beginnings)
    for (const place of await findPrefix(directory, beginning, 2, signal)) places.set(place.offset, place);
  return [...places.values()];
}

function firstLetter(term: string): string {
  return String.fromCodePoint(term.codePointAt(0) ?? 0);
}

async function completed(blocks: BlockReader, prefix: string, signal?: AbortSignal): Promise<readonly CountedTerm[]> {
  const found = await findKey(blocks.directory('completions'), prefix, signal);
  if (found === undefined) return [];
  const decode = (bytes: Uint8Array) => readCompletions(new ByteReader(bytes, 'completions'));
  const [table] = await blocks.read('completions', [found.place], decode, signal);
  return table?.get(prefix) ?? [];
}

function beginning(read: readonly VocabularyBlock[], prefix: string): readonly CountedTerm[] {
  const found: CountedTerm[] = [];
  for (const { texts, frequencies } of read) {
    const before = lastNotAfter(texts.length, (index) => (texts[index] ?? '') < prefix);
    for (let index = before + 1; texts[index]?.startsWith(prefix); index += 1)
      found.push({ term: texts[index] ?? '', frequency: frequencies[index] ?? 0 });
  }
  return found;
}

const CHUNK = 1 << 14;

/** Field lengths as far as postings have brought them; a passage that none has named has no score to be computed. */
function knownLengths(weights: readonly WeightRun[]) {
  const chunks = FIELDS.map(() => new Map<number, Uint16Array>());
  const known: FieldLengths = {
    of: (passage, field) => chunks[field]?.get(Math.floor(passage / CHUNK))?.[passage % CHUNK] ?? 0,
    weight(passage) {
      const run = weights[lastNotAfter(weights.length, (at) => (weights[at]?.start ?? 0) <= passage)];
      return run !== undefined && passage < run.start + run.count ? run.weight : 1;
    },
  };
  const keep = (passage: number, field: number, length: number): void => {
    const own = chunks[field];
    const at = Math.floor(passage / CHUNK);
    let chunk = own?.get(at);
    if (chunk === undefined) {
      chunk = new Uint16Array(CHUNK);
      own?.set(at, chunk);
    }
    chunk[passage % CHUNK] = length;
  };
  return { known, keep };
}
