import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type CrossEncoderEntry, parseCatalog } from '../../src/models/catalog.ts';
import { type BenchOptions, median, type Row, row } from '../row.ts';
import { MINILM } from './bert.ts';
import { preparePeerEmbedder, preparePeerReranker } from './peers.ts';
import type { Site } from './site.ts';

const MODELS = resolve(import.meta.dirname, '../../models');
/** Shapes of the rerankers to be, for as long as a catalog does not have them (training/crossencoder.py). */
const SHAPES = {
  tiny: { layers: 3, hidden: 128, heads: 4, inner: 512, vocabulary: 30522 },
  base: MINILM,
} as const;

export async function measureScan(site: Site, url: string, { quick, say }: BenchOptions): Promise<readonly Row[]> {
  say('Scanning 100,000 embeddings…');
  const { real, random } = await site.visit((call) => call('scan', url, quick ? 5 : 60));
  for (const { kernel, count, recall } of [real, random])
    say(`${kernel}, ${count} vectors: ${(recall * 100).toFixed(1)} % of the exact float top 10 found.`);
  const put = (name: string, own: readonly number[], plain: readonly number[]) =>
    row('engine', name, median(own), 'ms', { name: 'plain JS Float32Array', value: median(plain) });
  return [
    put('scan.100k', real.own, real.plain),
    put('scan.100k.repeated', real.repeated, real.plain),
    put('scan.100k.random', random.own, random.plain),
  ];
}

export async function measureEmbedding(site: Site, url: string, { quick, say }: BenchOptions): Promise<readonly Row[]> {
  say('Embedding, ours and transformers.js…');
  preparePeerEmbedder();
  const { own, peer } = await site.visit((call) => call('embed', url, quick ? 200 : 3000, quick ? 2 : 48));
  const name = 'transformers.js 4.3, MiniLM-L6 shape, int8 WASM, 1 thread';
  return [row('engine', 'embed.passages-per-second', median(own), 'passages/s', { name, value: peer })];
}

/**
 * 50 pairs of 128 tokens by the weights and the kernel that a page would use, on one thread and shared by two workers, beside a
 * cross-encoder of MiniLM's shape in ONNX Runtime with as many threads.
 */
export async function measureReranking(site: Site, options: BenchOptions): Promise<readonly Row[]> {
  const [pairs, rounds] = options.quick ? [2, 1] : [50, 5];
  const minilm = `/peers/${preparePeerReranker('minilm', MINILM)}`;
  const time = async (model: string, threads: number, times: number) => {
    const result = await site.visit(
      (call) => call('rerank', model, '/models/wordpiece/vocab.txt', pairs, 128, threads, times),
      { isolated: threads > 1 && !model.endsWith('.safetensors') },
    );
    if (result.threads !== threads) throw new Error(`Wanted ${threads} threads, had ${result.threads}.`);
    return median(result.ms);
  };
  const rows: Row[] = [];
  for (const [name, which, threads] of [
    ['rerank.tiny.1-thread', 'tiny', 1],
    ['rerank.tiny.2-threads', 'tiny', 2],
    ['rerank.base.1-thread', 'base', 1],
  ] as const) {
    if (options.only !== undefined && !options.only.some((each) => name.startsWith(each))) continue;
    options.say(`${name}: ${pairs} pairs…`);
    const model = rerankerUrl(which, options);
    // The peer takes seconds a round: one between two halves of ours meets the same weather.
    const before = await time(model, threads, rounds);
    const peer = await time(minilm, threads, options.quick ? 1 : 2);
    const after = await time(model, threads, rounds);
    rows.push(
      row('engine', name, median([before, after]), 'ms', { name: 'MiniLM-L6 shape, int8, ONNX Runtime', value: peer }),
    );
  }
  return rows;
}

/** The shipped weights, or random ones of the shape to come: the time is the same. */
function rerankerUrl(which: 'tiny' | 'base', { say }: BenchOptions): string {
  const catalog = parseCatalog(readFileSync(join(MODELS, 'catalog.json'), 'utf8'));
  const entry = catalog.models.find(
    (model): model is CrossEncoderEntry => model.kind === 'cross-encoder' && model.id.includes(which),
  );
  const path = (entry?.files.kernel ?? entry?.files.int8)?.path;
  if (path !== undefined && existsSync(join(MODELS, path))) return `/models/${path}`;
  say(`models/ has no int8 cross-encoder named ${which} yet: random weights of its shape are measured.`);
  return `/peers/${preparePeerReranker(which, SHAPES[which])}`;
}
