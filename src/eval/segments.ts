import type { JudgedDocument, TestQuery } from './collection.ts';

/** Queries of one kind, by a question asked of every query. */
export interface Segment {
  /** What was asked: `length`, `form`, `terms` or `segment`. */
  readonly by: string;
  readonly name: string;
  readonly queries: readonly string[];
}

const QUESTION =
  /^(what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|should|would|will|may|has|have)\b/i;

export function words(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** In how many documents each word stands; words as they are written, in lower case. */
function documentFrequencies(documents: Iterable<JudgedDocument>): ReadonlyMap<string, number> {
  const frequencies = new Map<string, number>();
  for (const { title, text } of documents)
    for (const word of new Set(words(`${title} ${text}`))) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
  return frequencies;
}

function lengthOf(query: TestQuery): string {
  const count = words(query.text).length;
  return count <= 3 ? '1–3 words' : count <= 8 ? '4–8 words' : count <= 20 ? '9–20 words' : '21 words and more';
}

function formOf(query: TestQuery): string {
  return /\?\s*$/.test(query.text) || QUESTION.test(query.text.trim()) ? 'question' : 'keywords';
}

/** How many documents hold the query's rarest word that the corpus knows; 0 where it knows none. */
function rarest(query: TestQuery, frequencies: ReadonlyMap<string, number>): number {
  const known = words(query.text).flatMap((word) => frequencies.get(word) ?? []);
  return known.length === 0 ? 0 : Math.min(...known);
}

function group(by: string, queries: readonly TestQuery[], nameOf: (query: TestQuery) => string): readonly Segment[] {
  const groups = new Map<string, string[]>();
  for (const query of queries) {
    const name = nameOf(query);
    groups.set(name, [...(groups.get(name) ?? []), query.id]);
  }
  const segments = [...groups].map(([name, ids]) => ({ by, name, queries: ids }));
  segments.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return segments;
}

/**
 * Queries by length, by form, by how common their rarest word is (head and tail halves, split at the median), and by
 * the `segment` field where queries have one. Groupings that put all queries into one group are left out.
 */
export function segmentsOf(queries: readonly TestQuery[], documents: Iterable<JudgedDocument>): readonly Segment[] {
  const frequencies = documentFrequencies(documents);
  const rarities = new Map(queries.map((query) => [query.id, rarest(query, frequencies)]));
  const median = [...rarities.values()].sort((a, b) => a - b)[Math.floor(rarities.size / 2)] ?? 0;
  const groupings = [
    group('length', queries, lengthOf),
    group('form', queries, formOf),
    ...(frequencies.size === 0
      ? []
      : [group('terms', queries, ({ id }) => ((rarities.get(id) ?? 0) < median ? 'tail (rare)' : 'head (common)'))]),
    ...(queries.some(({ segment }) => segment !== undefined)
      ? [group('segment', queries, ({ segment }) => segment ?? '(none)')]
      : []),
  ];
  return groupings.filter((segments) => segments.length > 1).flat();
}
