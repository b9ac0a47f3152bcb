import { SearchError } from '../../core/errors.ts';
import { finder } from '../edits.ts';
import {
  type CorpusStatistics,
  FIELDS,
  type FieldPostings,
  type TermMatch,
  type TermPostings,
  type TermSource,
} from '../terms.ts';

/** One passage's index terms, in the order of FIELDS. */
export interface AnalysedPassage {
  readonly fields: readonly (readonly string[])[];
  readonly weight?: number;
  /** BCP 47 primary tag; `en` if absent. */
  readonly language?: string;
}

/** A TermSource held in memory: passages are numbered as given. For tests and small corpora. */
export function memoryTermSource(passages: readonly AnalysedPassage[]): TermSource {
  const postings = invert(passages);
  const terms = [...postings.keys()].sort();
  const frequency = (term: string) =>
    new Set((postings.get(term)?.fields ?? []).flatMap((field) => [...field.passages])).size;
  const frequencies = new Map<string, number>();
  const match = (term: string, distance: number): TermMatch => {
    const known = frequencies.get(term) ?? frequency(term);
    frequencies.set(term, known);
    return { term, frequency: known, distance };
  };
  const commonest = (a: TermMatch, b: TermMatch) => b.frequency - a.frequency || (a.term < b.term ? -1 : 1);
  const statistics = statisticsOf(passages);
  return {
    statistics: () => statistics,
    lengths: async () => ({
      of: (passage, field) => passages[passage]?.fields[field]?.length ?? 0,
      weight: (passage) => passages[passage]?.weight ?? 1,
      heaviest: passages.reduce((most, { weight = 1 }) => Math.max(most, weight), 0),
    }),
    postings: async (asked) => asked.map((term) => postings.get(term)),
    expand: async (prefix, limit) =>
      terms
        .filter((term) => term.startsWith(prefix))
        .map((term) => match(term, term.length - prefix.length))
        .sort(commonest)
        .slice(0, limit),
    async similar(misspelt, limit) {
      const texts = terms.filter((term) => term[0] === misspelt.word[0]);
      const found: TermMatch[] = [];
      finder(misspelt)({ texts, shared: texts.map(() => 0) }, (index, distance) =>
        found.push(match(texts[index] ?? '', distance)),
      );
      return found.sort((a, b) => a.distance - b.distance || commonest(a, b)).slice(0, limit);
    },
  };
}

function statisticsOf(passages: readonly AnalysedPassage[]): CorpusStatistics {
  const languages = new Map<string, number>();
  for (const { language = 'en' } of passages) languages.set(language, (languages.get(language) ?? 0) + 1);
  const total = (field: number) => passages.reduce((sum, { fields }) => sum + (fields[field]?.length ?? 0), 0);
  return {
    passages: passages.length,
    averageLengths: FIELDS.map((_, field) => (passages.length === 0 ? 0 : total(field) / passages.length)),
    languages: [...languages].sort((a, b) => b[1] - a[1]).map(([language]) => language),
  };
}

function invert(passages: readonly AnalysedPassage[]): ReadonlyMap<string, TermPostings> {
  const lists = new Map<string, readonly Map<number, number>[]>();
  for (const [number, { fields }] of passages.entries()) {
    if (fields.length !== FIELDS.length)
      throw new SearchError(
        'bad-input',
        `A passage needs the terms of ${FIELDS.length} fields, not of ${fields.length}.`,
      );
    for (const [field, terms] of fields.entries())
      for (const term of terms) {
        const list = lists.get(term) ?? FIELDS.map(() => new Map<number, number>());
        lists.set(term, list);
        const counts = list[field];
        counts?.set(number, (counts.get(number) ?? 0) + 1);
      }
  }
  const packed = (counts: ReadonlyMap<number, number>): FieldPostings => ({
    passages: Uint32Array.from(counts.keys()),
    frequencies: Uint16Array.from(counts.values()),
  });
  return new Map([...lists].map(([term, fields]) => [term, { term, fields: fields.map(packed) }]));
}
