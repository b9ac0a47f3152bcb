import { type CorpusStatistics, FIELDS, type FieldLengths, type FieldPostings, type TermPostings } from '../terms.ts';
import type { Need, Plan } from './concepts.ts';
import type { Derived, Evidence } from './evidence.ts';
import type { FieldWeights, PassageSet } from './scorer.ts';

export interface CandidateInput {
  readonly plan: Plan;
  readonly evidence: readonly Evidence[];
  readonly postings: ReadonlyMap<string, TermPostings>;
  readonly statistics: CorpusStatistics;
  readonly lengths: FieldLengths;
  readonly weights: FieldWeights;
  /** How many passages to score at most. */
  readonly limit: number;
}

/**
 * The passages worth scoring: those that meet the query's conditions, and of these the `limit` best by an estimate
 * that runs over the postings' arrays alone. Undefined where all passages are.
 *
 * The limited set of accumulators is Moffat and Zobel's ("Self-indexing inverted files for fast text retrieval", ACM
 * TOIS 14(4), 1996), here of the best rather than the first, since with stop words gone an estimate of every posting
 * costs less than the objects MiniSearch makes for a few.
 */
export function chooseCandidates(input: CandidateInput): PassageSet | undefined {
  const { evidence, limit } = input;
  const allowed = meetConditions(input);
  const postings = evidence.reduce((sum, each) => sum + postingsIn(each), 0);
  if (postings <= limit) return allowed;
  const size = sizeOf(evidence);
  if (evidence.length === 0) return allowed;
  return best(estimate(input, size, allowed), limit);
}

function postingsIn({ exact, derived }: Evidence): number {
  return [exact ?? [], ...derived.map(({ fields }) => fields)]
    .flat()
    .reduce((sum, { passages }) => sum + passages.length, 0);
}

/** One more than the highest passage number. */
function sizeOf(evidence: readonly Evidence[]): number {
  const lists = evidence.flatMap(({ exact, derived }) => [
    ...(exact ?? []),
    ...derived.flatMap(({ fields }) => fields),
  ]);
  return lists.reduce((size, { passages }) => Math.max(size, (passages.at(-1) ?? -1) + 1), 0);
}

function meetConditions({ plan, evidence, postings }: CandidateInput): PassageSet | undefined {
  const fielded = evidence.filter(({ field }) => field !== undefined);
  if (plan.required.length + plan.excluded.length + fielded.length === 0) return undefined;
  const size = sizeOf(evidence);
  const allowed = new Uint8Array(size).fill(1);
  const keep = (members: PassageSet, kept: 0 | 1) => {
    for (let passage = 0; passage < size; passage++) if (members[passage] !== kept) allowed[passage] = 0;
  };
  for (const { need } of plan.required) keep(holders(need, postings, size), 1);
  for (const each of fielded) {
    const at = each.field === undefined ? -1 : FIELDS.indexOf(each.field);
    const fields = [each.exact ?? [], ...each.derived.map(({ fields: derived }) => derived)];
    keep(
      members(
        fields.map((field) => field[at]),
        size,
      ),
      1,
    );
  }
  for (const need of plan.excluded) {
    const unwanted = holders(need, postings, size);
    for (let passage = 0; passage < size; passage++) if (unwanted[passage] === 1) allowed[passage] = 0;
  }
  return allowed;
}

/** Passages that hold the word, or if none does all its parts. */
function holders({ terms, parts }: Need, postings: ReadonlyMap<string, TermPostings>, size: number): PassageSet {
  const found = terms.flatMap((term) => postings.get(term)?.fields ?? []);
  if (found.length > 0 || parts.length === 0) return members(found, size);
  const [first, ...others] = parts.map((part) => holders(part, postings, size));
  const all = first ?? new Uint8Array(size);
  for (const other of others)
    for (let passage = 0; passage < size; passage++) if (other[passage] !== 1) all[passage] = 0;
  return all;
}

function members(lists: readonly (FieldPostings | undefined)[], size: number): PassageSet {
  const set = new Uint8Array(size);
  for (const list of lists) for (const passage of list?.passages ?? []) if (passage < size) set[passage] = 1;
  return set;
}

