import type { PassageId } from '../core/document.ts';
import { passageText } from '../core/passage-text.ts';
import type { Embedder, PassageSource } from '../core/ports.ts';
import { type Ranking, ranking } from '../core/ranking.ts';

/** A dense list with the best of it read anew, for one embedding of a question. */
export type ReadWindows = (embedding: Float32Array, found: Ranking, signal: AbortSignal) => Promise<Ranking>;

export interface WindowOptions {
  readonly embedder: Embedder;
  readonly passages: PassageSource;
  /** The best so many of a list are read anew; 0 for none. */
  readonly most: number;
}

/** What the best window counts against the whole passage. */
export const WINDOW_SHARE = 0.5;

/**
 * Scores the best of a dense list by their windows of words as well: a vector of a whole passage is a mean of all that it says, and the
 * answer stands in one or two of its sentences (Dai and Callan, SIGIR 2019, rank documents by their best passage alike). What is below
 * `most` stays below. Vectors of windows are made from the texts, once in a reader's life, which should be one search's;
 * undefined where the embedder makes none (docs/decisions/0017).
 */
export function windowReader({ embedder, passages, most }: WindowOptions): ReadWindows | undefined {
  const embedWindows = embedder.embedWindows?.bind(embedder);
  if (embedWindows === undefined || most === 0) return undefined;
  const known = new Map<PassageId, Float32Array>();

  const learn = async (ids: readonly PassageId[], signal: AbortSignal): Promise<void> => {
    const texts = await passages.passages(
      ids.filter((id) => !known.has(id)),
      signal,
    );
    const headed = texts.map((passage) => ({ head: passageText({ ...passage, text: '' }), text: passage.text }));
    const vectors = await embedWindows(headed, signal);
    for (const [at, { id }] of texts.entries()) known.set(id, vectors?.[at] ?? new Float32Array());
  };

  return async (embedding, found, signal) => {
    const read = found.slice(0, most);
    await learn(
      read.map(({ id }) => id),
      signal,
    );
    const better = read.map(({ id, score }) => {
      const best = bestWindow(embedding, known.get(id) ?? new Float32Array());
      return { id, score: best === undefined ? score : (1 - WINDOW_SHARE) * score + WINDOW_SHARE * best };
    });
    // Scores of windows have another height: the others keep their distances, below the lowest of those.
    const [edge, lowest] = [read.at(-1)?.score ?? 0, Math.min(...better.map(({ score }) => score))];
    const others = found.slice(most).map(({ id, score }) => ({ id, score: score - edge + lowest }));
    return ranking([...better, ...others]);
  };
}

/** The highest cosine of any window (unit vectors, row-major) with the question; undefined where there is none. */
function bestWindow(embedding: Float32Array, windows: Float32Array): number | undefined {
  const dimensions = embedding.length;
  let best: number | undefined;
  for (let from = 0; from + dimensions <= windows.length; from += dimensions) {
    let sum = 0;
    for (let d = 0; d < dimensions; d += 1) sum += (embedding[d] ?? 0) * (windows[from + d] ?? 0);
    if (best === undefined || sum > best) best = sum;
  }
  return best;
}
