import MiniSearch from 'minisearch';
import type { FieldName } from '../../core/ports.ts';
import { type CorpusStatistics, FIELDS, type FieldLengths, type FieldPostings, type ScoredNumber } from '../terms.ts';
import type { Derived, Evidence } from './evidence.ts';

export type FieldWeights = Readonly<Record<FieldName, number>>;

/** A set of passages by number: 1 for members. */
export type PassageSet = Uint8Array;

export interface ScoringInput {
  readonly evidence: readonly Evidence[];
  readonly statistics: CorpusStatistics;
  readonly lengths: FieldLengths;
  readonly weights: FieldWeights;
  /** The only passages to score; all if absent. Frequencies of terms stay those of the whole corpus. */
  readonly candidates?: PassageSet;
}

/**
 * BM25+ scores of the passages that hold any of the evidence, best first. MiniSearch computes them, reading the
 * postings through views that look like its own maps; nothing is indexed.
 */
export function scorePassages(input: ScoringInput): readonly ScoredNumber[] {
  const { evidence, lengths, weights } = input;
  const fields = FIELDS.filter((field) => weights[field] > 0);
  if (fields.length === 0 || evidence.length === 0) return [];
  const found = new PostingsScorer(input).search(
    {
      combineWith: 'OR',
      queries: evidence.map((each, at) => ({
        combineWith: 'OR',
        queries: [keyAt(evidence, at)],
        fields: each.field === undefined ? fields : fields.filter((field) => field === each.field),
        prefix: each.derived.some(({ kind }) => kind === 'prefix'),
        fuzzy: each.derived.some(({ kind }) => kind === 'typo') ? 1 : false,
      })),
    },
    {
      boost: weights,
      tokenize: (text) => [text],
      processTerm: (term) => term,
      boostDocument: (passage: number) => lengths.weight(passage),
    },
  );
  return found
    .map(({ id, score }) => ({ passage: Number(id), score }))
    .sort((a, b) => b.score - a.score || a.passage - b.passage);
}

/**
 * MiniSearch counts matched words by name: two concepts of one name must be one concept, and read alike. It also weighs what a word
 * begins by their lengths, so that another name of a word is as long as the word.
 */
export function keyAt(evidence: readonly Evidence[], at: number): string {
  const each = evidence[at];
  if (each === undefined) return '';
  const first = evidence.findIndex(({ key }) => key === each.key);
  const alike = evidence.findIndex((other) => other.key === each.key && readAlike(other, each));
  return alike === first ? each.key : each.key.slice(0, -1) + String.fromCharCode(PRIVATE_USE + alike);
}

/** Characters of private use, which stand in no word that anybody writes. */
const PRIVATE_USE = 0xe000;

function readAlike(a: Evidence, b: Evidence): boolean {
  return (
    a.exact === b.exact &&
    a.derived.length === b.derived.length &&
    a.derived.every(({ kind, term }, at) => kind === b.derived[at]?.kind && term === b.derived[at]?.term)
  );
}

type FieldTermView = ReadonlyMap<number, unknown>;

/**
 * A MiniSearch whose index is the postings of one query. It reads `_index` by get, atPrefix and fuzzyGet, a term's
 * field by size, keys and get, and the other maps by has and get (minisearch 7.2.0, `termResults`).
 */
class PostingsScorer extends MiniSearch<{ id: number }> {
  constructor({ evidence, statistics, lengths, candidates }: ScoringInput) {
    super({ fields: [...FIELDS], autoVacuum: false });
    const views = new Map(evidence.map((each, at) => [keyAt(evidence, at), viewOf(each, candidates)]));
    const index = {
      get: (key: string) => views.get(key)?.exact,
      atPrefix: (key: string) => views.get(key)?.prefix ?? [],
      fuzzyGet: (key: string) => new Map(views.get(key)?.typos ?? []),
    };
    const lengthsOf: number[] = FIELDS.map(() => 0);
    const fieldLength = {
      get(passage: number) {
        for (let field = 0; field < FIELDS.length; field++) lengthsOf[field] = lengths.of(passage, field);
        return lengthsOf;
      },
    };
    this._index = index as unknown as typeof this._index;
    this._documentIds = { has: () => true, get: (passage: number) => passage } as unknown as Map<number, number>;
    this._storedFields = { get: () => undefined } as unknown as typeof this._storedFields;
    this._fieldLength = fieldLength as unknown as typeof this._fieldLength;
    this._avgFieldLength = [...statistics.averageLengths];
    this._documentCount = statistics.passages;
  }
}

function viewOf({ exact, derived }: Evidence, candidates: PassageSet | undefined) {
  const of = (kind: Derived['kind']) => derived.filter((each) => each.kind === kind);
  return {
    exact: exact === undefined ? undefined : fieldViews(exact, candidates),
    prefix: of('prefix').map(({ term, fields }) => [term, fieldViews(fields, candidates)] as const),
    typos: of('typo').map(({ term, fields, distance }) => [term, [fieldViews(fields, candidates), distance]] as const),
  };
}

function fieldViews(fields: readonly FieldPostings[], candidates: PassageSet | undefined): FieldTermView {
  return new Map(
    fields.flatMap((postings, field) =>
      postings.passages.length === 0 ? [] : [[field, postingsView(postings, candidates)] as const],
    ),
  );
}

/** Looks like MiniSearch's map from passage to frequency; `size` counts the candidates' neighbours too. */
function postingsView(postings: FieldPostings, candidates: PassageSet | undefined) {
  const { passages, frequencies } = candidates === undefined ? postings : narrow(postings, candidates);
  let at = 0;
  return {
    size: postings.total ?? postings.passages.length,
    keys() {
      at = 0;
      return passages;
    },
    /** Asked for the passages of keys(), in their order. */
    get(passage: number) {
      while (at < passages.length && (passages[at] as number) < passage) at++;
      return passages[at] === passage ? frequencies[at] : postings.frequencies[postings.passages.indexOf(passage)];
    },
  };
}

/** The postings of candidates. Every index lies inside its array, hence the casts. */
function narrow({ passages, frequencies }: FieldPostings, candidates: PassageSet) {
  const kept = { passages: [] as number[], frequencies: [] as number[] };
  for (let at = 0; at < passages.length; at++)
    if (candidates[passages[at] as number] === 1) {
      kept.passages.push(passages[at] as number);
      kept.frequencies.push(frequencies[at] as number);
    }
  return kept;
}
