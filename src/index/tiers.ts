import type { SegmentRecord } from './manifest.ts';

export interface TierOptions {
  /** Segments of like size that make a merge; 4 by default. */
  readonly fanout?: number;
  /** No merge makes a segment of more passages, which bounds its memory (about 1 kB a passage); 65,536 by default. */
  readonly largestSegment?: number;
}

const SMALLEST_TIER = 256;

/**
 * The segments to merge next, as indices into `segments`; empty where there is nothing to do. Segments of one
 * size class are merged when there are `fanout` of them (tiered compaction, O'Neil et al. 1996), and a segment
 * is rewritten when half of it is removed.
 */
export function nextMerge(segments: readonly SegmentRecord[], options: TierOptions = {}): readonly number[] {
  const { fanout = 4, largestSegment = 65_536 } = options;
  const wasteful = segments.findIndex(({ live, passages }) => passages > 0 && live.passages * 2 <= passages);
  if (wasteful >= 0) return [wasteful];
  const tiers = new Map<number, number[]>();
  for (const [index, { live }] of segments.entries()) {
    const tier = Math.floor(Math.log(Math.max(1, live.passages / SMALLEST_TIER)) / Math.log(fanout));
    const members = tiers.get(tier) ?? [];
    members.push(index);
    tiers.set(tier, members);
  }
  for (const [, members] of [...tiers].sort(([a], [b]) => a - b)) {
    if (members.length < fanout) continue;
    const chosen = smallestThatFit(segments, members, largestSegment);
    if (chosen.length >= 2) return chosen;
  }
  return [];
}

function smallestThatFit(
  segments: readonly SegmentRecord[],
  members: readonly number[],
  largest: number,
): readonly number[] {
  const size = (index: number): number => segments[index]?.live.passages ?? 0;
  let total = 0;
  return [...members]
    .sort((a, b) => size(a) - size(b) || a - b)
    .filter((index) => {
      total += size(index);
      return total <= largest;
    })
    .sort((a, b) => a - b);
}