/** MiniSearch's constants: k, b and d of BM25+, and how much less prefixes and typos weigh. */
const K = 1.2;
const B = 0.7;
const D = 0.5;

interface Estimates {
  /** By passage number; 0 for passages not to score. */
  readonly values: Float32Array;
  /** The passages that any evidence names, in no order, in the first `count` places. */
  readonly touched: Uint32Array;
  readonly count: number;
}

/** What MiniSearch will say of each passage, in single precision. */
function estimate(input: CandidateInput, size: number, allowed: PassageSet | undefined): Estimates {
  const { evidence, statistics, lengths, weights } = input;
  const values = new Float32Array(size);
  const matched = new Uint16Array(size);
  const lastMatch = new Uint16Array(size);
  const touched = new Uint32Array(size);
  let count = 0;
  const add = (list: FieldPostings, field: number, boost: number, concept: number) => {
    const flat = K * (1 - B);
    const slope = (K * B) / (statistics.averageLengths[field] ?? 1);
    for (let posting = 0; posting < list.passages.length; posting++) {
      const passage = list.passages[posting] ?? 0;
      const frequency = list.frequencies[posting] ?? 0;
      const norm = flat + slope * lengths.of(passage, field);
      values[passage] = (values[passage] ?? 0) + boost * (D + (frequency * (K + 1)) / (frequency + norm));
      if (lastMatch[passage] === concept) continue;
      if (lastMatch[passage] === 0) touched[count++] = passage;
      lastMatch[passage] = concept;
      matched[passage] = (matched[passage] ?? 0) + 1;
    }
  };
  const keys = evidence.map(({ key }) => key);
  for (const { key, field, exact, derived } of evidence) {
    const readings = [
      ...(exact === undefined ? [] : [[exact, 1] as const]),
      ...derived.map((each) => [each.fields, derivedWeight(key, each)] as const),
    ];
    for (const [fields, weight] of readings)
      for (const [at, list] of fields.entries()) {
        const name = FIELDS[at];
        if (name === undefined || (field !== undefined && field !== name)) continue;
        add(
          list,
          at,
          weight * weights[name] * rarity(list.passages.length, statistics.passages),
          keys.indexOf(key) + 1,
        );
      }
  }
  for (let at = 0; at < count; at++) {
    const passage = touched[at] ?? 0;
    const counts = allowed === undefined || allowed[passage] === 1;
    values[passage] = counts ? (values[passage] ?? 0) * (matched[passage] ?? 0) * lengths.weight(passage) : 0;
  }
  return { values, touched, count };
}

function rarity(frequency: number, passages: number): number {
  return Math.log(1 + (passages - frequency + 0.5) / (frequency + 0.5));
}

function derivedWeight(key: string, { kind, term, distance }: Derived): number {
  return kind === 'prefix'
    ? (0.375 * term.length) / (term.length + 0.3 * (term.length - key.length))
    : (0.45 * term.length) / (term.length + distance);
}

const BUCKETS = 4096;

/** The passages with the `limit` highest estimates above 0, but for a four-thousandth of the highest. */
function best({ values, touched, count }: Estimates, limit: number): PassageSet {
  let highest = 0;
  for (let at = 0; at < count; at++) highest = Math.max(highest, values[touched[at] ?? 0] ?? 0);
  const scale = highest > 0 ? BUCKETS / highest : 0;
  const counts = new Uint32Array(BUCKETS + 1);
  for (let at = 0; at < count; at++) {
    const bucket = Math.floor((values[touched[at] ?? 0] ?? 0) * scale);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  let edge = BUCKETS;
  let above = 0;
  while (edge > 0 && above + (counts[edge] ?? 0) <= limit) above += counts[edge--] ?? 0;
  const set = new Uint8Array(values.length);
  let room = limit - above;
  for (let at = 0; at < count; at++) {
    const passage = touched[at] ?? 0;
    const value = values[passage] ?? 0;
    const bucket = Math.floor(value * scale);
    if (value > 0 && (bucket > edge || (bucket === edge && room-- > 0))) set[passage] = 1;
  }
  return set;
}
