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
  const { evidence, plan, limit } = input;
  const allowed = meetConditions(input);
  const postings = evidence.reduce((sum, each) => sum + postingsIn(each), 0);
  if (postings <= limit) return allowed;
  const size = sizeOf(evidence);
  const estimates = estimate(input, size);
  if (allowed !== undefined)
    for (let passage = 0; passage < size; passage++) if (allowed[passage] !== 1) estimates[passage] = 0;
  return plan.concepts.length === 0 ? allowed : best(estimates, limit);
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

/** What MiniSearch will say of each passage, in single precision. */
function estimate(input: CandidateInput, size: number): Float32Array {
  const sums = new Float32Array(size);
  const matched = new Uint8Array(size);
  const lastMatch = new Int16Array(size).fill(-1);
  const keys = input.evidence.map(({ key }) => key);
  for (const { key, field, exact, derived } of input.evidence) {
    const concept = keys.indexOf(key);
    const add = (fields: readonly FieldPostings[], weight: number) => {
      for (const [at, list] of fields.entries()) {
        const name = FIELDS[at];
        if (name === undefined || (field !== undefined && field !== name)) continue;
        const boost = weight * input.weights[name] * rarity(list.passages.length, input.statistics.passages);
        const average = input.statistics.averageLengths[at] ?? 0;
        for (let posting = 0; posting < list.passages.length; posting++) {
          const passage = list.passages[posting] ?? 0;
          const frequency = list.frequencies[posting] ?? 0;
          const norm = K * (1 - B + (B * input.lengths.of(passage, at)) / average);
          sums[passage] = (sums[passage] ?? 0) + boost * (D + (frequency * (K + 1)) / (frequency + norm));
          if (lastMatch[passage] === concept) continue;
          lastMatch[passage] = concept;
          matched[passage] = (matched[passage] ?? 0) + 1;
        }
      }
    };
    if (exact !== undefined) add(exact, 1);
    for (const each of derived) add(each.fields, derivedWeight(key, each));
  }
  for (let passage = 0; passage < size; passage++)
    if (matched[passage] !== 0)
      sums[passage] = (sums[passage] ?? 0) * (matched[passage] ?? 0) * input.lengths.weight(passage);
  return sums;
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

/** The passages with the `limit` highest estimates above 0; of equals at the edge the first ones. */
function best(estimates: Float32Array, limit: number): PassageSet {
  let highest = 0;
  for (const value of estimates) if (value > highest) highest = value;
  const counts = new Uint32Array(BUCKETS + 1);
  const bucket = (value: number) => Math.floor((value / highest) * BUCKETS);
  for (const value of estimates) if (value > 0) counts[bucket(value)] = (counts[bucket(value)] ?? 0) + 1;
  let edge = BUCKETS;
  let above = 0;
  while (edge > 0 && above + (counts[edge] ?? 0) <= limit) above += counts[edge--] ?? 0;
  const set = new Uint8Array(estimates.length);
  let room = limit - above;
  estimates.forEach((value, passage) => {
    if (value <= 0) return;
    const at = bucket(value);
    if (at > edge || (at === edge && room-- > 0)) set[passage] = 1;
  });
  return set;
}
