import type { FieldName } from '../../core/ports.ts';

/** MiniSearch's constants: k, b and d of BM25+. */
export const K = 1.2;
export const B = 0.7;
export const D = 0.5;

/** nDCG@10 at title 1, 1.5, 2, 3: scifact .671 .674 .665 .654, docs-anthropic .713 .733 .730 .724, cranfield .367 .372 .370 .371. */
export const FIELD_WEIGHTS = { title: 1.5, heading: 1.5, body: 1 } satisfies Readonly<Record<FieldName, number>>;

/** How much a term says that so many of all passages hold. */
export function rarity(holders: number, passages: number): number {
  return Math.log(1 + (passages - holders + 0.5) / (holders + 0.5));
}

/** What a frequency is worth in a field of some length, before weights and rarity: MiniSearch's BM25+. */
export function saturation(averageLength: number): (frequency: number, length: number) => number {
  const flat = K * (1 - B);
  const slope = averageLength > 0 ? (K * B) / averageLength : 0;
  return (frequency, length) => D + (frequency * (K + 1)) / (frequency + flat + slope * length);
}
