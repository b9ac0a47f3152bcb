import type { RunRow } from './collection.ts';

/**
 * Documents by their best passage (MaxP: Dai and Callan, SIGIR 2019): what a passage ranking says of documents, in the
 * order in which each first appears. Passage ids are `${document}#${ordinal}`.
 */
export function bestPassages(passages: readonly { readonly id: string; readonly score: number }[]): readonly RunRow[] {
  const best = new Map<string, number>();
  for (const { id, score } of passages) {
    const at = id.lastIndexOf('#');
    const document = at < 0 ? id : id.slice(0, at);
    const known = best.get(document);
    if (known === undefined || score > known) best.set(document, score);
  }
  return [...best].map(([document, score]) => ({ document, score }));
}
