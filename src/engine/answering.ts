import { throwIfAborted } from '../core/cancellation.ts';
import type { PassageId, StoredPassage } from '../core/document.ts';
import { placeOf } from '../core/place.ts';
import type { PassageSource, StageEvent } from '../core/ports.ts';
import type { Ranking } from '../core/ranking.ts';
import { namesFirst } from './names-first.ts';
import type { Answer, Result, SkippedStage } from './types.ts';

/** For each place that is still free so many passages are read, of which some may be of sections that are shown already. */
const SPARE = 2;

/** A passage as a result shows it. */
export type Present = (passage: StoredPassage) => Promise<Pick<Result, 'excerpt'>>;

export interface Answering {
  readonly query: string;
  readonly limit: number;
  readonly explain: boolean;
  /** What is named as the question is comes first. */
  readonly namesCount: boolean;
  /** Stages that are lists of their own; the others (dense inside hybrid) only feed them. */
  readonly shown: ReadonlySet<string>;
  /** The stage whose complete list ends the search: finish() shows it, and nothing is gained by showing it twice. */
  readonly last?: string;
  readonly passages: PassageSource;
  readonly present: Present;
  onAnswer(answer: Answer): void;
  /** Once it has fired, no text is read and no answer given. */
  readonly signal?: AbortSignal;
  /** performance.now() when the search began. */
  readonly start: number;
}

interface Placed {
  readonly passage: StoredPassage;
  readonly score: number;
}

/**
 * Turns the events of a pipeline into answers, in the order in which the stages came. While one list is being
 * dressed with texts, newer ones replace each other, so that a slow store never shows an old order late.
 */
export function createAnswers(options: Answering) {
  const ms: Record<string, number> = {};
  const skipped: SkippedStage[] = [];
  const ranks = new Map<string, ReadonlyMap<PassageId, { readonly rank: number; readonly score: number }>>();
  const stored = new Map<PassageId, StoredPassage>();
  /** What a passage shows, made once a search: the stages mostly reorder the same passages. */
  const dressed = new Map<PassageId, Omit<Result, 'score' | 'explain'>>();
  let waiting: { readonly stage: string; readonly ranking: Ranking } | undefined;
  let dressing: Promise<void> | undefined;

  const explained = (id: PassageId) =>
    Object.fromEntries(
      [...ranks].flatMap(([stage, places]) => {
        const place = places.get(id);
        return place === undefined ? [] : [[stage, place]];
      }),
    );

  const readAll = async (ids: readonly PassageId[]): Promise<void> => {
    throwIfAborted(options.signal);
    const unread = ids.filter((id) => !stored.has(id));
    if (unread.length === 0) return;
    for (const passage of await options.passages.passages(unread, options.signal)) stored.set(passage.id, passage);
  };

  /** The best passage of each section. Of which one a passage is its text says: texts are read until all places are taken. */
  const bestOfSections = async (ranking: Ranking): Promise<readonly Placed[]> => {
    const best = new Map<string, Placed>();
    let at = 0;
    for (let free = Math.floor(options.limit); free > 0 && at < ranking.length; ) {
      const next = ranking.slice(at, at + (at === 0 ? free : SPARE * free));
      at += next.length;
      await readAll(next.map(({ id }) => id));
      for (const { id, score } of next) {
        const passage = stored.get(id);
        // One that has gone, or cannot be read, leaves its place empty: else all below it were asked for too.
        if (passage === undefined) free -= 1;
        else if (free > 0 && !best.has(placeOf(passage))) {
          best.set(placeOf(passage), { passage, score });
          free -= 1;
        }
      }
    }
    return [...best.values()];
  };

  const dressOne = async (passage: StoredPassage) => {
    const { id, documentId, url, anchor, title, heading } = passage;
    const own = dressed.get(id) ?? { id, documentId, url, anchor, title, heading, ...(await options.present(passage)) };
    dressed.set(id, own);
    return own;
  };

  const answer = async (stage: string, ranking: Ranking, complete: boolean): Promise<Answer> => {
    const best = await bestOfSections(ranking);
    const named = options.namesCount ? namesFirst(options.query, best) : best;
    const results = await Promise.all(
      named.map(async ({ passage, score }): Promise<Result> => {
        const own = await dressOne(passage);
        return options.explain ? { ...own, score, explain: explained(passage.id) } : { ...own, score };
      }),
    );
    return { query: options.query, results, stage, complete, skipped: [...skipped], ms: { ...ms } };
  };

  const dress = async () => {
    while (waiting !== undefined) {
      const { stage, ranking } = waiting;
      waiting = undefined;
      const next = await answer(stage, ranking, false);
      throwIfAborted(options.signal);
      options.onAnswer(next);
    }
    dressing = undefined;
  };

  return {
    onStage(event: StageEvent): void {
      if (event.kind === 'skipped') {
        skipped.push({ stage: event.stage, code: event.code, reason: event.reason });
        return;
      }
      if (event.complete) ms[event.stage] = performance.now() - options.start;
      if (options.explain)
        ranks.set(event.stage, new Map(event.ranking.map(({ id, score }, index) => [id, { rank: index + 1, score }])));
      if (!options.shown.has(event.stage) || (event.complete && event.stage === options.last)) return;
      waiting = { stage: event.stage, ranking: event.ranking };
      dressing ??= dress().catch(() => {
        dressing = undefined;
      });
    },
    /** The last answer; earlier ones have been given or are overtaken by it. */
    async finish(ranking: Ranking, stage: string): Promise<Answer> {
      waiting = undefined;
      await dressing;
      const last = await answer(stage, ranking, true);
      throwIfAborted(options.signal);
      options.onAnswer(last);
      return last;
    },
  };
}
