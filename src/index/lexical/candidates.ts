import type { FieldName } from '../../core/ports.ts';
import { type CorpusStatistics, FIELDS, type FieldLengths, type FieldPostings, type TermPostings } from '../terms.ts';
import type { Need, Plan } from './concepts.ts';
import type { Derived, Evidence } from './evidence.ts';
import { B, D, K, rarity } from './formula.ts';
import { type FieldWeights, keyAt, type PassageSet } from './scorer.ts';

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
  estimate(input, scratch);
  const concepts = Math.min(MOST_CONCEPTS, evidence.length);
  const chosen = best({ scratch, lengths: input.lengths, allowed, size, limit, concepts });
  giveBack(scratch, size);
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
  if (plan.required.length + plan.excluded.length === 0) return undefined;
  const size = sizeOf(evidence);
  const wanted = plan.required.map(({ need, field }) =>
    field === undefined ? holders(need, postings, size) : fieldHolders(need, field, evidence, size),
  );
  const allowed = intersection([new Uint8Array(size).fill(1), ...wanted], size);
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
  return intersection(
    parts.map((part) => holders(part, postings, size)),
    size,
  );
}

/** Passages whose field holds the word, what it begins or was meant to be, or all its parts. */
function fieldHolders(need: Need, field: FieldName, evidence: readonly Evidence[], size: number): PassageSet {
  const { terms, parts } = need;
  const [name = ''] = terms;
  const isWord = parts.length === 0;
  // The beginning of `server-side`, cut short or misspelt, is no more than one of its parts.
  const own = evidence.filter(
    (each) => each.field === field && each.terms[0] === name && (isWord || each.key.length >= name.length),
  );
  const lists = own.flatMap(({ exact, derived }) => [
    exact,
    ...derived.filter(({ kind }) => isWord || kind === 'prefix').map(({ fields }) => fields),
  ]);
  const set = members(
    lists.map((fields) => fields?.[FIELDS.indexOf(field)]),
    size,
  );
  if (isWord) return set;
  const all = intersection(
    parts.map((part) => fieldHolders(part, field, evidence, size)),
    size,
  );
  for (let passage = 0; passage < size; passage++) if (all[passage] === 1) set[passage] = 1;
  return set;
}

