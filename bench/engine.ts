import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, prepareCorpus } from './engine/corpus.ts';
import { measureCorpus, sizeLabel } from './engine/lexical.ts';
import { measureEmbedding, measureReranking, measureScan } from './engine/models.ts';
import type { BenchCorpus } from './engine/page/corpus.ts';
import { PEERS } from './engine/peers.ts';
import { openSite, type Site } from './engine/site.ts';
import type { BenchOptions, Row } from './row.ts';

const SIZES = [5_000, 20_000, 100_000];
const SCANNED = 100_000;
const CORPUS_PARTS = ['build', 'stored', 'load', 'typing', 'question', 'hybrid'];

/** The engine in real Chromium, on the built page, beside what one would use instead (docs/benchmarks.md). */
export async function run(options: BenchOptions): Promise<readonly Row[]> {
  const wants = (...parts: readonly string[]) =>
    options.only === undefined || options.only.some((each) => parts.some((part) => each.split('.')[0] === part));
  const site = await openSite(`engine-${process.pid}`);
  try {
    const rows: Row[] = [];
    const [first = 5_000] = options.sizes ?? SIZES;
    mkdirSync(PEERS, { recursive: true });
    if (wants('scan'))
      rows.push(
        ...(await measureScan(
          site,
          `/data/${await prepareCorpus(options.quick ? 2_000 : SCANNED, options.say)}`,
          options,
        )),
      );
    if (wants('embed'))
      rows.push(...(await measureEmbedding(site, `/data/${await prepareCorpus(first, options.say)}`, options)));
    if (wants('rerank')) rows.push(...(await measureReranking(site, options)));
    if (wants(...CORPUS_PARTS))
      for (const size of options.sizes ?? SIZES) rows.push(...(await measureSize(site, size, options)));
    return rows;
  } finally {
    await site.close();
  }
}

async function measureSize(site: Site, size: number, options: BenchOptions): Promise<readonly Row[]> {
  const file = await prepareCorpus(size, options.say);
  const { questions, about } = JSON.parse(readFileSync(join(CACHE, file), 'utf8')) as BenchCorpus;
  options.say(`${size} passages: ${about}`);
  return measureCorpus(site, { label: sizeLabel(size), url: `/data/${file}`, questions }, options);
}
