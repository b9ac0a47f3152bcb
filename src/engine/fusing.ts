import type { PassageId } from '../core/document.ts';
import { toSearchError } from '../core/errors.ts';
import type { Context, Fusion, Query, Retriever } from '../core/ports.ts';
import { emptyRanking, type Ranking, ranking } from '../core/ranking.ts';
import type { Feedback, Rescore, SecondLook } from '../retrieve/dense.ts';
import { isConstrained } from './constraint.ts';

/** Which passages get better scores than a retriever's own. */
export interface Rescoring {
  readonly rescore: Rescore;
  /** The best so many: those whose texts are read in any case. */
  readonly most: number;
}

export interface FuseOptions {
  /** The last retriever's second search, told by the best `most` of the first fusion; these keep their places. */
  readonly feedback?: { readonly search: Feedback; readonly most: number } | undefined;
  /** Scores that are better than the last retriever's own, for the best `most`. */
  readonly rescoring?: Rescoring | undefined;
  /** Passages that stay above the others. */
  readonly upheld?: Upheld | undefined;
}

export type Upheld = () => Promise<ReadonlySet<PassageId>>;

/**
 * Each retriever gives its own top list of `depth`; the union of them is fused. Fails if one of them fails. With `feedback` the
 * last one searches again, and what it finds takes the place of its first list below the passages that told it what to look for.
 * With `rescoring` the best are fused once more, with scores instead of, and beside, those of the last retriever: they change
 * places among themselves.
 */
export function fuse(
  name: string,
  fuseLists: Fusion,
  retrievers: readonly Retriever[],
  { feedback, rescoring, upheld }: FuseOptions = {},
): Retriever {
  return {
    name,
    async retrieve(query, depth, context) {
      const [rankings, held] = await Promise.all([
        Promise.all(retrievers.map((each) => each.retrieve(query, depth, context))),
        upheld?.(),
      ]);
      const fusion: Fusion = (lists) => uphold(fuseLists(lists), held);
      const first = fusion(rankings);
      if ((rankings.at(-1) ?? emptyRanking).length === 0) return first;
      const better = (lists: readonly Ranking[], fused: Ranking, by: Rescoring | undefined) =>
        by === undefined ? fused : fusedAgain(fusion, lists, fused, by, context.signal);
      // A second search knows no operators, and there would be nobody to hold it to them.
      const telling = feedback === undefined || isConstrained(query) ? 0 : Math.min(feedback.most, first.length);
      if (feedback === undefined || telling === 0) return better(rankings, first, rescoring);
      const told = (await better(rankings, first, rescoring && { ...rescoring, most: telling })).slice(0, telling);
      const second = await secondLook(feedback.search, query, ranking(told), depth, context);
      if (second === undefined) return better(rankings, first, rescoring);
      const lists = [...rankings.slice(0, -1), second.ranking];
      const fused = fusion(lists);
      const tellers = new Set(told.map(({ id }) => id));
      const others = ranking(fused.filter(({ id }) => !tellers.has(id)));
      const { rescore } = second;
      const left = Math.max(0, (rescoring?.most ?? 0) - telling);
      const below = await better(lists, others, rescore && { rescore, most: left });
      return uphold(placed([...told, ...below], fused), held);
    },
  };
}

/** One that fails is reported as skipped: the first look stands. */
async function secondLook(
  search: Feedback,
  query: Query,
  told: Ranking,
  depth: number,
  { signal, onStage }: Context,
): Promise<SecondLook | undefined> {
  const start = performance.now();
  try {
    const found = await search(query, told, depth, signal);
    if (found !== undefined)
      onStage({
        kind: 'ranked',
        stage: 'feedback',
        ranking: found.ranking,
        ms: performance.now() - start,
        complete: true,
      });
    return found;
  } catch (cause) {
    const error = toSearchError(cause);
    if (error.code === 'aborted' || signal.aborted) throw error;
    onStage({ kind: 'skipped', stage: 'feedback', code: error.code, reason: error.message });
    return undefined;
  }
}

async function fusedAgain(
  fusion: Fusion,
  lists: readonly Ranking[],
  fused: Ranking,
  { rescore, most }: Rescoring,
  signal: AbortSignal,
): Promise<Ranking> {
  const best = new Set(fused.slice(0, most).map(({ id }) => id));
  const scores = await rescore([...best], signal);
  if (scores.size === 0) return fused;
  const last = lists.at(-1) ?? emptyRanking;
  const again = fusion([...lists.slice(0, -1), rescored(last, scores)]).filter(({ id }) => best.has(id));
  return placed(
    fused.map(({ id }, at) => again[at] ?? { id }),
    fused,
  );
}

/** What is `held` first, and then the others, each in their order. */
export function uphold(list: Ranking, held: ReadonlySet<PassageId> = new Set()): Ranking {
  if (held.size === 0) return list;
  const isHeld = ({ id }: { readonly id: PassageId }) => held.has(id);
  return placed([...list.filter(isHeld), ...list.filter((each) => !isHeld(each))], list);
}

/** The same list with some passages before all others, those too that it has not found: tier by tier, each in its own order. */
export function leading(retriever: Retriever, tiers: () => Promise<readonly ReadonlySet<PassageId>[]>): Retriever {
  return {
    name: retriever.name,
    async retrieve(query, depth, context) {
      const [found, led] = await Promise.all([retriever.retrieve(query, depth, context), tiers()]);
      if (led.every((ids) => ids.size === 0)) return found;
      const known = found.map(({ id }) => id);
      const first = led.flatMap((ids) => [...known.filter((id) => ids.has(id)), ...ids]);
      const order = [...new Set([...first, ...known])].slice(0, depth);
      return placed(
        order.map((id) => ({ id })),
        found,
      );
    },
  };
}

/** A second fusion has a scale of its own: the places keep the scores of `scale`, so that the whole list still has one. */
function placed(order: readonly { readonly id: PassageId }[], scale: Ranking): Ranking {
  const lowest = scale.at(-1)?.score ?? 0;
  let above = Number.POSITIVE_INFINITY;
  const scored = order.map(({ id }, at) => {
    // Equal ones would be put in the order of ids.
    above = Math.min(scale[at]?.score ?? lowest, justBelow(above));
    return { id, score: above };
  });
  return ranking(scored);
}

function justBelow(score: number): number {
  return score === Number.POSITIVE_INFINITY
    ? score
    : score - Math.max(Math.abs(score) * Number.EPSILON, Number.MIN_VALUE);
}

export function rescored(list: Ranking, scores: ReadonlyMap<PassageId, number>): Ranking {
  const kept = list.filter(({ id }) => !scores.has(id));
  return ranking([...kept, ...[...scores].map(([id, score]) => ({ id, score }))]);
}