/** Puts what all sets hold into the first of them. */
function intersection([first, ...others]: readonly PassageSet[], size: number): PassageSet {
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

interface Scratch {
  /** By passage number. */
  readonly values: Float32Array;
  /** How many concepts a passage has matched, and the last of them (counted from 1). */
  readonly matched: Uint8Array;
  readonly lastMatch: Uint8Array;
  /** Of one list's passages, by number; what other lists have left there is never read. Made where it is needed. */
  lengths?: Uint16Array;
}

/** Concepts beyond count as one. */
const MOST_CONCEPTS = 255;

let kept: Scratch | undefined;

/** All zero, for passages below `size`. Kept from question to question: a fresh one is .6 MB at 100,000 passages. */
function takeScratch(size: number): Scratch {
  const found = kept !== undefined && kept.values.length >= size ? kept : undefined;
  kept = undefined;
  return found ?? { values: new Float32Array(size), matched: new Uint8Array(size), lastMatch: new Uint8Array(size) };
}

function giveBack(scratch: Scratch, size: number): void {
  for (const each of [scratch.values, scratch.matched, scratch.lastMatch]) each.fill(0, 0, size);
  kept = scratch;
}

/** Sums over the concepts what each says of each passage, and notes which have matched it. */
function estimate(input: CandidateInput, scratch: Scratch): void {
  const { evidence, statistics, lengths, weights } = input;
  // A concept asked for twice counts once: its evidence must come together, for `lastMatch` remembers one concept only.
  const names = evidence.map((_, at) => keyAt(evidence, at));
  const numbered = evidence.map((each, at) => ({ ...each, number: names.indexOf(names[at] ?? '') + 1 }));
  for (const { key, field, exact, derived, number } of numbered.sort((a, b) => a.number - b.number)) {
    const readings = [
      ...(exact === undefined ? [] : [[exact, 1] as const]),
      ...derived.map((each) => [each.fields, derivedWeight(key, each)] as const),
    ];
    const concept = Math.min(MOST_CONCEPTS, number);
    for (const [fields, weight] of readings)
      for (const [at, list] of fields.entries()) {
        const name = FIELDS[at];
        if (name === undefined || (field !== undefined && field !== name) || list.passages.length === 0) continue;
        // Nor does it count as matched: MiniSearch does not look into such a field.
        if (!(weights[name] > 0)) continue;
        const boost = weight * weights[name] * rarity(list.total ?? list.passages.length, statistics.passages);
        const slope = (K * B) / (statistics.averageLengths[at] ?? 1);
        addPostings(scratch, list, columnOf(scratch, lengths, at, list), boost, slope, concept);
      }
  }
}

/** The lengths of one field by passage number; where they are not at hand as such an array, those of the list's passages alone. */
function columnOf(scratch: Scratch, lengths: FieldLengths, field: number, { passages }: FieldPostings): Uint16Array {
  const column = lengths.columns?.[field];
  if (column !== undefined) return column;
  scratch.lengths ??= new Uint16Array(scratch.values.length);
  for (const passage of passages) scratch.lengths[passage] = lengths.of(passage, field);
  return scratch.lengths;
}

/**
 * The inner loop of every question: a hundred thousand postings at 100,000 passages. It has no branches, for they would be
 * foreseen wrongly as often as not. Every index lies inside its array, hence the casts: `??` would be a branch.
 */
function addPostings(
  { values, matched, lastMatch }: Scratch,
  { passages, frequencies }: FieldPostings,
  lengths: Uint16Array,
  boost: number,
  slope: number,
  concept: number,
): void {
  const flat = K * (1 - B);
  const [least, most] = [boost * D, boost * (K + 1)];
  for (let posting = 0; posting < passages.length; posting++) {
    const passage = passages[posting] as number;
    const frequency = frequencies[posting] as number;
    const norm = flat + slope * (lengths[passage] as number);
    values[passage] = (values[passage] as number) + least + (most * frequency) / (frequency + norm);
    const other = (lastMatch[passage] as number) ^ concept;
    // 1 where it was another concept, by the sign of what differs.
    matched[passage] = (matched[passage] as number) + (-other >>> 31);
    lastMatch[passage] = concept;
  }
}

/** How much less than an exact hit MiniSearch has a prefix or a typo weigh. */
export function derivedWeight(key: string, { kind, term, distance }: Derived): number {
  return kind === 'prefix'
    ? (0.375 * term.length) / (term.length + 0.3 * (term.length - key.length))
    : (0.45 * term.length) / (term.length + distance);
}

/** One passage of so many is looked at to foresee where the best begin. */
const SAMPLED = 61;
/** Passages that are kept while the best are looked for, in times of how many are wanted. */
const ROOM = 4;

/** The `limit` passages of the highest estimates above 0: of what MiniSearch will say, in single precision. */
function best(input: BestInput): PassageSet {
  const { size, limit } = input;
  const passages = new Uint32Array(Math.max(1, limit) * ROOM);
  const foreseen = foresee(input);
  const found = collect(input, foreseen, passages);
  // The sample may have promised too much.
  const count = found < limit && foreseen > 0 ? collect(input, 0, passages) : found;
  const set = new Uint8Array(size);
  for (let at = 0; at < count; at++) set[passages[at] as number] = 1;
  return set;
}

interface BestInput {
  readonly scratch: Scratch;
  readonly lengths: FieldLengths;
  readonly allowed: PassageSet | undefined;
  readonly size: number;
  readonly limit: number;
  /** As many as a passage can match at most. */
  readonly concepts: number;
}

/** A score that about three times as many as `limit` will be above, by a sample. */
function foresee({ scratch: { values, matched }, lengths, size, limit }: BestInput): number {
  const scores: number[] = [];
  for (let passage = 0; passage < size; passage += SAMPLED) {
    const unweighted = (values[passage] as number) * (matched[passage] as number);
    if (unweighted > 0) scores.push(unweighted * lengths.weight(passage));
  }
  return (
    Float32Array.from(scores)
      .sort()
      .at(-Math.ceil((3 * limit) / SAMPLED)) ?? 0
  );
}

/**
 * Collects the `limit` best above `least`, and returns how many. One pass over all passages, in which almost none is better than
 * the best that are kept: that is foreseen rightly, where sorting by buckets was not.
 */
function collect(input: BestInput, from: number, passages: Uint32Array): number {
  const { scratch, lengths, allowed, size, limit, concepts } = input;
  const { values, matched } = scratch;
  const heaviest = lengths.heaviest ?? Number.POSITIVE_INFINITY;
  const scores = new Float32Array(passages.length);
  let [count, least] = [0, from];
  let floor = least / (heaviest * concepts);
  for (let passage = 0; passage < size; passage++) {
    const value = values[passage] as number;
    // Most passages hold one common word or none.
    if (value <= floor) continue;
    const unweighted = value * (matched[passage] as number);
    // Nothing times infinity is above nothing.
    if (!(unweighted * heaviest > least)) continue;
    const score = unweighted * lengths.weight(passage);
    if (!(score > least) || (allowed !== undefined && allowed[passage] !== 1)) continue;
    passages[count] = passage;
    scores[count++] = score;
    if (count < passages.length) continue;
    least = keepBest(passages, scores, count, limit);
    floor = least / (heaviest * concepts);
    count = limit;
  }
  if (count > limit) keepBest(passages, scores, count, limit);
  return Math.min(count, limit);
}

/** Moves the `limit` highest of the first `count` scores to the front, of equal ones the first; returns the lowest of them. */
function keepBest(passages: Uint32Array, scores: Float32Array, count: number, limit: number): number {
  const edge = scores.slice(0, count).sort()[count - limit] as number;
  let above = 0;
  for (let at = 0; at < count; at++) if ((scores[at] as number) > edge) above++;
  let [kept, equal] = [0, limit - above];
  for (let at = 0; at < count; at++) {
    const score = scores[at] as number;
    if (score < edge || (score === edge && equal-- <= 0)) continue;
    passages[kept] = passages[at] as number;
    scores[kept++] = score;
  }
  return edge;
}
