import { type CorpusStatistics, FIELDS, type FieldLengths, type FieldPostings, type TermPostings } from '../terms.ts';
import type { Need, Plan } from './concepts.ts';
import type { Derived, Evidence } from './evidence.ts';
import { B, D, K, rarity } from './formula.ts';
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
  const scratch = takeScratch(size);
  const chosen = best(estimate(input, scratch, allowed), size, limit);
  giveBack(scratch);
  return chosen;
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

interface Estimates {
  /** By passage number; 0 for passages not to score. */
  readonly values: Float32Array;
  /** The passages that any evidence names, in no order, in the first `count` places. */
  readonly touched: Uint32Array;
  readonly count: number;
  readonly highest: number;
}

interface Scratch {
  readonly values: Float32Array;
  /** How many concepts a passage has matched, and the last of them (counted from 1). */
  readonly matched: Uint16Array;
  readonly lastMatch: Uint16Array;
  readonly touched: Uint32Array;
  count: number;
  /** Of one list's passages. */
  lengths: Uint16Array;
}

let kept: Scratch | undefined;

/** All zero, for passages below `size`. Kept from question to question: a fresh one is 1.2 MB at 100,000 passages. */
function takeScratch(size: number): Scratch {
  const found = kept !== undefined && kept.values.length >= size ? kept : undefined;
  kept = undefined;
  return (
    found ?? {
      values: new Float32Array(size),
      matched: new Uint16Array(size),
      lastMatch: new Uint16Array(size),
      touched: new Uint32Array(size),
      count: 0,
      lengths: new Uint16Array(0),
    }
  );
}

/** Only what was touched is to be cleared. */
function giveBack(scratch: Scratch): void {
  const { values, matched, lastMatch, touched, count } = scratch;
  for (let at = 0; at < count; at++) {
    const passage = touched[at] as number;
    values[passage] = 0;
    matched[passage] = 0;
    lastMatch[passage] = 0;
  }
  scratch.count = 0;
  kept = scratch;
}

/** What MiniSearch will say of each passage, in single precision. */
function estimate(input: CandidateInput, scratch: Scratch, allowed: PassageSet | undefined): Estimates {
  const { evidence, statistics, lengths, weights } = input;
  const { values, matched, touched } = scratch;
  const keys = evidence.map(({ key }) => key);
  // A concept asked for twice counts once: its evidence must come together, for `lastMatch` remembers one concept only.
  const together = [...evidence].sort((a, b) => keys.indexOf(a.key) - keys.indexOf(b.key));
  for (const { key, field, exact, derived } of together) {
    const readings = [
      ...(exact === undefined ? [] : [[exact, 1] as const]),
      ...derived.map((each) => [each.fields, derivedWeight(key, each)] as const),
    ];
    for (const [fields, weight] of readings)
      for (const [at, list] of fields.entries()) {
        const name = FIELDS[at];
        if (name === undefined || (field !== undefined && field !== name)) continue;
        const boost = weight * weights[name] * rarity(list.total ?? list.passages.length, statistics.passages);
        const slope = (K * B) / (statistics.averageLengths[at] ?? 1);
        addPostings(scratch, list, gatherLengths(scratch, lengths, at, list), boost, slope, keys.indexOf(key) + 1);
      }
  }
  let highest = 0;
  for (let at = 0; at < scratch.count; at++) {
    const passage = touched[at] as number;
    const counts = allowed === undefined || allowed[passage] === 1;
    values[passage] = counts ? (values[passage] as number) * (matched[passage] as number) * lengths.weight(passage) : 0;
    highest = Math.max(highest, values[passage] as number);
  }
  return { values, touched, count: scratch.count, highest };
}

/** The lengths of one field in a list's passages, place by place, in an array that the next list overwrites. */
function gatherLengths(scratch: Scratch, lengths: FieldLengths, field: number, { passages }: FieldPostings) {
  if (scratch.lengths.length < passages.length) scratch.lengths = new Uint16Array(passages.length);
  const column = lengths.columns?.[field];
  const { lengths: gathered } = scratch;
  for (let at = 0; at < passages.length; at++) {
    const passage = passages[at] as number;
    gathered[at] = column === undefined ? lengths.of(passage, field) : (column[passage] as number);
  }
  return gathered;
}

/**
 * The inner loop of every question: some hundred thousand postings at 100,000 passages. Every index lies inside its
 * array, hence the casts: `??` would cost a branch a value.
 */
function addPostings(
  scratch: Scratch,
  { passages, frequencies }: FieldPostings,
  lengths: Uint16Array,
  boost: number,
  slope: number,
  concept: number,
): void {
  const { values, matched, lastMatch, touched } = scratch;
  const flat = K * (1 - B);
  let { count } = scratch;
  for (let posting = 0; posting < passages.length; posting++) {
    const passage = passages[posting] as number;
    const frequency = frequencies[posting] as number;
    const norm = flat + slope * (lengths[posting] as number);
    values[passage] = (values[passage] as number) + boost * (D + (frequency * (K + 1)) / (frequency + norm));
    const last = lastMatch[passage] as number;
    if (last === concept) continue;
    if (last === 0) touched[count++] = passage;
    lastMatch[passage] = concept;
    matched[passage] = (matched[passage] as number) + 1;
  }
  scratch.count = count;
}

/** How much less than an exact hit MiniSearch has a prefix or a typo weigh. */
export function derivedWeight(key: string, { kind, term, distance }: Derived): number {
  return kind === 'prefix'
    ? (0.375 * term.length) / (term.length + 0.3 * (term.length - key.length))
    : (0.45 * term.length) / (term.length + distance);
}

const BUCKETS = 4096;

/** The passages with the `limit` highest estimates above 0, but for a four-thousandth of the highest. */
function best({ values, touched, count, highest }: Estimates, size: number, limit: number): PassageSet {
  const scale = highest > 0 ? BUCKETS / highest : 0;
  const counts = new Uint32Array(BUCKETS + 1);
  for (let at = 0; at < count; at++) {
    const bucket = Math.floor((values[touched[at] as number] as number) * scale);
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  let edge = BUCKETS;
  let above = 0;
  while (edge > 0 && above + (counts[edge] ?? 0) <= limit) above += counts[edge--] ?? 0;
  const set = new Uint8Array(size);
  let room = limit - above;
  for (let at = 0; at < count; at++) {
    const passage = touched[at] as number;
    const value = values[passage] as number;
    const bucket = Math.floor(value * scale);
    if (value > 0 && (bucket > edge || (bucket === edge && room-- > 0))) set[passage] = 1;
  }
  return set;
}
