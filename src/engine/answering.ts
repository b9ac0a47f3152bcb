import { throwIfAborted } from '../core/cancellation.ts';
import type { PassageId, StoredPassage } from '../core/document.ts';
import type { PassageSource, StageEvent } from '../core/ports.ts';
import type { Ranking } from '../core/ranking.ts';
import type { Answer, Result, SkippedStage } from './types.ts';

/** A passage as a result shows it. */
export type Present = (passage: StoredPassage) => Promise<Pick<Result, 'excerpt'>>;

export interface Answering {
  readonly query: string;
  readonly limit: number;
  readonly explain: boolean;
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

/**
 * Turns the events of a pipeline into answers, in the order in which the stages came. While one list is being
 * dressed with texts, newer ones replace each other, so that a slow store never shows an old order late.
 */
export function createAnswers(options: Answering) {
  const ms: Record<string, number> = {};
  const skipped: SkippedStage[] = [];
  const ranks = new Map<string, ReadonlyMap<PassageId, { readonly rank: number; readonly score: number }>>();
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

  const dressAll = async (ids: readonly PassageId[]): Promise<void> => {
    if (ids.length === 0) return;
    const stored = await options.passages.passages(ids, options.signal);
    const presented = await Promise.all(stored.map((passage) => options.present(passage)));
    for (const [at, { id, documentId, url, anchor, title, heading }] of stored.entries()) {
      const own = presented[at];
      if (own !== undefined) dressed.set(id, { id, documentId, url, anchor, title, heading, ...own });
    }
  };

  const answer = async (stage: string, ranking: Ranking, complete: boolean): Promise<Answer> => {
    const top = ranking.slice(0, options.limit);
    await dressAll(top.map(({ id }) => id).filter((id) => !dressed.has(id)));
    const results = top.flatMap(({ id, score }): Result[] => {
      const own = dressed.get(id);
      if (own === undefined) return [];
      return [options.explain ? { ...own, score, explain: explained(id) } : { ...own, score }];
    });
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
