import { documentId, passageId } from '../core/document.ts';
import { ranking } from '../core/ranking.ts';
import type { RunRow } from '../eval/collection.ts';
import { blend } from '../rerank/blend.ts';

const idOf = (index: number) => passageId(documentId(`r${index}`), 0);

/**
 * `rows`, best first, with their head put into the order of the reranker's `logits` (one each, in the same order),
 * blended as the engine blends passages. What has no logit stays below, in its own order.
 */
export function blendRows(rows: readonly RunRow[], logits: readonly number[], weight?: number): readonly RunRow[] {
  const pool = rows.slice(0, logits.length);
  const first = ranking(pool.map(({ score }, index) => ({ id: idOf(index), score })));
  const second = ranking(logits.map((score, index) => ({ id: idOf(index), score })));
  const documents = new Map(pool.map(({ document }, index) => [idOf(index), document]));
  const upper = blend(first, second, weight === undefined ? {} : { weight }).map(({ id, score }) => ({
    document: documents.get(id) ?? '',
    score,
  }));
  const floor = upper.at(-1)?.score ?? 0;
  return [...upper, ...rows.slice(pool.length).map(({ document }, index) => ({ document, score: floor - 1 - index }))];
}
