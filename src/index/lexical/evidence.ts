import type { FieldName } from '../../core/ports.ts';
import type { Endings } from '../edits.ts';
import { FIELDS, type FieldPostings, type TermMatch, type TermPostings, type TermSource } from '../terms.ts';
import { type Concept, forgivenEdits, type Need, type Plan } from './concepts.ts';

/** Postings of one term that a concept matches otherwise than exactly. */
export interface Derived {
  readonly term: string;
  readonly kind: 'prefix' | 'typo';
  /** Edits, for typos. */
  readonly distance: number;
  readonly fields: readonly FieldPostings[];
}

/** A concept with everything the index holds for it. */
export interface Evidence {
  /** Names the concept to the scorer; of the length of what was typed, since weights depend on it. */
  readonly key: string;
  readonly field?: FieldName;
  /** The terms that `exact` is of. */
  readonly terms: readonly string[];
  /** Of all its terms together; undefined where no passage holds any. */
  readonly exact: readonly FieldPostings[] | undefined;
  readonly derived: readonly Derived[];
}

export interface ExpansionOptions {
  /** Terms a prefix of three letters or more stands for at most. */
  readonly expansions: number;
  /** The same for one or two letters, which are looked for in titles and headings where those hold any. */
  readonly shortExpansions: number;
  /** Postings the expansions may have together; the commonest term may have more. */
  readonly expansionPostings: number;
  /** Terms a misspelt word stands for at most. */
  readonly typos: number;
  /** How words of the question's language end; without, a misspelt word is compared with stems alone. */
  readonly endings?: Endings;
}

/** Reads terms together. */
export type ReadTerms = (terms: readonly string[]) => Promise<ReadonlyMap<string, TermPostings>>;

export function termReader(source: TermSource, signal?: AbortSignal): ReadTerms {
  const known = new Map<string, TermPostings>();
  return async (terms) => {
    const missing = [...new Set(terms)].filter((term) => !known.has(term));
    const found = missing.length === 0 ? [] : await source.postings(missing, signal);
    for (const postings of found) if (postings !== undefined) known.set(postings.term, postings);
    return known;
  };
}

/** All terms that a plan names, so that they can be read at once. */
export function termsOf({ concepts, required, excluded }: Plan): readonly string[] {
  const ofNeed = ({ terms, parts }: Need): readonly string[] => [...terms, ...parts.flatMap(ofNeed)];
  return [
    ...concepts.flatMap(({ terms, spellings = [] }) => [...terms, ...spellings]),
    ...required.flatMap(({ need }) => ofNeed(need)),
    ...excluded.flatMap(ofNeed),
  ];
}

/** Looks up a concept: its terms, what its prefix begins, and what was meant if there is nothing else. */
export async function gatherEvidence(
  concept: Concept,
  source: TermSource,
  read: ReadTerms,
  options: ExpansionOptions,
  signal?: AbortSignal,
): Promise<Evidence> {
  const own = [...concept.terms, ...(concept.spellings ?? [])];
  const known = await read(own);
  const held = own.filter((term) => known.has(term));
  const exact = held.length > 0;
  const begun =
    concept.typed === undefined ? undefined : await readTyped(concept, exact, source, read, options, signal);
  const near = begun?.near ?? [];
  const matches = begun?.matches ?? [];
  const isFound = exact || near.length > 0 || matches.length > 0;
  const typos = isFound ? near : await findTypos(concept, source, read, options, signal);
  const found = await read([...matches, ...typos].map(({ term }) => term));
  const short = (begun?.used ?? '').length <= 2;
  const derive =
    (kind: Derived['kind']) =>
    (match: TermMatch): readonly Derived[] => {
      const fields = found.get(match.term)?.fields;
      return fields === undefined ? [] : [{ term: match.term, kind, distance: match.distance, fields }];
    };
  const key = begun?.used ?? concept.terms[0] ?? '';
  // A term as long as the prefix is the prefix: an exact hit, though its stem differs from the concept's.
  const terms = [...concept.terms, ...held, ...matches.flatMap(({ term }) => (term === key ? [term] : []))];
  const derived = matches.filter(({ term }) => term !== key && !own.includes(term)).flatMap(derive('prefix'));
  return {
    key,
    ...(concept.field === undefined ? {} : { field: concept.field }),
    terms: [...new Set(terms)],
    exact: unite([...new Set(terms)].flatMap((term) => found.get(term) ?? [])),
    derived: [...(short ? preferTitles(derived) : derived), ...typos.flatMap(derive('typo'))],
  };
}

