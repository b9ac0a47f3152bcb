import { chromium } from '@playwright/test';
import { CHROMIUM_ARGS, ensureChromium } from '../test/chromium.ts';
import { FAST_4G, measuredServer } from './payload/server.ts';
import { type BenchOptions, quantile, type Row, row } from './row.ts';
import { type BuiltIndex, builtIndex } from './scale/building.ts';
import { CACHE, type ScaleCorpus, scaleCorpus } from './scale/corpus.ts';
import { ownFound } from './scale/found.ts';
import { haystackQuality } from './scale/haystack.ts';
import { lexicalOverlap } from './scale/overlap.ts';
import { searchPage } from './scale/page.ts';
import { type Cost, type VisitPlan, visits } from './scale/visits.ts';

const SIZES = [10_000, 30_000, 100_000];
const HAYSTACK = 100_000;
/** Questions over a slow link: each takes seconds. */
const SLOW = 20;

/** What a question costs as an index grows, in real Chromium from a cold cache; 300,000 and 1,000,000 rows by --sizes. */
export async function run(options: BenchOptions): Promise<readonly Row[]> {
  const sizes = options.sizes ?? (options.quick === true ? SIZES.slice(0, 1) : SIZES);
  const { only } = options;
  const wanted = (...names: readonly string[]) =>
    only?.some((each) => names.some((name) => name.startsWith(each) || each.startsWith(name))) ?? true;
  const rows: Row[] = [];
  for (const size of sizes) {
    const corpus = scaleCorpus(size, options.say);
    const name = label(size);
    options.say(`${name}: ${corpus.about}; ${corpus.recombined} of ${corpus.rows} rows are recombined`);
    const built = await builtIndex(corpus, CACHE, name);
    rows.push(...indexRows(name, built));
    if (wanted('first', 'next')) rows.push(...(await questionRows(name, built, corpus, options)));
    if (wanted('overlap', 'same-scores')) {
      const { top10, sameScores } = await lexicalOverlap(built.folder, corpus.questions);
      rows.push(
        row('scale', `overlap.${name}`, top10, 'share'),
        row('scale', `same-scores.${name}`, sameScores, 'share'),
      );
    }
    if (wanted('found'))
      for (const { kind, own, whole } of await ownFound(built.folder))
        rows.push(row('scale', `found.${kind}.${name}`, own, 'share', { name: 'whole lists', value: whole }));
  }
  // Judged sets among 100,000 others; asked for by name, or with all the rest.
  if (wanted('ndcg') && sizes.includes(HAYSTACK))
    rows.push(...(await haystackQuality(scaleCorpus(HAYSTACK, options.say), label(HAYSTACK))));
  return rows.filter(({ name }) => only?.some((each) => name.startsWith(each)) ?? true);
}

function label(size: number): string {
  return size >= 1_000_000 ? `${size / 1_000_000}m` : `${size / 1000}k`;
}

function indexRows(name: string, { passages, bytes, files, seconds, peakBytes }: BuiltIndex): readonly Row[] {
  return [
    row('scale', `passages.${name}`, passages, 'passages'),
    row('scale', `index.${name}`, bytes / 1e6, 'MB'),
    row('scale', `files.${name}`, files, 'files'),
    row('scale', `build.${name}`, seconds, 's'),
    ...(peakBytes === 0 ? [] : [row('scale', `build.memory.${name}`, peakBytes / 1e6, 'MB')]),
  ];
}

async function questionRows(
  name: string,
  { folder }: BuiltIndex,
  { questions }: ScaleCorpus,
  { quick, say }: BenchOptions,
): Promise<readonly Row[]> {
  const server = await measuredServer({ '/index/': folder, '/': await searchPage(CACHE) });
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: [...CHROMIUM_ARGS] });
  try {
    const asked = quick === true ? questions.slice(0, 8) : questions;
    const rows: Row[] = [];
    for (const [pipeline, first, next] of [
      ['lexical', 'first-lexical', 'next-lexical'],
      ['hybrid', 'first-semantic', 'next-query'],
    ] as const) {
      const measure = (plan: Omit<VisitPlan, 'pipeline'>) => visits(browser, server, { pipeline, ...plan });
      const fast = await measure({ questions: asked });
      const slow = await measure({ questions: asked.slice(0, quick === true ? 4 : SLOW), link: FAST_4G });
      rows.push(...costRows(first, name, fast.first, slow.first), ...costRows(next, name, fast.next, slow.next));
      say(`${name}, ${pipeline}: done`);
    }
    return rows;
  } finally {
    await browser.close();
    await server.close();
  }
}

function costRows(what: string, size: string, fast: readonly Cost[], slow: readonly Cost[]): readonly Row[] {
  const rowOf = (name: string, costs: readonly Cost[], part: number, pick: (cost: Cost) => number, unit: string) =>
    row('scale', `${what}${name}.${size}`, quantile(costs.map(pick), part), unit);
  const [kilobytes, requests, ms] = [
    (cost: Cost) => cost.kilobytes,
    (cost: Cost) => cost.requests,
    (cost: Cost) => cost.ms,
  ];
  return [
    rowOf('', fast, 0.5, kilobytes, 'kB'),
    rowOf('.p95', fast, 0.95, kilobytes, 'kB'),
    rowOf('.requests', fast, 0.5, requests, 'requests'),
    rowOf('.requests.p95', fast, 0.95, requests, 'requests'),
    rowOf('.ms.p95', fast, 0.95, ms, 'ms'),
    rowOf('.4g', slow, 0.5, ms, 'ms'),
    rowOf('.4g.p95', slow, 0.95, ms, 'ms'),
  ];
}
