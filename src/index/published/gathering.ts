import { SearchError } from '../../core/errors.ts';
import { collectTerms } from '../collecting.ts';
import { pace } from '../pace.ts';
import { createTermCollector, type TermCollector } from '../term-collector.ts';
import type { QuantisedVectors } from '../terms.ts';
import { createTextsWriter } from '../texts.ts';
import { blocksOf, deflated, type StoredBlock } from './block-list.ts';
import type { DocumentSource, PublishedDocument, PublishOptions } from './documents.ts';
import type { WeightRun } from './manifest.ts';

/** A block of texts is closed at this size before compression: about 2 kB on the wire. */
const TEXTS_BYTES = 4 * 1024;
/** Documents whose texts wait to be compressed. */
const WAITING = 1024;

/** What one reading of all documents gives. */
export interface Gathered {
  readonly collector: TermCollector;
  readonly texts: readonly StoredBlock[];
  /** Undefined where the documents have none. */
  readonly vectors: QuantisedVectors | undefined;
  /** In how many documents each word of the model's kind stands. */
  readonly frequencies: ReadonlyMap<string, number>;
  /** Commonest first. */
  readonly languages: readonly string[];
  readonly weights: readonly WeightRun[];
  readonly documents: number;
}

/** Reads each document once, in the order of their ids. */
export async function gather(source: DocumentSource, options: PublishOptions): Promise<Gathered> {
  const order = inOrder(source.ids);
  const collector = createTermCollector();
  const texts = textBlocks();
  const vectors = joinVectors(source.passages);
  const weights = weightRuns();
  const languages = new Map<string, number>();
  const frequencies = new Map<string, number>();
  const { due, rest } = pace(options.signal);
  for (const at of order) {
    const read = source.read(at);
    const given = read instanceof Promise ? await read : read;
    const { document, passages } = given;
    collectTerms(document, passages, await options.analyzer(document.language), collector);
    if (texts.add(given)) await texts.flush();
    vectors.add(given);
    for (const { weight } of passages) weights.add(weight);
    count(languages, document.language);
    if (given.vectors !== undefined)
      for (const word of new Set(options.words?.([document.title, ...passages.map(({ text }) => text)].join('\n'))))
        count(frequencies, word);
    if (due()) await rest();
  }
  await texts.flush();
  const commonest = [...languages].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([language]) => language);
  const found = { collector, texts: texts.blocks, vectors: vectors.joined(), frequencies };
  return { ...found, languages: commonest, weights: weights.runs, documents: order.length };
}

function inOrder(ids: readonly string[]): Uint32Array {
  const id = (at: number | undefined) => ids[at ?? -1] ?? '';
  const order = Uint32Array.from(ids.keys()).sort((a, b) => (id(a) < id(b) ? -1 : 1));
  for (let at = 1; at < order.length; at += 1)
    if (id(order[at]) === id(order[at - 1]))
      throw new SearchError('bad-input', `Document '${id(order[at])}' was given twice.`);
  return order;
}

/** Blocks are closed after so many documents, and compressed: texts are most of what is read. */
function textBlocks() {
  const blocks: StoredBlock[] = [];
  let writer = createTextsWriter({ blockBytes: TEXTS_BYTES });
  let [waiting, written, before] = [0, 0, 0];
  return {
    blocks,
    /** True when it is time to flush. */
    add({ document, passages }: PublishedDocument): boolean {
      for (const [ordinal, passage] of passages.entries()) writer.add(document, { ...passage, ordinal });
      written += passages.length;
      waiting += 1;
      return waiting >= WAITING;
    },
    async flush(): Promise<void> {
      const file = await writer.finish();
      const first = before;
      for (const { ordinal = 0, ...block } of await deflated(blocksOf(file)))
        blocks.push({ ...block, ordinal: first + ordinal });
      writer = createTextsWriter({ blockBytes: TEXTS_BYTES });
      [waiting, before] = [0, written];
    },
  };
}

function joinVectors(count: number) {
  let rows: Int8Array | undefined;
  let dimensions = 0;
  let [filled, bare] = [0, 0];
  const scales = new Float32Array(count);
  return {
    add({ document, passages, vectors }: PublishedDocument): void {
      if (passages.length === 0) return;
      if (vectors === undefined) bare += 1;
      dimensions ||= vectors?.dimensions ?? 0;
      const isWrong = vectors !== undefined && (vectors.count !== passages.length || vectors.dimensions !== dimensions);
      if (isWrong || (bare > 0 && dimensions > 0))
        throw new SearchError(
          'bad-input',
          `Document '${document.id}' needs ${passages.length} vectors of ${dimensions}, as all others have.`,
        );
      if (vectors === undefined) return;
      rows ??= new Int8Array(count * dimensions);
      rows.set(vectors.rows, filled * dimensions);
      scales.set(vectors.scales, filled);
      filled += vectors.count;
    },
    joined: (): QuantisedVectors | undefined => rows && { dimensions, count: filled, rows, scales },
  };
}

function weightRuns() {
  const runs: { start: number; count: number; weight: number }[] = [];
  let number = 0;
  return {
    runs,
    add(weight: number): void {
      const run = runs.at(-1);
      if (weight !== 1) {
        if (run && run.start + run.count === number && run.weight === weight) run.count += 1;
        else runs.push({ start: number, count: 1, weight });
      }
      number += 1;
    },
  };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