/** Postings of terms that mean the same, as those of one term: frequencies add up. */
function unite(terms: readonly TermPostings[]): readonly FieldPostings[] | undefined {
  const [first] = terms;
  if (first === undefined || terms.length === 1) return first?.fields;
  return FIELDS.map((_, field) => {
    const counts = new Map<number, number>();
    for (const { fields } of terms)
      fields[field]?.passages.forEach((passage, at) => {
        counts.set(passage, (counts.get(passage) ?? 0) + (fields[field]?.frequencies[at] ?? 0));
      });
    const passages = Uint32Array.from(counts.keys()).sort();
    const frequencies = Uint16Array.from(passages, (passage) => counts.get(passage) ?? 0);
    const totals = terms.flatMap(({ fields }) => fields[field]?.total ?? []);
    // Of lists that are not whole, how many passages hold any of them cannot be known: at least as many as the commonest.
    return totals.length === 0
      ? { passages, frequencies }
      : { passages, frequencies, total: Math.max(passages.length, ...totals) };
  });
}

function preferTitles(derived: readonly Derived[]): readonly Derived[] {
  const titled = derived.map((each) => ({
    ...each,
    fields: each.fields.map((field, at) =>
      FIELDS[at] === 'body' ? { passages: new Uint32Array(0), frequencies: new Uint16Array(0) } : field,
    ),
  }));
  return titled.some(({ fields }) => fields.some(({ passages }) => passages.length > 0)) ? titled : derived;
}

/** Stems are shorter than words: "configurati" begins nothing, "configur" does. */
const MOST_TRIMMED = 4;
const SHORTEST_TRIMMED = 3;
/**
 * So many times as common as anything that begins with what is typed, or is near to it, a stem was meant: "comprehensi" is a
 * comprehension, though it begins comprehension.if, but "databa" is no data. Of all half-typed forms of 800 words each of Python's and
 * PostgreSQL's documentation 19 % did not find their word, now 5 %; at 1 half as many more find another's stem, at 10 one in five fewer
 * find their own.
 */
const STEM_LEAD = 3;

/** What a half-typed word may stand for. */
interface Begun {
  /** As much of it as begins something, or its stem; undefined where another word was meant. */
  readonly used?: string;
  readonly matches: readonly TermMatch[];
  /** The other words. */
  readonly near: readonly TermMatch[];
}

async function readTyped(
  concept: Concept,
  exact: boolean,
  source: TermSource,
  read: ReadTerms,
  options: ExpansionOptions,
  signal?: AbortSignal,
): Promise<Begun> {
  const { typed = '' } = concept;
  const [begun, stem] = await Promise.all([
    expandTyped(concept, exact, source, options, signal),
    exact ? undefined : heldStem(typed, read),
  ]);
  const whole = begun.matches.filter(({ term }) => term.startsWith(typed));
  // What begins as the word only when cut short was seldom meant where another word is near: "serach" is no server.
  const isCut = !exact && whole.length === 0 && begun.matches.length > 0;
  const near = isCut ? await findNear(concept, concept.terms[0] ?? '', source, options, signal) : [];
  const rivals = [...whole, ...near].filter(({ term }) => term !== stem?.term);
  if (stem !== undefined && holdersOf(stem) >= STEM_LEAD * Math.max(0, ...rivals.map(({ frequency }) => frequency)))
    return { used: stem.term, matches: [{ term: stem.term, frequency: 0, distance: 0 }, ...whole], near: [] };
  return near.length > 0 ? { matches: [], near } : { ...begun, near };
}

