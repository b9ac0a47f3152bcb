import { throwIfAborted } from '../core/cancellation.ts';
import { SearchError } from '../core/errors.ts';
import type { CrossEncoder } from '../core/ports.ts';
import type { Session } from './session.ts';
import { nextTurn } from './turn.ts';
import type { WordPiece } from './wordpiece.ts';

export interface CrossEncoderOptions {
  /** Query, passage and special tokens together; the passage is cut to it. Passages longer than that need windows (rerank/windows.ts). */
  readonly maxTokens: number;
}

/** A cross-encoder that owns its session. */
export interface OwnedCrossEncoder extends CrossEncoder {
  close(): Promise<void>;
}

/**
 * A cross-encoder over [CLS] query [SEP] passage [SEP]: raw logits, no softmax or sigmoid (one logit through a
 * softmax is always 1). A score depends on query and text alone, never on the other texts of the call. The signal is
 * looked at before each run. SearchError('internal') where the model gives no finite number.
 */
export function createCrossEncoder(
  session: Session,
  wordpiece: WordPiece,
  { maxTokens }: CrossEncoderOptions,
): OwnedCrossEncoder {
  // One pair a run: dynamic int8 takes its scales from the whole batch, so that a neighbour would change a score even without padding.
  const scoreOne = async (query: string, text: string): Promise<number> => {
    const pair = wordpiece.encodePair(query, text, maxTokens);
    const [ids, types] = [BigInt64Array.from(pair.ids, BigInt), BigInt64Array.from(pair.types, BigInt)];
    const [logit] = await session.run({ ids, types, rows: 1, columns: ids.length });
    if (logit === undefined || !Number.isFinite(logit))
      throw new SearchError('internal', `The reranker gave ${logit} instead of a number: use another backend.`);
    return logit;
  };

  return {
    async score(query, texts, signal) {
      throwIfAborted(signal);
      const scores = new Float32Array(texts.length);
      for (const [at, text] of texts.entries()) {
        if (at > 0 && signal !== undefined) await nextTurn();
        throwIfAborted(signal);
        scores[at] = await scoreOne(query, text);
      }
      return scores;
    },
    close: () => session.close(),
  };
}
