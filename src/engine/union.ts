import type { PassageId, StoredPassage } from '../core/document.ts';
import type { PassageSource } from '../core/ports.ts';
import {
  type CorpusStatistics,
  FIELDS,
  type FieldLengths,
  type FieldPostings,
  type PassageNumber,
  type PassageNumbers,
  type Reading,
  type TermMatch,
  type TermPostings,
  type TermSource,
} from '../index/terms.ts';

/** A corpus as one part of a union. */
export interface UnionPart {
  readonly terms: TermSource;
  readonly numbers: PassageNumbers;
  readonly passages: PassageSource;
  /** One above its highest passage number. */
  readonly size: number;
}

export interface Union {
  readonly terms: TermSource;
  readonly numbers: PassageNumbers;
  readonly passages: PassageSource;
}

/**
 * Several corpora as one, with the statistics of all: a word's rarity is what it is over everything searched, so
 * that scores compare. By themselves they do not: in a corpus of one note every word is common. Passage numbers of
 * later parts are shifted by the sizes of those before.
 */
export function unite(parts: readonly UnionPart[]): Union {
  const [only, second] = parts;
  if (only !== undefined && second === undefined) return only;
  const starts = parts.map((_, index) => parts.slice(0, index).reduce((sum, { size }) => sum + size, 0));
  return {
    terms: uniteTerms(parts, starts),
    numbers: uniteNumbers(parts, starts),
    passages: unitePassages(parts.map(({ passages }) => passages)),
  };
}

function partOf(starts: readonly number[], passage: PassageNumber): number {
  let index = starts.length - 1;
  while (index > 0 && (starts[index] ?? 0) > passage) index -= 1;
  return index;
}

function uniteTerms(parts: readonly UnionPart[], starts: readonly number[]): TermSource {
  const sources = parts.map(({ terms }) => terms);
  /** What each source gave of a term that is joined and not yet settled. */
  const given = new WeakMap<TermPostings, readonly (TermPostings | undefined)[]>();
  const join = (term: string, found: readonly (TermPostings | undefined)[]) => {
    const joined = joinTerm(term, found, starts);
    if (joined !== undefined) given.set(joined, found);
    return joined;
  };
  return {
    statistics: () => sumStatistics(sources.map((source) => source.statistics())),
    async lengths(signal): Promise<FieldLengths> {
      const lengths = await Promise.all(sources.map((source) => source.lengths(signal)));
      const own = (passage: PassageNumber) => {
        const part = partOf(starts, passage);
        return { lengths: lengths[part], number: passage - (starts[part] ?? 0) };
      };
      return {
        of(passage, field) {
          const { lengths: each, number } = own(passage);
          return each?.of(number, field) ?? 0;
        },
        weight(passage) {
          const { lengths: each, number } = own(passage);
          return each?.weight(number) ?? 1;
        },
      };
    },
    async postings(terms, signal) {
      const found = await Promise.all(sources.map((source) => source.postings(terms, signal)));
      return terms.map((term, index) =>
        join(
          term,
          found.map((each) => each[index]),
        ),
      );
    },
    async settle(concepts, whole, signal) {
      const own = concepts.map((readings) =>
        readings.map(({ postings, weight }) => ({ postings, weight, found: given.get(postings) ?? [] })),
      );
      const settled = await Promise.all(
        sources.map((source, part) => source.settle?.(readingsOf(own, part), whole, signal)),
      );
      return new Map(
        own.flat().flatMap(({ postings: { term }, found }) => {
          const joined = join(
            term,
            found.map((each, part) => settled[part]?.get(term) ?? each),
          );
          return joined === undefined ? [] : [[term, joined] as const];
        }),
      );
    },
    expand: async (prefix, limit, signal) =>
      joinMatches(await Promise.all(sources.map((source) => source.expand(prefix, limit, signal))), limit, false),
    similar: async (misspelt, limit, signal) =>
      joinMatches(await Promise.all(sources.map((source) => source.similar(misspelt, limit, signal))), limit, true),
  };
}

