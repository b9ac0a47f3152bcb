import { throwIfAborted } from '../core/cancellation.ts';
import type { StoredPassage } from '../core/document.ts';
import type { Context, FieldName, PassageSource, Query, Retriever } from '../core/ports.ts';
import { emptyRanking, ranking, type ScoredPassage } from '../core/ranking.ts';
import { type Analyzer, createAnalyzer, type Slot } from '../index/lexical/analysis.ts';
import { heldInFields, isOneWord } from '../index/lexical/concepts.ts';
import { holdsPhrases, phraseUnits } from '../index/lexical/phrases.ts';
import { unquoted } from '../index/lexical/query.ts';
import { signTerm } from '../index/lexical/signs.ts';

/** How far a constrained list is read. */
export interface Reach {
  /** Texts read at a time. */
  readonly batch: number;
  /** How many that hold are enough; at most the depth. */
  readonly enough: number;
  /** How many are read at most for a list of some depth. */
  most(depth: number): number;
}

/** Where reading costs little: two of three candidates may fail before the list runs short. */
export const NEAR: Reach = { batch: 300, enough: Number.POSITIVE_INFINITY, most: (depth) => 3 * depth };
/**
 * Over a line, where each text is a part of a request. Held to 300 texts, one question in twenty to a published index of 100,000
 * passages cost 538 kB where the median was 185. The list gets shorter (R@100 of docs-anthropic by vectors .967 → .957), its top stays.
 */
export const FAR: Reach = { batch: 40, enough: 30, most: () => 120 };

export function isConstrained({ phrases, excluded, fielded }: Query): boolean {
  return phrases.length > 0 || excluded.length > 0 || fielded.length > 0;
}

/**
 * The question itself, or where no passage holds its phrases the same with these read as words: a message that is pasted has names in
 * quotes. Nothing but phrases asks for them as they are.
 */
export async function answerable(query: Query, words: Retriever, depth: number, context: Context): Promise<Query> {
  if (query.phrases.length === 0 || query.words.length === 0) return query;
  const found = await words.retrieve(query, depth, context);
  return found.length > 0 ? query : unquoted(query);
}

/** Signs alone (`<=>`): there is no meaning to be near to. */
function isBlank({ words, phrases, fielded }: Query): boolean {
  return phrases.length + fielded.length === 0 && words.every((word) => signTerm(word) !== undefined);
}

/**
 * Holds a retriever that knows no operators (dense) to the query's phrases, excluded words and fields, by reading
 * the texts of what it found, best first. BM25 does so by its postings.
 */
export function constrain(retriever: Retriever, source: PassageSource, reach: Reach): Retriever {
  return {
    name: retriever.name,
    async retrieve(query, depth, context) {
      if (isBlank(query)) return emptyRanking;
      if (!isConstrained(query)) return retriever.retrieve(query, depth, context);
      const found = (await retriever.retrieve(query, reach.most(depth), context)).slice(0, reach.most(depth));
      const allowed: ScoredPassage[] = [];
      const enough = Math.min(depth, reach.enough);
      for (let from = 0; from < found.length && allowed.length < enough; from += reach.batch) {
        throwIfAborted(context.signal);
        const batch = found.slice(from, from + reach.batch);
        const passages = await source.passages(
          batch.map(({ id }) => id),
          context.signal,
        );
        const holding = new Set<string>();
        for (const passage of passages)
          if (satisfies(query, passage, await createAnalyzer(passage.language))) holding.add(passage.id);
        allowed.push(...batch.filter(({ id }) => holding.has(id)));
      }
      return ranking(allowed, depth);
    },
  };
}

/** Whether a passage holds every phrase and fielded word of a query, and none of its excluded words and phrases; as BM25 reads them. */
export function satisfies(query: Query, passage: StoredPassage, analyzer: Analyzer): boolean {
  const terms = (text: string) => new Set(analyzer.analyze(text));
  if (!holdsPhrases(passage, query.phrases.map(phraseUnits))) return false;
  const field: Readonly<Record<FieldName, string>> = {
    title: passage.title,
    heading: passage.heading.join('\n'),
    body: passage.text,
  };
  const fielded = heldInFields(query.fielded, (word) => analyzer.slots(word).length === 0);
  if (!fielded.every(({ field: name, word }) => holdsWord(terms(field[name]), word, analyzer))) return false;
  if (query.excluded.length === 0) return true;
  const all = terms(Object.values(field).join('\n'));
  return !query.excluded.some((text) =>
    isOneWord(text) ? holdsWord(all, text, analyzer) : holdsPhrases(passage, [phraseUnits(text)]),
  );
}

/** The word itself, or all that it is made of; a stop word as it is. */
function holdsWord(terms: ReadonlySet<string>, word: string, analyzer: Analyzer): boolean {
  const slots = analyzer.slots(word);
  if (slots.length === 0) return analyzer.words(word).some((each) => terms.has(each));
  return slots.every((slot) => holdsSlot(terms, slot));
}

function holdsSlot(terms: ReadonlySet<string>, { terms: own, parts }: Slot): boolean {
  return own.some((term) => terms.has(term)) || (parts.length > 0 && parts.every((part) => holdsSlot(terms, part)));
}