async function expandTyped(
  { typed = '', terms }: Concept,
  exact: boolean,
  source: TermSource,
  options: ExpansionOptions,
  signal?: AbortSignal,
): Promise<{ readonly used: string; readonly matches: readonly TermMatch[] }> {
  const limit = typed.length <= 2 ? options.shortExpansions : options.expansions;
  const shortest = exact ? typed.length : Math.max(SHORTEST_TRIMMED, typed.length - MOST_TRIMMED);
  for (let length = typed.length; length >= Math.min(shortest, typed.length); length--) {
    const used = typed.slice(0, length);
    const matches = await source.expand(used, limit, signal);
    if (matches.length > 0) return { used, matches: withinBudget(matches, options.expansionPostings) };
  }
  const [stem = ''] = terms;
  const matches = stem !== '' && !typed.startsWith(stem) ? await source.expand(stem, limit, signal) : [];
  return matches.length > 0
    ? { used: stem, matches: withinBudget(matches, options.expansionPostings) }
    : { used: typed, matches };
}

/** At least how many passages hold a term. */
function holdersOf({ fields, outline }: TermPostings): number {
  const held = fields.map(({ passages, total }) => total ?? passages.length);
  return Math.max(...held, outline === undefined ? 0 : outline.passages.length + outline.rest);
}

function withinBudget(matches: readonly TermMatch[], budget: number): readonly TermMatch[] {
  let spent = 0;
  return matches.filter(({ frequency }, at) => {
    if (at > 0 && spent + frequency > budget) return false;
    spent += frequency;
    return true;
  });
}

/** An ending that is misspelt, or not all typed, does not come off as it should. */
const MOST_ENDING = 5;
const SHORTEST_STEM = 5;

/** A term that is a word without its ending: the longest, unless a shorter one is far commoner ("replicatio" is no replica). */
async function heldStem(word: string, read: ReadTerms): Promise<TermPostings | undefined> {
  const endings = Math.min(MOST_ENDING, word.length - SHORTEST_STEM);
  const stems = Array.from({ length: Math.max(0, endings) }, (_, at) => word.slice(0, word.length - 1 - at));
  const known = await read(stems);
  return stems
    .flatMap((stem) => known.get(stem) ?? [])
    .reduce<TermPostings | undefined>(
      (best, each) => (best === undefined || holdersOf(each) >= STEM_LEAD * holdersOf(best) ? each : best),
      undefined,
    );
}

async function findTypos(
  concept: Concept,
  source: TermSource,
  read: ReadTerms,
  options: ExpansionOptions,
  signal?: AbortSignal,
): Promise<readonly TermMatch[]> {
  const { surface, terms } = concept;
  if (surface === undefined || forgivenEdits(surface) === 0) return [];
  // An identifier whose parts are all there is spelt right: it is no neighbour of its like.
  const parts = concept.made === undefined ? undefined : await read(concept.made.flat());
  if (concept.made?.every((part) => part.some((term) => parts?.has(term)))) return [];
  const [stem = surface] = terms;
  const found = await findNear(concept, stem, source, options, signal);
  if (found.length > 0) return found;
  const held = await heldStem(surface, read);
  if (held !== undefined) return [{ term: held.term, frequency: 0, distance: surface.length - held.term.length }];
  return surface === stem ? [] : findNear(concept, surface, source, options, signal);
}

/** The terms nearest to a spelling of the concept, or one of whose forms is nearest to its word, within the edits that this is forgiven. */
async function findNear(
  { surface = '' }: Concept,
  word: string,
  source: TermSource,
  { typos, endings }: ExpansionOptions,
  signal?: AbortSignal,
): Promise<readonly TermMatch[]> {
  const forgiven = forgivenEdits(surface);
  if (forgiven === 0) return [];
  const spellings = [
    { word, edits: Math.min(forgiven, Math.max(1, word.length - 3)) },
    ...(endings === undefined ? [] : [{ word: surface, edits: forgiven, endings }]),
  ];
  const found = (await Promise.all(spellings.map((each) => source.similar(each, typos, signal)))).flat();
  const least = Math.min(...found.map(({ distance }) => distance));
  const nearest = new Map(
    found.filter(({ distance }) => distance > 0 && distance === least).map((each) => [each.term, each]),
  );
  return [...nearest.values()].sort((a, b) => b.frequency - a.frequency).slice(0, typos);
}
