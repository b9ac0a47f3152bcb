import type { Embedder, PassageSource } from '../core/ports.ts';
import type { PassageNumbers, TermSource, VectorIndex } from '../index/terms.ts';

/** A corpus at one moment: what it finds and the texts it gives belong together. */
export interface CorpusMoment {
  readonly terms: TermSource;
  readonly numbers: PassageNumbers;
  readonly passages: PassageSource;
  /** Absent for a corpus without vectors. */
  readonly vectors: VectorIndex | undefined;
  readonly documents: number;
  /** One above its highest passage number. */
  readonly size: number;
  /** The corpus's own way to embed a question; the engine's embedder if absent. */
  readonly embedder?: Embedder;
}

export interface SearchableCorpus {
  readonly name: string;
  /** A corpus that may be out of reach (published, and the page is offline): without it search goes on. */
  readonly optional: boolean;
  moment(signal: AbortSignal): Promise<CorpusMoment>;
  /** Called when an answer is out and the thread has time: fetches what the next question will read. */
  warm?(): Promise<void>;
}
