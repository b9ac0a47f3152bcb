import { abortable } from '../core/cancellation.ts';
import type { Retriever } from '../core/ports.ts';

/**
 * How long the semantic tier's first load waits for the first answer. Vocabulary and vectors cost one thread about as
 * much as a cold lexical search: side by side, the first list came twice as late (docs/benchmarks.md). Over a slow
 * line, where waiting is all there is to do, no more than this is lost, and only once.
 */
const HEAD_START_MS = 250;

export interface HeadStart {
  readonly over: Promise<void>;
  /** The first answer is out, or there will be none. */
  end(): void;
}

export function headStart(ms = HEAD_START_MS): HeadStart {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    end = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { over, end };
}

/** The same retriever, begun when `over` has settled. */
export function heldBack(retriever: Retriever, over: Promise<void>): Retriever {
  return {
    name: retriever.name,
    async retrieve(query, depth, context) {
      await abortable(over, context.signal);
      return retriever.retrieve(query, depth, context);
    },
  };
}
