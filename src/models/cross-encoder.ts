import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { CrossEncoder } from '../core/ports.ts';
import type { Session } from './session.ts';
import { nextTurn } from './turn.ts';
import type { EncodedPair, WordPiece } from './wordpiece.ts';

export interface CrossEncoderOptions {
  /** Query, passage and special tokens together; the passage is cut to it. Passages longer than that need windows (rerank/windows.ts). */
  readonly maxTokens: number;
  /**
   * Pairs of *exactly* equal length in one run; 1 by default. More only for float or weight-only models: dynamic int8
   * takes its scales from the whole batch, so that a neighbour would change a score even without padding.
   */
  readonly maxBatch?: number;
}

/** A cross-encoder that owns its session. */
export interface OwnedCrossEncoder extends CrossEncoder {
  close(): Promise<void>;
}

/** Places in `pairs` that run together: equal lengths, at most `most` of them, in order of first place. */
function buckets(pairs: readonly EncodedPair[], most: number): readonly (readonly number[])[] {
  const open = new Map<number, number[]>();
  const all: number[][] = [];
  for (const [at, { ids }] of pairs.entries()) {
    const bucket = open.get(ids.length);
    if (bucket !== undefined && bucket.length < most) bucket.push(at);
    else {
      const fresh = [at];
      open.set(ids.length, fresh);
      all.push(fresh);
    }
  }
  return all;
}

function int64(values: ArrayLike<number>, target: BigInt64Array, offset: number): void {
  for (let at = 0; at < values.length; at++) target[offset + at] = BigInt(values[at] ?? 0);
}

/**
 * A cross-encoder over [CLS] query [SEP] passage [SEP]: raw logits, no softmax or sigmoid (one logit through a
 * softmax is always 1). A score depends on query and text alone, never on the other texts of the call. The signal is
 * looked at before each run. SearchError('internal') where the model gives no finite number.
 */
export function createCrossEncoder(
  session: Session,
  wordpiece: WordPiece,
  { maxTokens, maxBatch = 1 }: CrossEncoderOptions,
): OwnedCrossEncoder {
  const runBucket = async (pairs: readonly EncodedPair[], places: readonly number[], scores: Float32Array) => {
    const columns = pairs[places[0] ?? 0]?.ids.length ?? 0;
    const ids = new BigInt64Array(places.length * columns);
    const types = new BigInt64Array(places.length * columns);
    for (const [row, place] of places.entries()) {
      const pair = pairs[place];
      if (pair === undefined) continue;
      int64(pair.ids, ids, row * columns);
      int64(pair.types, types, row * columns);
    }
    const logits = await session.run({ ids, types, rows: places.length, columns });
    for (const [row, place] of places.entries()) {
      const logit = logits[row];
      if (logit === undefined || !Number.isFinite(logit))
        throw new SearchError('internal', `The reranker gave ${logit} instead of a number: use another backend.`);
      scores[place] = logit;
    }
  };

  return {
    async score(query, texts, signal) {
      throwIfAborted(signal);
      const pairs = texts.map((text) => wordpiece.encodePair(query, text, maxTokens));
      const scores = new Float32Array(texts.length);
      for (const [at, places] of buckets(pairs, maxBatch).entries()) {
        if (at > 0 && signal !== undefined) await nextTurn();
        throwIfAborted(signal);
        await runBucket(pairs, places, scores);
      }
      return scores;
    },
    close: () => session.close(),
  };
}