function sumStatistics(all: readonly CorpusStatistics[]): CorpusStatistics {
  const passages = all.reduce((sum, each) => sum + each.passages, 0);
  const averageLengths = FIELDS.map((_, field) => {
    const total = all.reduce((sum, each) => sum + (each.averageLengths[field] ?? 0) * each.passages, 0);
    return passages === 0 ? 0 : total / passages;
  });
  return { passages, averageLengths, languages: [...new Set(all.flatMap(({ languages }) => languages))] };
}

interface JoinedReading {
  readonly weight: number;
  readonly found: readonly (TermPostings | undefined)[];
}

function readingsOf(concepts: readonly (readonly JoinedReading[])[], part: number): readonly (readonly Reading[])[] {
  return concepts.map((readings) =>
    readings.flatMap(({ weight, found }) => {
      const postings = found[part];
      return postings === undefined ? [] : [{ postings, weight }];
    }),
  );
}

function joinTerm(
  term: string,
  found: readonly (TermPostings | undefined)[],
  starts: readonly number[],
): TermPostings | undefined {
  if (found.every((each) => each === undefined)) return undefined;
  const fields = FIELDS.map((_, field) =>
    joinField(
      found.map((each) => each?.fields[field]),
      starts,
    ),
  );
  // Some outline stands for all: it only says that there is something to settle.
  const outline = found.find((each) => each?.outline !== undefined)?.outline;
  return outline === undefined ? { term, fields } : { term, fields, outline };
}

function joinField(found: readonly (FieldPostings | undefined)[], starts: readonly number[]): FieldPostings {
  const length = found.reduce((sum, each) => sum + (each?.passages.length ?? 0), 0);
  const passages = new Uint32Array(length);
  const frequencies = new Uint16Array(length);
  let at = 0;
  for (const [part, each] of found.entries()) {
    if (each === undefined) continue;
    const start = starts[part] ?? 0;
    passages.set(each.passages, at);
    if (start > 0)
      for (let index = at; index < at + each.passages.length; index += 1)
        passages[index] = (passages[index] ?? 0) + start;
    frequencies.set(each.frequencies, at);
    at += each.passages.length;
  }
  if (found.every((each) => each?.total === undefined)) return { passages, frequencies };
  const total = found.reduce((sum, each) => sum + (each?.total ?? each?.passages.length ?? 0), 0);
  return { passages, frequencies, total };
}

/** The order that each source has: commonest first, or nearest and then commonest. */
function joinMatches(found: readonly (readonly TermMatch[])[], limit: number, nearest: boolean): readonly TermMatch[] {
  const joined = new Map<string, TermMatch>();
  for (const match of found.flat()) {
    const known = joined.get(match.term);
    joined.set(match.term, known === undefined ? match : { ...match, frequency: match.frequency + known.frequency });
  }
  return [...joined.values()]
    .sort((a, b) => (nearest ? a.distance - b.distance : 0) || b.frequency - a.frequency || (a.term < b.term ? -1 : 1))
    .slice(0, limit);
}

function uniteNumbers(parts: readonly UnionPart[], starts: readonly number[]): PassageNumbers {
  const split = (numbers: readonly PassageNumber[]) => {
    const wanted = parts.map((): number[] => []);
    for (const number of numbers) {
      const part = partOf(starts, number);
      wanted[part]?.push(number - (starts[part] ?? 0));
    }
    return wanted;
  };
  return {
    foresee(numbers) {
      const wanted = split(numbers);
      for (const [index, part] of parts.entries()) part.numbers.foresee?.(wanted[index] ?? []);
    },
    async idsOf(numbers, signal) {
      const wanted = split(numbers);
      const ids = await Promise.all(parts.map((part, index) => part.numbers.idsOf(wanted[index] ?? [], signal)));
      const next = parts.map(() => 0);
      return numbers.map((number) => {
        const part = partOf(starts, number);
        const at = next[part] ?? 0;
        next[part] = at + 1;
        return ids[part]?.[at];
      });
    },
  };
}

/** Texts from whichever source holds them; where two do, the first one's. */
function unitePassages(sources: readonly PassageSource[]): PassageSource {
  return {
    async passages(ids, signal) {
      const found = await Promise.all(sources.map((source) => source.passages(ids, signal)));
      const known = new Map<PassageId, StoredPassage>();
      for (const passage of found.flat()) if (!known.has(passage.id)) known.set(passage.id, passage);
      return ids.flatMap((id) => known.get(id) ?? []);
    },
  };
}
