import type { Passage } from '../../core/document.ts';
import type { IndexedHead, TermAnalyzer } from '../collecting.ts';
import type { QuantisedVectors } from '../terms.ts';
import type { CommonSizes } from './common-writer.ts';
import type { PackOptions } from './packing.ts';
import type { TokenTable } from './word-table.ts';

/** A document as a published index takes it. */
export interface PublishedDocument {
  readonly document: IndexedHead;
  readonly passages: readonly Passage[];
  /** One row a passage; all documents have them or none. */
  readonly vectors?: QuantisedVectors;
}

/** Documents to be read one at a time, each once: a million of them need not be in memory. */
export interface DocumentSource {
  readonly ids: readonly string[];
  /** Of all documents together. */
  readonly passages: number;
  /** The document whose id stands at that place. */
  read(at: number): PublishedDocument | Promise<PublishedDocument>;
}

export interface PublishOptions extends PackOptions {
  readonly fingerprint: string;
  readonly analyzer: (language: string) => Promise<TermAnalyzer>;
  /** The static model that made the vectors. */
  readonly table?: TokenTable;
  /** Cuts a text into the words that rows belong to. */
  readonly words?: (text: string) => readonly string[];
  /** Clusters beyond which their centroids are grouped. */
  readonly mostUngrouped?: number;
  readonly sizes?: CommonSizes;
  readonly onStep?: (step: string) => void;
  readonly signal?: AbortSignal;
}
