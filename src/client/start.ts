import type { OpenOptions } from '../engine/types.ts';
import { createSearch, type Search } from './search.ts';

/** The engine worker, as the bundler places it beside this module. */
export function startEngine(): Worker {
  return new Worker(new URL('../../workers/engine.worker.ts', import.meta.url), {
    type: 'module',
    name: 'findling-engine',
  });
}

/**
 * Search for a page, with findling's own worker. `models` is the URL of the folder with catalog.json and the weights,
 * `published` those of indexes made by `findling index`; all else has a default.
 *
 * @example
 * const search = await openSearch({ name: 'docs', models: '/findling/models/', published: ['/findling/index/'] });
 * for await (const answer of search.search('how do I deploy')) show(answer.results);
 */
export function openSearch(options: OpenOptions): Promise<Search> {
  return createSearch(startEngine, options);
}
