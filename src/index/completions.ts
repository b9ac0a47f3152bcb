import { type BlockCodec, type BlockFile, blockOfKey, createBlockWriter } from './blocks.ts';
import { type ByteReader, ByteWriter } from './codec.ts';
import { isNameTerm } from './lexical/names.ts';
import { FIELDS, type FieldPostings } from './terms.ts';

/**
 * One and two letters match too many terms to look through (p95 of 1 s at 100k passages with MiniSearch), so
 * each segment keeps, for every such prefix, its commonest terms and those commonest in titles and headings.
 */
const COMMONEST = 24;
const COMMONEST_IN_TITLES = 8;
const BLOCK_BYTES = 4 * 1024;
export const COMPLETED_LETTERS = 2;

export interface CountedTerm {
  readonly term: string;
  /** Passages that hold it. */
  readonly frequency: number;
}

interface Candidate extends CountedTerm {
  readonly inTitles: number;
}

export interface CompletionsWriter {
  /** Terms must come in ascending order. */
  add(term: string, frequency: number, fields: readonly FieldPostings[]): void;
  finish(codec: BlockCodec): ReturnType<ReturnType<typeof createBlockWriter>['finish']>;
}

export function collectCompletions(): CompletionsWriter {
  const chosen = new Map<string, readonly CountedTerm[]>();
  const open: (Group | undefined)[] = [];
  const close = (letters: number) => {
    const group = open[letters - 1];
    if (group !== undefined) chosen.set(group.prefix, choose(group));
    open[letters - 1] = undefined;
  };
  return {
    add(term, frequency, fields) {
      if (isNameTerm(term)) return;
      const candidate = { term, frequency, inTitles: titlePostings(fields) };
      for (let letters = 1; letters <= Math.min(COMPLETED_LETTERS, term.length); letters += 1) {
        const prefix = term.slice(0, letters);
        if (endsInPair(prefix)) continue;
        if (open[letters - 1]?.prefix !== prefix) close(letters);
        const group = open[letters - 1] ?? emptyGroup(prefix);
        open[letters - 1] = group;
        group.commonest.offer(candidate);
        if (candidate.inTitles > 0) group.inTitles.offer(candidate);
        if (term === prefix) group.itself = candidate;
      }
    },
    finish(codec) {
      for (let letters = 1; letters <= COMPLETED_LETTERS; letters += 1) close(letters);
      return writeTable(chosen, codec);
    },
  };
}

interface Group {
  readonly prefix: string;
  readonly commonest: Best;
  readonly inTitles: Best;
  itself: Candidate | undefined;
}

function emptyGroup(prefix: string): Group {
  return {
    prefix,
    commonest: keepBest(COMMONEST, commonestFirst),
    inTitles: keepBest(COMMONEST_IN_TITLES, (a, b) => b.inTitles - a.inTitles || commonestFirst(a, b)),
    itself: undefined,
  };
}

interface Best {
  offer(candidate: Candidate): void;
  kept(): readonly Candidate[];
}

/** The first `count` in an order, without sorting all: most offers are refused by one comparison. */
function keepBest(count: number, order: (a: Candidate, b: Candidate) => number): Best {
  let held: Candidate[] = [];
  let worst: Candidate | undefined;
  const trim = () => {
    held = held.sort(order).slice(0, count);
    worst = held.length === count ? held.at(-1) : undefined;
  };
  return {
    offer(candidate) {
      if (worst !== undefined && order(candidate, worst) > 0) return;
      held.push(candidate);
      if (held.length >= count * 4) trim();
    },
    kept() {
      trim();
      return held;
    },
  };
}

function choose({ commonest, inTitles, itself }: Group): readonly CountedTerm[] {
  const kept = new Set([...commonest.kept(), ...inTitles.kept()]);
  if (itself !== undefined) kept.add(itself);
  return [...kept].sort(commonestFirst);
}

function titlePostings(fields: readonly FieldPostings[]): number {
  return FIELDS.reduce((sum, field, at) => sum + (field === 'body' ? 0 : (fields[at]?.passages.length ?? 0)), 0);
}

/** True where the prefix would end with the first half of a surrogate pair. */
function endsInPair(prefix: string): boolean {
  return (prefix.charCodeAt(prefix.length - 1) & 0xfc00) === 0xd800;
}

/** Commonest first, then by the term itself: one order for one input. */
export function commonestFirst(a: CountedTerm, b: CountedTerm): number {
  return b.frequency - a.frequency || (a.term < b.term ? -1 : a.term > b.term ? 1 : 0);
}

function writeTable(chosen: ReadonlyMap<string, readonly CountedTerm[]>, codec: BlockCodec) {
  const blocks = createBlockWriter(codec);
  let prefixes: string[] = [];
  let terms: CountedTerm[][] = [];
  let bytes = 0;
  const close = () => {
    const [key] = prefixes;
    if (key === undefined) return;
    const writer = new ByteWriter(bytes * 2);
    writer.strings(prefixes);
    for (const [index, each] of terms.entries()) {
      writer.strings(each.map(({ term }) => term.slice(prefixes[index]?.length)));
      for (const { frequency } of each) writer.varint(frequency);
    }
    blocks.add(writer.finish(), { key });
    prefixes = [];
    terms = [];
    bytes = 0;
  };
  for (const prefix of [...chosen.keys()].sort()) {
    const each = [...(chosen.get(prefix) ?? [])];
    prefixes.push(prefix);
    terms.push(each);
    bytes += each.reduce((sum, { term }) => sum + term.length + 3, prefix.length);
    if (bytes >= BLOCK_BYTES) close();
  }
  close();
  return blocks.finish();
}

export type CompletionsBlock = ReadonlyMap<string, readonly CountedTerm[]>;

export function readCompletions(reader: ByteReader): CompletionsBlock {
  const table = new Map<string, readonly CountedTerm[]>();
  for (const prefix of reader.strings()) {
    const suffixes = reader.strings();
    const frequencies = reader.varints(suffixes.length);
    table.set(
      prefix,
      suffixes.map((suffix, index) => ({ term: prefix + suffix, frequency: frequencies[index] ?? 0 })),
    );
  }
  reader.end();
  return table;
}

/** The kept terms for a prefix of one or two letters, commonest first. Reads one block. */
export async function complete(
  file: BlockFile<CompletionsBlock>,
  prefix: string,
  signal?: AbortSignal,
): Promise<readonly CountedTerm[]> {
  const block = blockOfKey(file.directory, prefix);
  if (block < 0) return [];
  const [table] = await file.read([block], signal);
  return table?.get(prefix) ?? [];
}
