import { ByteWriter } from '../codec.ts';
import { quantise } from '../vectors/quantise.ts';
import type { RawBlock } from './lexicon.ts';
import type { Row } from './rows.ts';

/** The static model as a builder needs it. */
export interface TokenTable {
  readonly dimensions: number;
  /** By id; `##` begins those that continue a word. */
  readonly tokens: readonly string[];
  row(id: number): Row;
  /** Ids of a word's pieces. */
  encode(word: string): ArrayLike<number>;
}

/** Words of the site that are made of several pieces get a row of their own if they are among so many commonest. */
const MOST_WORDS = 8000;
const LEAST_FREQUENCY = 3;
const PIECES_BYTES = 6 * 1024;

/** Rows of all tokens, and of the site's own words: with them a question needs neither model nor vocabulary. */
export function wordRows(table: TokenTable, words: ReadonlyMap<string, number>): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (const [id, token] of table.tokens.entries()) {
    const row = table.row(id);
    if (row.values.some((value) => value !== 0)) rows.set(token, row);
  }
  const own = [...words]
    .filter(([word, frequency]) => frequency >= LEAST_FREQUENCY && !rows.has(word))
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MOST_WORDS);
  for (const [word] of own) rows.set(word, rowOfWord(table, word));
  return rows;
}

function rowOfWord(table: TokenTable, word: string): Row {
  const sum = new Float32Array(table.dimensions);
  for (const id of Array.from(table.encode(word))) {
    const { values, scale } = table.row(id);
    for (let d = 0; d < sum.length; d += 1) sum[d] = (sum[d] ?? 0) + (values[d] ?? 0) * scale;
  }
  const { rows, scales } = quantise(sum, table.dimensions);
  return { values: rows, scale: scales[0] ?? 0 };
}

/** The vocabulary in sorted blocks, for words that have no row of their own. */
export function pieceBlocks({ tokens }: TokenTable): readonly RawBlock[] {
  const sorted = [...new Set(tokens)].sort();
  const blocks: RawBlock[] = [];
  let open: string[] = [];
  let bytes = 0;
  const close = () => {
    const [key] = open;
    if (key === undefined) return;
    const writer = new ByteWriter(bytes * 2);
    writer.frontCoded(open);
    blocks.push({ bytes: writer.finish(), key });
    open = [];
    bytes = 0;
  };
  for (const token of sorted) {
    open.push(token);
    bytes += 5;
    if (bytes >= PIECES_BYTES) close();
  }
  close();
  return blocks;
}
