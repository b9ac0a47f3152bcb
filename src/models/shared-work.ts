import { throwIfAborted } from '../core/cancellation.ts';
import { toSearchError } from '../core/errors.ts';
import type { CrossEncoder } from '../core/ports.ts';
import type { SpawnedHost } from './selection.ts';

/**
 * More workers with the same model, so that a shortlist is scored on several cores without the shared memory that threads
 * need (and with it COOP and COEP). A score depends on its pair alone, and so it does not matter who computes it.
 */
export interface SharedWork {
  /** Scores with all workers that are there; `first` must succeed, another that fails is let go and its part done by `first`. */
  readonly encoder: CrossEncoder;
  /** Workers, the first one included. */
  hands(): number;
  /** Ends the others. */
  close(): void;
}

export interface SharedWorkOptions {
  readonly first: CrossEncoder;
  /** Starts another worker with the model loaded; called `others` times, in the background. */
  readonly hire: () => Promise<SpawnedHost>;
  readonly others: number;
}

/** Consecutive parts of nearly equal length, none of them empty. */
function parts<T>(items: readonly T[], count: number): T[][] {
  const used = Math.min(count, items.length);
  return Array.from({ length: used }, (_, at) =>
    items.slice(Math.floor((at * items.length) / used), Math.floor(((at + 1) * items.length) / used)),
  );
}

/** How many workers score together on a machine of so many cores: more than four would only heat a phone. */
export function usefulHands(cores: number | undefined): number {
  return Math.max(1, Math.min(4, cores ?? 1));
}

export function shareWork({ first, hire, others }: SharedWorkOptions): SharedWork {
  const helpers = new Set<SpawnedHost>();
  let closed = false;
  const dismiss = (worker: SpawnedHost) => {
    helpers.delete(worker);
    worker.terminate();
  };
  for (let each = 0; each < others; each++)
    hire().then(
      (worker) => {
        if (closed) worker.terminate();
        else helpers.add(worker);
      },
      // One worker does all the work, only slower: nothing that a visitor should read of.
      () => undefined,
    );

  const byHelper = async (worker: SpawnedHost, query: string, texts: readonly string[], signal?: AbortSignal) => {
    try {
      return await worker.host.score(query, texts, signal);
    } catch (cause) {
      throwIfAborted(signal);
      if (toSearchError(cause).code !== 'aborted') dismiss(worker);
      return first.score(query, texts, signal);
    }
  };

  return {
    hands: () => 1 + helpers.size,
    encoder: {
      async score(query, texts, signal) {
        const workers = [...helpers];
        if (workers.length === 0 || texts.length < 2) return first.score(query, texts, signal);
        const [own = [], ...rest] = parts(texts, 1 + workers.length);
        const scores = await Promise.all([
          first.score(query, own, signal),
          ...rest.map((part, at) => {
            const worker = workers[at];
            return worker === undefined ? first.score(query, part, signal) : byHelper(worker, query, part, signal);
          }),
        ]);
        return Float32Array.from(scores.flatMap((each) => [...each]));
      },
    },
    close() {
      closed = true;
      for (const worker of [...helpers]) dismiss(worker);
    },
  };
}
