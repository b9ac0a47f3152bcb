import { type BlockCodec, type BlockFile, blockOfKey, createBlockWriter } from './blocks.ts';
import { type ByteReader, ByteWriter } from './codec.ts';
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
  const open: { prefix: string; candidates: Candidate[] }[] = [];
  for (let letters = 1; letters <= COMPLETED_LETTERS; letters += 1) open.push({ prefix: '', candidates: [] });
  const close = (letters: number) => {
    const group = open[letters - 1];
    if (group === undefined || group.candidates.length === 0) return;
    chosen.set(group.prefix, choose(group.prefix, group.candidates));
    open[letters - 1] = { prefix: '', candidates: [] };
  };
  return {
    add(term, frequency, fields) {
      const inTitles = FIELDS.reduce(
        (sum, field, at) => sum + (field === 'body' ? 0 : (fields[at]?.passages.length ?? 0)),
        0,
      );
      for (let letters = 1; letters <= Math.min(COMPLETED_LETTERS, term.length); letters += 1) {
        const prefix = term.slice(0, letters);
        if (/\p{Surrogate}/u.test(prefix)) continue;
        if (open[letters - 1]?.prefix !== prefix) {
          close(letters);
          open[letters - 1] = { prefix, candidates: [] };
        }
        open[letters - 1]?.candidates.push({ term, frequency, inTitles });
      }
    },
    finish(codec) {
      for (let letters = 1; letters <= COMPLETED_LETTERS; letters += 1) close(letters);
      return writeTable(chosen, codec);
    },
  };
}

function choose(prefix: string, candidates: readonly Candidate[]): readonly CountedTerm[] {
  const byFrequency = [...candidates].sort(commonestFirst);
  const byTitles = candidates
    .filter(({ inTitles }) => inTitles > 0)
    .sort((a, b) => b.inTitles - a.inTitles || commonestFirst(a, b));
  const kept = new Set(byFrequency.slice(0, COMMONEST));
  for (const candidate of byTitles.slice(0, COMMONEST_IN_TITLES)) kept.add(candidate);
  for (const candidate of candidates) if (candidate.term === prefix) kept.add(candidate);
  return [...kept].sort(commonestFirst);
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
