import { createSiteSearch } from '../../../src/plugins/site-search.ts';

const search = createSiteSearch({ urls: [new URLSearchParams(location.search).get('index') ?? '/index/'] });

/** Milliseconds and results. */
async function find(text: string, pipeline: 'lexical' | 'hybrid') {
  const start = performance.now();
  const answer = await search.search(text, { pipeline, limit: 10, typing: false });
  const titles = answer.results.map(({ title }) => title);
  return { ms: performance.now() - start, titles, stage: answer.stage, skipped: answer.skipped };
}

Object.assign(globalThis, { find });
